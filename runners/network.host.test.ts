/**
 * Networks with real instances: every mode of every runner reaches the service inside, nothing of it is left
 * afterwards, also not after a SIGKILL of tare itself; and what this host cannot give is refused with a reason.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunnerKind, ServiceSpec } from '../model/scenario.ts';
import { createRuler, type MeteredGroup } from '../host/cgroup/cgroup.ts';
import { monotonicSeconds } from '../host/clock.ts';
import { collectGarbage } from '../host/gc.ts';
import type { Lease, Resource } from '../host/lease.ts';
import { findTool, openBridge } from '../host/network.ts';
import { isRunning } from '../host/process-identity.ts';
import { ensureMiniImage } from '../images/builtin.ts';
import type { Image } from '../images/image.ts';
import { runners } from './index.ts';
import { refuseNetwork } from './network.ts';
import { runnerOf, type Context, type Endpoint, type Instance, type Prepared } from './runner.ts';
import { probeAndPrepare } from './testing/prepared.ts';

const isRoot = process.geteuid?.() === 0;
const shape = { id: 'test', cpus: 1, memoryBytes: 256 * 2 ** 20 };
const service = {
  name: 'httpd',
  argv: ['busybox', 'httpd', '-f', '-p', '{bind}:{port}', '-h', '.'],
  input: '',
  port: 18_093,
  ready: { kind: 'reply', send: 'GET /nothing HTTP/1.0\r\n\r\n', expect: '404 Not Found' },
  own: null,
} satisfies ServiceSpec;

let folder: string;
let image: Image;
let serial = 0;
const owned = new Map<string, Resource>();
const lease: Lease = {
  runId: `network-${process.pid}`,
  own: (resource) => void owned.set(JSON.stringify(resource), resource),
  release: (resource) => void owned.delete(JSON.stringify(resource)),
};
/** The host's own interfaces: none may come or go. */
const interfaces = (): readonly string[] => readdirSync('/sys/class/net').sort();
let before: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tare-network-'));
  image = await ensureMiniImage();
  before = interfaces();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const context = (seconds = 120): Context => {
  const workDir = join(folder, String((serial += 1)));
  mkdirSync(workDir);
  return { signal: AbortSignal.timeout(seconds * 1000), now: monotonicSeconds, workDir, lease };
};

/** What a client says to have got from the service, from where the endpoint says. */
function fetchFrom({ address, port, enter }: Endpoint): string {
  const script = `const s = require('net').connect(${port}, '${address}', () => s.write('GET /nothing HTTP/1.0\\r\\n\\r\\n'));
    s.setTimeout(10000, () => process.exit(3)); s.on('error', (e) => { console.error(e.message); process.exit(2) });
    s.pipe(process.stdout);`;
  const [file, ...args] = [...enter, process.execPath, '-e', script];
  return execFileSync(file, args, { encoding: 'utf8' });
}

interface Started {
  readonly prepared: Prepared;
  readonly instance: Instance;
  readonly group: MeteredGroup | null;
}

async function start(kind: RunnerKind, options: Readonly<Record<string, unknown>>): Promise<Started> {
  const runner = runnerOf(runners, kind);
  const prepared = await probeAndPrepare(
    runner,
    { options: runner.options.parse(options), shape, image, pidsLimit: 256 },
    context(),
  );
  const ruler = createRuler();
  const id = `n-${(serial += 1)}`;
  const group = ruler.usable ? await ruler.createGroup(`tare/${lease.runId}/${id}`) : null;
  const job = { id, group, cpus: null, service, volume: null, environment: {}, onMark: () => undefined };
  try {
    return { prepared, instance: await prepared.start(job, context()), group };
  } catch (error) {
    await group?.kill(5);
    await group?.remove();
    await prepared[Symbol.asyncDispose]();
    throw error;
  }
}

async function putAway({ prepared, instance, group }: Started): Promise<readonly string[]> {
  const { leftovers } = await instance.stop();
  await group?.kill(5);
  await group?.remove();
  await prepared[Symbol.asyncDispose]();
  return leftovers;
}

/** Why an engine cannot be tried here; null: it can. */
const lacks = (...tools: readonly string[]): string | null => {
  const missing = tools.find((tool) => findTool(tool) === null);
  if (missing !== undefined) return `${missing} is not installed`;
  return isRoot ? null : 'needs root';
};
const slirp = findTool('slirp4netns') !== null;
const modes: readonly (readonly [RunnerKind, Readonly<Record<string, unknown>>, string | null])[] = [
  ['process', {}, null],
  ['namespace', { network: 'host' }, isRoot ? null : 'needs root'],
  ['namespace', { network: 'bridge' }, isRoot ? null : 'needs root'],
  ['namespace', { network: 'user' }, slirp ? null : 'slirp4netns is not installed'],
  ['namespace', { network: 'user', user: 'rootless' }, slirp ? null : 'slirp4netns is not installed'],
  ['oci', { network: 'host' }, isRoot ? null : 'needs root'],
  ['oci', { network: 'bridge' }, isRoot ? null : 'needs root'],
  ['oci', { network: 'user' }, slirp ? null : 'slirp4netns is not installed'],
  ['oci', { network: 'bridge', runtime: 'crun' }, findTool('crun') === null ? 'crun is not installed' : null],
  // Both engines, each mode on one of them, and crun below either.
  ['podman', { network: 'host' }, lacks('podman', 'runc')],
  ['podman', { network: 'bridge', runtime: 'crun' }, lacks('podman', 'crun')],
  ['podman', { network: 'user' }, slirp ? lacks('podman', 'runc') : 'slirp4netns is not installed'],
  ['docker', { network: 'host', engine: 'private' }, lacks('dockerd', 'runc')],
  ['docker', { network: 'bridge', engine: 'private', runtime: 'crun' }, lacks('dockerd', 'crun')],
  ['qemu', { network: 'bridge' }, isRoot ? null : 'needs root'],
  ['qemu', { network: 'user', machine: 'microvm' }, null],
];

