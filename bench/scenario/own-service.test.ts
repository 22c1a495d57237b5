/** What a scenario leaves open is taken from the image, and what is missing is said with its place. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Image, ImageConfig } from '../../images/image.ts';
import type { OwnService, Readiness, Scenario, ServiceSpec } from '../../model/scenario.ts';
import { bindServices, readinessOf } from './own-service.ts';

let rootfs = '';
beforeAll(() => {
  rootfs = mkdtempSync(join(tmpdir(), 'tare-own-'));
  mkdirSync(join(rootfs, 'opt/app'), { recursive: true });
  for (const name of ['server', 'probe']) {
    writeFileSync(join(rootfs, 'opt/app', name), '');
    chmodSync(join(rootfs, 'opt/app', name), 0o755);
  }
});
afterAll(() => rmSync(rootfs, { recursive: true, force: true }));

const config: ImageConfig = {
  entrypoint: ['server'],
  command: ['--fast', 'a b'],
  environment: { PATH: '/bin:/opt/app', MODE: 'image' },
  user: 'app',
  identity: { uid: 10, gid: 20, groups: [], home: '/home/app' },
  workingFolder: '/srv',
  stopSignal: 'SIGTERM',
  ports: [
    { port: 8080, protocol: 'tcp' },
    { port: 53, protocol: 'udp' },
  ],
  volumes: [],
  healthcheck: null,
  architecture: 'amd64',
  os: 'linux',
};
const stop = { signal: null, graceSeconds: 10 };
const own: OwnService = { run: [], environment: {}, program: '', stop };
const bare: ServiceSpec = { name: 'image', argv: [], input: '', port: null, ready: { kind: 'image' }, own };

async function bound(service: Partial<ServiceSpec> = {}, changed: Partial<ImageConfig> | null = {}) {
  const image = { name: 'app', rootfs, config: changed === null ? null : { ...config, ...changed } };
  const scenario = {
    workloads: [
      { id: 'web', programs: [], service: { ...bare, ...service } },
      { id: 'idle', programs: [], service: null },
    ],
  };
  const done = await bindServices(scenario as unknown as Scenario, image as unknown as Image);
  expect(done.workloads[1]?.service).toBeNull();
  return done.workloads[0]?.service;
}

test('entrypoint and command run with the environment of the image, as its user', async () => {
  const service = await bound();
  const { argv = [] } = service ?? {};
  expect(argv.slice(0, 2)).toEqual(['busybox', 'env']);
  expect(argv.slice(-4)).toEqual(['/.tare/as-user', '/opt/app/server', '--fast', 'a b']);
  expect(argv).toContain('MODE=image');
  expect(argv).toContain('HOME=/home/app');
  expect(argv).toContain('PATH=/bin:/opt/app');
  expect(service).toMatchObject({ port: 8080, ready: { kind: 'tcp' }, own: { program: '/opt/app/server' } });
});

test('the scenario goes before the image', async () => {
  const service = await bound({
    port: 9090,
    ready: { kind: 'http', send: 'GET /', status: 204 },
    own: { ...own, run: ['/opt/app/probe', 'x'], environment: { MODE: 'scenario', HOME: '/' } },
  });
  expect(service?.argv.slice(-2)).toEqual(['/opt/app/probe', 'x']);
  expect(service?.argv.filter((word) => /^(MODE|HOME)=/.test(word))).toEqual(['HOME=/', 'MODE=scenario']);
  expect(service).toMatchObject({ port: 9090, ready: { kind: 'http', status: 204 } });
});

test('a health check runs like the program, and is preferred to the port', async () => {
  const healthcheck = {
    test: ['CMD', 'probe', '-q'],
    intervalSeconds: 30,
    timeoutSeconds: 3,
    startPeriodSeconds: 0,
    retries: 3,
  };
  const service = await bound({}, { healthcheck });
  expect(service?.ready.kind).toBe('check');
  const argv = service?.ready.kind === 'check' ? service.ready.argv : [];
  expect(argv.slice(0, 2)).toEqual(['busybox', 'env']);
  expect(argv.slice(-3)).toEqual(['/.tare/as-user', '/opt/app/probe', '-q']);
  await expect(bound({}, { healthcheck: { ...healthcheck, test: ['CMD-SHELL', 'exit 0'] } })).rejects.toThrow(
    '/bin/sh',
  );
});

test("it is asked to end by the image's signal, by the scenario's, or not at all", async () => {
  const stopped = async (given: OwnService['stop']) =>
    (await bound({ own: { ...own, stop: given } }, { stopSignal: 'SIGQUIT' }))?.own?.stop;
  expect(await stopped(stop)).toEqual({ signal: 'SIGQUIT', graceSeconds: 10 });
  expect(await stopped({ signal: 'SIGINT', graceSeconds: 1 })).toEqual({ signal: 'SIGINT', graceSeconds: 1 });
  expect(await stopped(null)).toBeNull();
});

test('health checks as images write them, looked at often or as often as they say', () => {
  const times = { intervalSeconds: 5, timeoutSeconds: 2, startPeriodSeconds: 60, retries: 3 };
  const check = (test: readonly string[], ready: Readiness = { kind: 'health', everySeconds: 0.05 }) =>
    readinessOf(ready, { ports: [], healthcheck: { test, ...times } }, null, 'here');
  // Three times its interval and its limit, after the start period.
  const health = { kind: 'check', limitSeconds: 2, patienceSeconds: 81 };
  expect(check(['CMD-SHELL', 'curl -f x || exit 1'])).toEqual({
    ...health,
    ...{ argv: ['/bin/sh', '-c', 'curl -f x || exit 1'], delaySeconds: 0, everySeconds: 0.05 },
  });
  expect(check(['CMD', 'probe'], { kind: 'health', everySeconds: null })).toEqual({
    ...health,
    ...{ argv: ['probe'], delaySeconds: 5, everySeconds: 5 },
  });
  expect(check(['NONE'], { kind: 'exit' })).toEqual({ kind: 'exit' });
  expect(() => check(['NONE'])).toThrow('here.ready: the image has no health check');
});

test.each<[string, Partial<ServiceSpec>, Partial<ImageConfig> | null, string]>([
  ['an assembled image', {}, null, 'workloads.web.service: the image app has no program of its own'],
  ['nothing to run', {}, { entrypoint: [], command: [] }, 'neither entrypoint nor command'],
  ['no such program', { own: { ...own, run: ['gone'] } }, {}, 'holds no program "gone" that may be run'],
  ['nothing says when', {}, { ports: [] }, 'no health check, and no port'],
  [
    'several ports',
    {},
    { ports: [80, 81].map((port) => ({ port, protocol: 'tcp' as const })) },
    'several ports (80/tcp, 81/tcp)',
  ],
  ['a port unknown', { ready: { kind: 'tcp' } }, { ports: [] }, 'give'],
])('%s is refused', async (_name, service, changed, words) => {
  const error = await bound(service, changed).catch((thrown: unknown) => thrown);
  const { message, hint } = error as { message: string; hint: string };
  expect(`${message} ${hint}`).toContain(words);
});
