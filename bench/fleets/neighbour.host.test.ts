/**
 * Victim and neighbour for real, in plain namespaces: what limits hold and what they do not, told by the
 * kernel's own counters. Nothing is timed.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { acquireLease, type RunLease } from '../../host/lease.ts';
import { localSite } from '../../host/site/local.ts';
import { readRoom } from '../../host/room.ts';
import { openVolumes } from '../../host/volume.ts';
import { ensureBuiltinImage } from '../../images/builtin.ts';
import type { Image } from '../../images/image.ts';
import { probeAndPrepare } from '../../runners/testing/prepared.ts';
import { namespace } from '../../runners/namespace/index.ts';
import type { NeighbourPhase } from '../../model/observation.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { cellsOf } from '../plan.ts';
import { parseScenario } from '../scenario/scenario.ts';
import type { RunnerSchemas } from '../scenario/schema.ts';
import type { Tools } from '../instance/tools.ts';
import { runTrial } from '../launch/trial.ts';

const ruler = createRuler();
const facts = { hostname: 'here', must: {}, note: {}, ignore: {}, hash: 'here' };
const site = localSite(facts, { echoMedianSeconds: 0, echoP95Seconds: 0, samples: 0 }, tmpdir());
const context = { signal: new AbortController().signal, now: monotonicSeconds };
const mebibyte = 2 ** 20;

let folder: string;
let lease: RunLease;
let image: Image;
let why: string | null = ruler.usable ? null : ruler.reason;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tare-neighbours-'));
  lease = acquireLease(`test-neighbours-${process.pid}`, join(folder, 'runs'));
  image = await ensureBuiltinImage(() => undefined);
  const found = await namespace.probe(namespace.options.parse({}), { ...context, workDir: folder, lease });
  if (!found.usable) why ??= found.reason;
  if (why !== null) process.stderr.write(`neighbour tests skipped: ${why}\n`);
});
afterAll(() => {
  lease.close();
  rmSync(folder, { recursive: true, force: true });
});

let index = 0;

async function run(options: string, pids = 64): Promise<RecordedTrial> {
  if (!ruler.usable) throw new Error(ruler.reason);
  const schemas = { namespace: namespace.options } as unknown as RunnerSchemas;
  const text = [
    'name: t',
    'runners: { namespace: {} }',
    'shapes: { one: { cpus: 1, memory: 128MiB } }',
    `limits: { trial: 120s, pids: ${pids} }`,
    `workloads: { w: [{ use: neighbour, duration: 1s, ${options} }] }`,
  ].join('\n');
  const scenario = parseScenario(text, 't.yaml', schemas);
  const [cell] = cellsOf(scenario);
  if (cell === undefined) throw new Error('no cell');
  const workDir = join(folder, `work-${(index += 1)}`);
  mkdirSync(workDir);
  const prepared = await probeAndPrepare(
    namespace,
    { options: namespace.options.parse({}), shape: cell.shape, image, pidsLimit: scenario.pidsLimit },
    { ...context, workDir, lease },
  );
  const tools: Partial<Tools> = {
    runners: { namespace: namespace },
    image,
    lease,
    workDir,
    now: monotonicSeconds,
    sleep: (seconds, signal) => delay(seconds * 1000, undefined, { signal }),
    createGroup: (path, given) => ruler.createGroup(path, given),
    meters: null,
    volumes: openVolumes({ lease }),
    site: { ...site, room: () => readRoom(workDir), cpus: { count: 1, placeable: [0] } },
    toolCpuSeconds: () => 0,
    progress: () => undefined,
    signal: context.signal,
  };
  try {
    const planned = { index, block: 0, position: 0, cell: cell.id, padBytes: index };
    return await runTrial({ planned, cell, prepared, scenario, tools: tools as Tools });
  } finally {
    await prepared[Symbol.asyncDispose]();
  }
}

function phase({ observations }: RecordedTrial, beside: string): NeighbourPhase {
  const found = observations.find((one) => one.kind === 'neighbour' && one.beside === beside);
  if (found?.kind !== 'neighbour') throw new Error(`no phase ${beside}`);
  return found;
}

function expectClean(trial: RecordedTrial): void {
  expect(trial.outcome).toEqual({ state: 'ok' });
  expect(trial.leftovers).toEqual([]);
  expect(phase(trial, 'alone').result.state).toBe('finished');
  expect(phase(trial, 'idle').result.state).toBe('finished');
}

test('a CPU hog under hard limits meets its quota; without limits it has none', async ({ skip }) => {
  if (why !== null) skip(why);
  const hard = await run('stressors: [cpu]');
  expectClean(hard);
  const held = phase(hard, 'cpu').neighbour;
  expect(held?.held).toMatchObject({ cpuQuota: 1, memoryBytes: 128 * mebibyte, pids: 64 });
  expect(held?.strain.periods).toBeGreaterThan(0);
  expect(held?.cpuApart ?? true).toBe(true);
  expect(phase(hard, 'cpu').result.state).toBe('finished');
  expect(held?.during.cpuSeconds).toBeGreaterThan(0);

  const off = await run("stressors: [cpu], limits: 'off'");
  expectClean(off);
  const free = phase(off, 'cpu').neighbour;
  expect(free?.held).toMatchObject({ cpuQuota: null, memoryBytes: null, pids: null });
  // The quota's periods are counted only where there is a quota.
  expect(free?.strain.periods ?? 0).toBe(0);
  // On v1 only where cpu and cpuacct are mounted apart.
  if (ruler.usable && ruler.mode === 'v2') expect(free?.cpuApart).toBe(false);
});

test('a memory hog under a hard cap is killed in its own group; the victim is not', async ({ skip }) => {
  if (why !== null) skip(why);
  const trial = await run('stressors: [memory-allocation], memory: 512MiB, settle: 4s');
  expectClean(trial);
  const { result, neighbour, suffered } = phase(trial, 'memory-allocation');
  expect(neighbour?.strain.oomKills).toBeGreaterThan(0);
  expect(neighbour?.strain.memoryPeakBytes).toBeLessThanOrEqual(128 * mebibyte);
  expect(suffered?.oomKills).toBe(0);
  expect(result.state).not.toBe('did-not-finish');
});

test('a fork storm meets its cap on processes, and everything of it is gone afterwards', async ({ skip }) => {
  if (why !== null) skip(why);
  const trial = await run('stressors: [fork]');
  expectClean(trial);
  const { neighbour } = phase(trial, 'fork');
  expect(neighbour?.strain.pidsRefusals).toBeGreaterThan(0);
  expect(neighbour?.strain.pidsPeak ?? 64).toBeLessThanOrEqual(64);
  expect(ruler.usable && ruler.existingGroup(`tare/${lease.runId}/i-${index}`).exists()).toBe(false);
});