describe('a client outside', () => {
  test.for(modes)('reaches %s %j', async ([kind, options, missing], { skip }) => {
    skip(missing !== null, missing ?? '');
    const started = await start(kind, options);
    const endpoint = started.instance.endpoint(service.port);
    let reply = '';
    let error: unknown = null;
    try {
      if (endpoint !== null) reply = fetchFrom(endpoint);
    } catch (failed) {
      error = failed;
    }
    expect(await putAway(started)).toEqual([]);
    expect(error).toBeNull();
    expect(reply).toContain('404 Not Found');
    expect([...owned.values()]).toEqual([]);
    expect(interfaces()).toEqual(before);
  });

  test('does not reach an instance without a network', async () => {
    const started = await start('namespace', {});
    expect(started.instance.endpoint(service.port)).toBeNull();
    expect(await putAway(started)).toEqual([]);
  });

  test('finds two instances of one cell at their own addresses', async ({ skip }) => {
    skip(!isRoot, 'needs root');
    const first = await start('namespace', { network: 'bridge' });
    const again = await first.prepared.start(
      {
        id: 'twin',
        group: null,
        cpus: null,
        service,
        volume: null,
        environment: {},
        onMark: () => undefined,
      },
      context(),
    );
    const [one, two] = [first.instance, again].map((instance) => instance.endpoint(service.port));
    if (one == null || two == null) throw new Error('no endpoint');
    expect(one.address).not.toBe(two.address);
    expect([fetchFrom(one), fetchFrom(two)].every((reply) => reply.includes('404'))).toBe(true);
    expect((await again.stop()).leftovers).toEqual([]);
    expect(await putAway(first)).toEqual([]);
  });
});

describe('what cannot be had', () => {
  test('a port that somebody else has', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(service.port, '127.0.0.1', () => resolve()));
    await expect(start('process', {})).rejects.toMatchObject({
      facts: { reason: 'launch', message: expect.stringContaining(`port ${service.port}`) as string },
    });
    await new Promise<void>((resolve) => other.close(() => resolve()));
    expect([...owned.values()]).toEqual([]);
  });

  test('is refused with what would help', () => {
    const needs = { reachable: true };
    expect(refuseNetwork('none', needs, 'VM')?.hint).toContain('bridge');
    expect(refuseNetwork('none', { reachable: false }, 'VM')).toBeNull();
    expect(refuseNetwork('bridge', needs, 'rootless container')?.reason).toContain('root');
    expect(refuseNetwork('host', needs, 'rootless container')?.hint).toContain('user');
    expect(refuseNetwork('user', needs, 'VM')).toBeNull();
    expect(refuseNetwork('user', needs, 'root container')?.hint ?? 'apt-get install slirp4netns').toBe(
      'apt-get install slirp4netns',
    );
  });
});

test('a namespace of tare ends with tare, however that ends', async ({ skip }) => {
  skip(!isRoot, 'needs root');
  const runs = join(folder, 'runs');
  const script = `
    import { acquireLease } from ${JSON.stringify(join(import.meta.dirname, '../host/lease.ts'))};
    import { openBridge } from ${JSON.stringify(join(import.meta.dirname, '../host/network.ts'))};
    const { path } = await openBridge(acquireLease('run-1', ${JSON.stringify(runs)}));
    console.log(path);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [path] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const holder = Number(path.split('/')[2]);
  expect(readlinkSync(path)).not.toBe(readlinkSync('/proc/self/ns/net'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (let tries = 0; isRunning(holder) && tries < 500; tries += 1) await delay(10);
  expect(isRunning(holder)).toBe(false);
  const { runs: found } = await collectGarbage({ dryRun: false, runs });
  expect(found).toMatchObject([{ live: false, removed: true }]);
  expect(interfaces()).toEqual(before);
});

test('a bridge that has been closed leaves nothing, and closing twice is no more', async ({ skip }) => {
  skip(!isRoot, 'needs root');
  const bridge = await openBridge(lease);
  const [first, second] = [bridge.newLink(), bridge.newLink()];
  expect(first.address).not.toBe(second.address);
  expect(first.mac).not.toBe(second.mac);
  expect(await bridge.gone(first)).toEqual([]);
  await bridge.close();
  await bridge.close();
  expect(await bridge.gone(second)).toEqual([]);
  expect([...owned.values()]).toEqual([]);
});
