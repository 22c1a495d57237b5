/**
 * The ready applications: redis, nginx, PostgreSQL and a small HTTP service on Node, each of the distribution's own
 * packages, with little more than it needs to run. They listen on every address and know no passwords: they are
 * made to be measured in networks that hold nobody else.
 */
import type { AppConfig, AppRecipe } from './recipe.ts';

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function healthy(...test: readonly string[]): AppConfig['Healthcheck'] {
  return { Test: test, Interval: 5e9, Timeout: 5e9, StartPeriod: 60e9, Retries: 3 };
}

/** What a recipe leaves out. */
const plain = { copies: [], scripts: false, links: {}, texts: {}, files: {}, setup: null } as const;

const redis: AppRecipe = {
  ...plain,
  name: 'redis',
  packages: ['busybox-static', 'redis-server', 'redis-tools'],
  versionOf: /^redis-server$/,
  programs: {
    'redis-server': '/usr/bin/redis-server',
    'redis-cli': '/usr/bin/redis-cli',
    'redis-benchmark': '/usr/bin/redis-benchmark',
  },
  account: { name: 'redis', uid: 101, home: '/var/lib/redis' },
  owned: ['/var/lib/redis'],
  config: {
    Entrypoint: ['redis-server'],
    Cmd: ['--bind', '0.0.0.0', '--protected-mode', 'no', '--save', '', '--appendonly', 'no'],
    Env: [path],
    User: 'redis',
    WorkingDir: '/var/lib/redis',
    ExposedPorts: { '6379/tcp': {} },
    StopSignal: 'SIGTERM',
    Healthcheck: healthy('CMD-SHELL', 'redis-cli ping | grep -q PONG'),
  },
};

const nginxConfiguration = `worker_processes 1;
pid /run/nginx/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  default_type text/html;
  client_body_temp_path /var/lib/nginx/body;
  proxy_temp_path /var/lib/nginx/proxy;
  fastcgi_temp_path /var/lib/nginx/fastcgi;
  uwsgi_temp_path /var/lib/nginx/uwsgi;
  scgi_temp_path /var/lib/nginx/scgi;
  sendfile on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  server {
    listen 8080;
    root /usr/share/nginx/html;
    location = /health { return 200 "ok\\n"; }
  }
}
`;

/** A page of about a kilobyte, so that a request reads a file. */
const page = `<!doctype html>
<title>tare</title>
${'<p>A page of some size, sent from a file on every request.</p>\n'.repeat(16)}`;

const nginx: AppRecipe = {
  ...plain,
  name: 'nginx',
  packages: ['busybox-static', 'nginx'],
  versionOf: /^nginx$/,
  programs: { nginx: '/usr/sbin/nginx' },
  texts: { '/etc/nginx/nginx.conf': nginxConfiguration, '/usr/share/nginx/html/index.html': page },
  account: { name: 'www-data', uid: 33, home: '/var/www' },
  owned: ['/run/nginx', '/var/lib/nginx', '/var/log/nginx'],
  config: {
    Entrypoint: ['nginx', '-e', 'stderr'],
    Cmd: ['-g', 'daemon off;'],
    Env: [path],
    User: 'www-data',
    WorkingDir: '/',
    ExposedPorts: { '8080/tcp': {} },
    StopSignal: 'SIGQUIT',
    Healthcheck: healthy('CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/health'),
  },
};

const data = '/var/lib/postgresql/data';
const postgresConfiguration = `listen_addresses = '*'
unix_socket_directories = '/run/postgresql'
shared_buffers = 32MB
dynamic_shared_memory_type = sysv
max_wal_size = 64MB
min_wal_size = 32MB
jit = off
`;
const postgresSetup = `set -e
initdb -D ${data} --username=postgres --auth=trust --encoding=UTF8 --no-locale
cat /etc/postgresql/postgresql.conf >>${data}/postgresql.conf
pg_ctl -D ${data} -w -s -l /tmp/log -o "-c listen_addresses=" start || { cat /tmp/log; exit 1; }
pgbench -h /run/postgresql -i -q -s 1 postgres
psql -h /run/postgresql -q -c 'VACUUM (FREEZE, ANALYZE)' -c CHECKPOINT postgres
pg_ctl -D ${data} -w -s -m fast stop
rm -f /tmp/log ${data}/postmaster.opts
`;

const postgres: AppRecipe = {
  ...plain,
  name: 'postgres',
  packages: ['busybox-static', 'postgresql'],
  versionOf: /^postgresql-[0-9]+$/,
  programs: {
    ...Object.fromEntries(
      ['postgres', 'initdb', 'pg_ctl', 'psql', 'pgbench', 'pg_isready'].map((name) => [
        name,
        `/usr/lib/postgresql/*/bin/${name}`,
      ]),
    ),
    // Without these no data folder can be made; the other extensions would bring 100 MB of libraries.
    plpgsql: '/usr/lib/postgresql/*/lib/plpgsql.so',
    snowball: '/usr/lib/postgresql/*/lib/dict_snowball.so',
  },
  copies: ['/usr/share/postgresql/*'],
  links: Object.fromEntries(
    ['postgres', 'initdb', 'pg_ctl', 'psql', 'pgbench', 'pg_isready'].map((name) => [
      `/usr/bin/${name}`,
      name,
    ]),
  ),
  texts: { '/etc/postgresql/postgresql.conf': postgresConfiguration },
  account: { name: 'postgres', uid: 105, home: '/var/lib/postgresql' },
  owned: ['/run/postgresql', '/var/lib/postgresql'],
  setup: postgresSetup,
  config: {
    Entrypoint: ['postgres'],
    Cmd: ['-D', data],
    Env: [path, `PGDATA=${data}`, 'PGHOST=/run/postgresql'],
    User: 'postgres',
    WorkingDir: '/var/lib/postgresql',
    ExposedPorts: { '5432/tcp': {} },
    StopSignal: 'SIGINT',
    Healthcheck: healthy('CMD', 'pg_isready', '-q'),
  },
};

const node: AppRecipe = {
  ...plain,
  name: 'node',
  packages: ['busybox-static', 'nodejs'],
  versionOf: /^nodejs$/,
  programs: { node: '/usr/bin/node' },
  // Parts of Node's own library, which the distribution packages apart.
  copies: ['/usr/share/nodejs/*'],
  scripts: true,
  files: { '/srv/server.mjs': 'server.js' },
  account: { name: 'node', uid: 1000, home: '/srv' },
  owned: [],
  config: {
    Entrypoint: ['node'],
    Cmd: ['server.mjs'],
    Env: [path, 'NODE_ENV=production', 'PORT=8080'],
    User: 'node',
    WorkingDir: '/srv',
    ExposedPorts: { '8080/tcp': {} },
    StopSignal: 'SIGTERM',
    Healthcheck: healthy('CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/health'),
  },
};

export const appRecipes: Readonly<Record<string, AppRecipe>> = { redis, nginx, postgres, node };
