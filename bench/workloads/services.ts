/**
 * Servers that can stand as an instance's main program: how they are started and what their first
 * correct reply is (T6). Loopback inside the instance only.
 */
import type { ServiceSpec } from '../model.ts';

export const services: Readonly<Record<string, ServiceSpec>> = {
  redis: {
    name: 'redis',
    argv: [
      'redis-server',
      '--port',
      '{port}',
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      '/tmp',
    ],
    port: 6379,
    probe: { send: 'PING\\r\\n', expect: '+PONG' },
  },
  nginx: {
    name: 'nginx',
    argv: [
      'nginx',
      '-e',
      'stderr',
      '-p',
      '/tmp',
      '-c',
      '/dev/null',
      '-g',
      'daemon off; master_process off; pid /tmp/nginx.pid; events {} ' +
        'http { access_log off; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; ' +
        'uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s; server { listen 127.0.0.1:{port}; return 200 "ok"; } }',
    ],
    port: 8080,
    probe: { send: 'GET / HTTP/1.0\\r\\n\\r\\n', expect: '200 OK' },
  },
};
