/**
 * Images that docker keeps, saves and pushes, imported by tare: the tree inside is what a container of that
 * engine sees, entry for entry, with its configuration. The engine is a dockerd of the test, the registry one on
 * a free loopback port.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Resource } from '../../host/lease.ts';
import { runTool } from '../../host/exec.ts';
import type { Image } from '../../images/image.ts';
import { createWorkbench, outline, type Workbench } from '../../images/import/testing/workbench.ts';
import { openEngine, type Engine } from './daemon.ts';
import { dockerOptions } from './options.ts';

const isRoot = process.geteuid?.() === 0;
const name = 'app:1';
let bench: Workbench;
let work: string;
let engine: Engine;
let registry: ChildProcess;
let port: number;
const owned = new Map<string, Resource>();
const saved: Readonly<Record<string, string | undefined>> = {
  DOCKER_HOST: process.env['DOCKER_HOST'],
  HOME: process.env['HOME'],
};

async function docker(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runTool([...engine.client.argv, ...words], {
    timeoutSeconds: 120,
    environment: engine.client.environment,
  });
  if (exitCode !== 0) throw new Error(`docker ${words.join(' ')}: ${stderr}`);
  return stdout.trim();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

beforeAll(async () => {
  if (!isRoot) return;
  work = mkdtempSync(join(tmpdir(), 'tare-docker-images-'));
  bench = createWorkbench();
  const lease = {
    runId: 'docker-images',
    own: (resource: Resource) => void owned.set(JSON.stringify(resource), resource),
    release: (resource: Resource) => void owned.delete(JSON.stringify(resource)),
  };
  const opened = await openEngine(dockerOptions.parse({ engine: 'private' }), {
    lease,
    signal: AbortSignal.timeout(120_000),
  } as Parameters<typeof openEngine>[1]);
  if ('usable' in opened) throw new Error(opened.reason);
  engine = opened;
  process.env['DOCKER_HOST'] = engine.client.environment['DOCKER_HOST'];
  await makeImage();
  await startRegistry();
}, 180_000);

afterAll(async () => {
  if (!isRoot) return;
  for (const [key, value] of Object.entries(saved)) {
    if (value === undefined) Reflect.deleteProperty(process.env, key);
    else process.env[key] = value;
  }
  registry.kill();
  await engine.close();
  bench.close();
  rmSync(work, { recursive: true, force: true });
  expect([...owned.values()]).toEqual([]);
}, 60_000);

/** Three layers, one of which removes: a tarball, what a container changed, and the configuration. */
async function makeImage(): Promise<void> {
  const root = join(work, 'root');
  for (const folder of ['bin', 'etc', 'data/deep', 'gone'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\napp:x:1000:1001::/data:/bin/sh\n');
  writeFileSync(join(root, 'gone/file'), 'gone');
  writeFileSync(join(root, 'data/kept'), 'kept', { mode: 0o640 });
  const { stdout: busybox } = await runTool(['sh', '-c', 'command -v busybox'], { timeoutSeconds: 10 });
  writeFileSync(join(root, 'bin/busybox'), readFileSync(busybox.trim()), { mode: 0o755 });
  const tarball = join(work, 'root.tar');
  await runTool(['tar', '-C', root, '-cf', tarball, '.'], { timeoutSeconds: 60 });
  await docker('import', '--change', 'USER 1000:1001', '--change', 'WORKDIR /data', tarball, 'base:1');
  const script = [
    'busybox rm -r /gone',
    'busybox ln /data/kept /data/deep/too',
    'busybox chown 1000:1001 /data/deep',
    'busybox chmod 4755 /bin/busybox',
  ].join(' && ');
  const change = ['run', '--user', '0', '--network', 'none', '--name', 'change', 'base:1'];
  await docker(...change, '/bin/busybox', 'sh', '-c', `PATH=/bin; ${script}`);
  const config = ['ENTRYPOINT ["/bin/busybox"]', 'CMD ["id"]', 'ENV A="b c"', 'EXPOSE 80', 'USER app'];
  await docker('commit', ...config.flatMap((line) => ['--change', line]), 'change', name);
  await docker('rm', 'change');
}

async function startRegistry(): Promise<void> {
  port = await freePort();
  const storage = join(work, 'registry');
  const file = join(work, 'registry.yml');
  writeFileSync(
    file,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${storage} } }\nhttp: { addr: '127.0.0.1:${port}' }\n`,
  );
  // A user who lets this registry do without TLS.
  const conf = join(work, 'home/.config/containers');
  mkdirSync(conf, { recursive: true });
  writeFileSync(
    join(conf, 'registries.conf'),
    `[[registry]]\nlocation = "127.0.0.1:${port}"\ninsecure = true\n`,
  );
  process.env['HOME'] = join(work, 'home');
  registry = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  await once(registry, 'spawn');
  for (let tries = 0; ; tries += 1) {
    const answers = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answers) return;
    if (tries > 200) throw new Error('the registry does not answer');
    await delay(50);
  }
}

async function expectApp(image: Image): Promise<void> {
  const lines = outline(image);
  expect(lines).toEqual(
    expect.arrayContaining([
      'file 0640 /data/kept',
      'file 4755 /bin/busybox',
      'folder 0755 /data/deep (1000:1001)',
    ]),
  );
  expect(lines.some((line) => line.includes('/gone'))).toBe(false);
  expect(image.config).toMatchObject({
    entrypoint: ['/bin/busybox'],
    command: ['id'],
    user: 'app',
    identity: { uid: 1000, gid: 1001 },
    workingFolder: '/data',
    ports: [{ port: 80, protocol: 'tcp' }],
  });
  expect(image.config?.environment).toMatchObject({ A: 'b c' });
  // What a container of the engine sees, its own additions apart.
  const seen = await docker(
    ...['run', '--rm', '--network', 'none', '--user', '0', '--entrypoint', '/bin/busybox', name],
    ...['find', '/', '-xdev', '-type', 'f', '-exec', '/bin/busybox', 'sha256sum', '{}', ';'],
  );
  const added = /\/(\.dockerenv|etc\/(hosts|hostname|resolv\.conf)|dev\/.*)$/;
  const hashes = seen
    .split('\n')
    .filter((line) => !added.test(line))
    .toSorted();
  const ours = readFileSync(image.manifest, 'utf8');
  expect(hashes.length).toBeGreaterThan(3);
  for (const line of hashes) {
    const [hash = '', path = ''] = line.split(/\s+/);
    expect(ours.split('\n').some((entry) => entry.includes(hash) && entry.includes(path))).toBe(true);
  }
}

const digests = new Set<string>();

test.skipIf(!isRoot)('saved by docker', async () => {
  const archive = join(work, 'saved.tar');
  await docker('save', '-o', archive, name);
  const image = await bench.importImage(archive);
  await expectApp(image);
  expect(image.name).toContain(name);
  digests.add(image.digest);
});

test.skipIf(!isRoot)('out of a running engine, once', async () => {
  const image = await bench.importImage(`docker-daemon:${name}`);
  await expectApp(image);
  digests.add(image.digest);
  const copied = bench.lines.length;
  await bench.importImage(`docker-daemon:${name}`);
  expect(bench.lines).toHaveLength(copied);
  await expect(bench.importImage('docker-daemon:none:1')).rejects.toThrow(
    /docker-daemon:none:1 cannot be copied/,
  );
});

test.skipIf(!isRoot)('out of a registry, to which it was pushed', async () => {
  const reference = `127.0.0.1:${port}/team/${name}`;
  await docker('tag', name, reference);
  await docker('push', '--quiet', reference);
  const image = await bench.importImage(`docker://${reference}`);
  await expectApp(image);
  digests.add(image.digest);
  await expect(bench.importImage(`docker://127.0.0.1:${port}/team/none:1`)).rejects.toThrow(
    /cannot be copied/,
  );
  expect(digests.size).toBe(1);
});
