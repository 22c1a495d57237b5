/**
 * Nobody pays for being looked at: a service that sleeps before it listens takes about the CPU time of one that
 * does not, on every runner and by every way of being ready that asks nothing of the instance itself.
 */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Readiness, ServiceSpec } from '../model/scenario.ts';
import { median } from '../model/descriptive.ts';
import { createRuler } from '../host/cgroup/cgroup.ts';
import { ensureMiniImage } from '../images/builtin.ts';
import { docker } from './docker/index.ts';
import { namespace } from './namespace/index.ts';
import { oci } from './oci/index.ts';
import { findRuntime } from './oci/probe.ts';
import { podman } from './podman/index.ts';
import { process as plain } from './process/index.ts';
import { qemu } from './qemu/index.ts';
import type { Context, Looking, Prepared, Runner, Usable } from './runner.ts';

const ruler = createRuler();
const folder = await mkdtemp(join(tmpdir(), 'tare-watch-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const otherName = join(folder, 'runtime');
await findRuntime('runc').then((path) => (path === null ? undefined : symlink(path, otherName)));
const context = (seconds: number): Context => ({
  signal: AbortSignal.timeout(seconds * 1000),
  now: () => Number(process.hrtime.bigint()) / 1e9,
  workDir: folder,
  lease: { runId: 'watch', own: () => undefined, release: () => undefined },
});

let port = 18_300;

/** A server of HTTP that sleeps before it listens. */
function service(ready: Readiness, sleepSeconds: number): ServiceSpec {
  port += 1;
  const script = `busybox sleep ${String(sleepSeconds)}; echo listens; exec busybox httpd -f -p 127.0.0.1:{port} -h .`;
  return { name: 'httpd', argv: ['busybox', 'sh', '-c', script], input: '', port, ready, own: null };
}

const http: Readiness = { kind: 'http', send: 'GET /nothing HTTP/1.0\r\n\r\n', status: 404 };
const everyWay: readonly Readiness[] = [{ kind: 'tcp' }, http, { kind: 'line', text: 'listens' }];

let launches = 0;

/** Starts it once in a group of its own: CPU seconds from T0 to T6, the instant of ready after main, and who looked. */
async function start(prepared: Prepared, asked: ServiceSpec) {
  if (!ruler.usable) throw new Error(ruler.reason);
  const id = `i-${String(launches++)}`;
  const group = await ruler.createGroup(`tare/watch-${String(process.pid)}/${id}`);
  const cpu = new Map<string, number>();
  const at = new Map<string, number>();
  try {
    const instance = await prepared.start(
      {
        ...{ id, group, cpus: '1', service: asked, volume: null, environment: {} },
        onMark(mark) {
          cpu.set(mark.name, group.read().cpuSeconds ?? Number.NaN);
          at.set(mark.name, mark.at);
        },
      },
      context(120),
    );
    const { looking } = instance;
    await instance.stop();
    const between = (of: Map<string, number>, from: string) => of.get('T6')! - of.get(from)!;
    return {
      cpuSeconds: between(cpu, 'T0') - (looking?.cpuSeconds ?? 0),
      seconds: between(at, 'T5'),
      looking,
    };
  } finally {
    await group.kill(10);
    await group.remove();
  }
}

interface Case {
  readonly runner: Runner;
  readonly options: Readonly<Record<string, unknown>>;
  readonly sleepSeconds: number;
  readonly rounds: number;
  /** A busy loop through the sleep would be several times this. */
  readonly most: number;
  readonly ways: readonly Readiness[];
  readonly by: Looking['by'];
}

const container = { sleepSeconds: 0.5, rounds: 3, most: 1.6, by: 'outside', ways: everyWay } as const;
const engine = { ...container, ways: [http] };
// A boot takes seconds of CPU under emulation, and the sleep has to show beside it.
const machine = { sleepSeconds: 4, rounds: 2, most: 1.35, by: 'event', ways: [http] } as const;
const cases: Readonly<Record<string, Case>> = {
  process: { ...container, runner: plain, options: {} },
  namespace: { ...container, runner: namespace, options: {} },
  'oci, runc': { ...container, runner: oci, options: { runtime: 'runc' } },
  'oci, crun': { ...container, runner: oci, options: { runtime: 'crun' } },
  // Its name says nothing; that it shares the host's kernel is asked from inside.
  'oci, a runtime of another name': { ...container, runner: oci, options: { runtime: otherName } },
  podman: { ...engine, runner: podman, options: {} },
  docker: { ...engine, runner: docker, options: { engine: 'private' } },
  'emulated VM': { ...machine, runner: qemu, options: { machine: 'microvm', accel: 'tcg' } },
};

for (const [name, { runner, options, sleepSeconds, rounds, most, ways, by }] of Object.entries(cases)) {
  test(`${name}: a service that sleeps before it listens is charged the CPU of one that does not`, async ({
    skip,
  }) => {
    skip(!ruler.usable, 'no cgroups to read CPU time from');
    const parsed = runner.options.parse(options);
    const found = await runner.probe(parsed, context(120));
    skip(!found.usable, found.usable ? '' : found.reason);
    const shape = { id: 'test', cpus: 1, memoryBytes: 128 * 2 ** 20 };
    const image = await ensureMiniImage();
    const prepared = await runner.prepare(
      { options: parsed, found: found as Usable, shape, image, pidsLimit: 64 },
      context(300),
    );
    try {
      for (const ready of ways) {
        const [slow, fast]: [number[], number[]] = [[], []];
        for (let round = 0; round < rounds; round += 1) {
          const sleeping = await start(prepared, service(ready, sleepSeconds));
          const awake = await start(prepared, service(ready, 0));
          slow.push(sleeping.cpuSeconds);
          fast.push(awake.cpuSeconds);
          // Seen after the sleep and not long after it: the instant is that of the service.
          expect(sleeping.seconds).toBeGreaterThan(0.95 * sleepSeconds);
          expect(sleeping.looking).toMatchObject({ by });
        }
        const ratio = (median(slow) ?? Number.NaN) / (median(fast) ?? Number.NaN);
        expect(ratio, `${ready.kind}: ${slow.join(' ')} against ${fast.join(' ')}`).toBeLessThan(most);
      }
    } finally {
      await prepared[Symbol.asyncDispose]();
    }
  }, 400_000);
}
