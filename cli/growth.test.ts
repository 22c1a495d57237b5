/**
 * A new runner is a folder and a line: a toy that nothing in tare knows runs a whole scenario on a site that
 * reports nothing of itself, and is reported, sized and advised on like any other. What the site does not report
 * is refused or left out, and nothing is read from the machine of the test in its place.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analyse } from '../bench/analyse.ts';
import { remoteSite } from '../bench/instance/testing/site.ts';
import type { Tools } from '../bench/instance/tools.ts';
import { readRecord } from '../bench/record/record.ts';
import { runScenario } from '../bench/run.ts';
import { parseScenario } from '../bench/scenario/scenario.ts';
import { advise } from '../guidance/advise.ts';
import { profilesOf } from '../guidance/profiles.ts';
import { parseRequirements } from '../guidance/requirements.ts';
import type { RunRecord } from '../model/record.ts';
import { renderHtml, renderText } from '../reports/index.ts';
import { clockOffset, kept, toy } from '../runners/testing/toy.ts';
import { profileOf } from '../sizing/profile.ts';
import { runOf } from '../verdicts/runs.ts';

const MiB = 2 ** 20;
const text = `
name: growth
image: mini
runners:
  plain: { kind: toy, isolation: process, memory: ${1 * MiB} }
  box: { kind: toy, isolation: container, memory: ${2 * MiB} }
  sandbox: { kind: toy, isolation: sandbox, memory: ${30 * MiB} }
  machine: { kind: toy, isolation: virtual machine, memory: ${90 * MiB} }
baseline: plain
control: plain
shapes: { large: { cpus: 48, memory: 256MiB } }
blocks: 12
warmup: 0
seed: 1
workloads:
  empty: [{ use: idle }]
  crowd: [{ use: density }]
  steps: [{ use: ladder, instances: 2 }]
  seen: [surface]
`;

let folder: string;
let record: RunRecord;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tare-growth-'));
  const scenario = parseScenario(text, 'growth.yaml', { toy: toy.options });
  const lease = { runId: 'growth', own: () => undefined, release: () => undefined };
  const nothing = () => Promise.reject(new Error('asked of this host'));
  let clock = 0;
  const tools: Tools = {
    runners: { toy: toy },
    image: {
      name: 'pretend',
      digest: 'd'.repeat(64),
      folder: '/nowhere',
      rootfs: '/nowhere/rootfs',
      manifest: '/nowhere/manifest',
      packages: {},
      programs: { busybox: '/bin/busybox', sysbench: '/usr/bin/sysbench', redis: '/bin/redis' },
      closure: {},
      treeBytes: 0,
      config: null,
      busybox: '/nowhere/busybox',
    },
    lease,
    workDir: join(folder, 'work'),
    now: () => (clock += 0.25),
    sleep: () => Promise.resolve(),
    createGroup: null,
    meters: null,
    site: remoteSite(),
    startLoad: nothing,
    volumes: {
      check: () => Promise.resolve({ reason: 'the site elsewhere makes no volumes', hint: 'none' }),
      make: nothing,
      remove: () => Promise.resolve([]),
      describePlace: () => 'nowhere',
      close: () => Promise.resolve(),
    },
    toolCpuSeconds: () => 0,
    progress: () => undefined,
    signal: new AbortController().signal,
  };
  await runScenario(
    {
      scenario,
      seed: 1,
      folder: join(folder, 'out'),
      earlier: null,
      facts: {
        tool: { name: 'tare-bench', version: '0' },
        file: 'growth.yaml',
        text,
        overrides: [],
        onlyRunners: null,
      },
      hostAfter: () => Promise.resolve(tools.site.facts),
    },
    tools,
  );
  record = readRecord(join(folder, 'out'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what its instances are is recorded as they said it, and compared by that', () => {
  const { cells } = record.header;
  expect(cells.find(({ runner }) => runner === 'machine')).toMatchObject({
    runnerKind: 'toy',
    isolation: 'virtual machine',
    architecture: 'riscv64',
    kernel: '7.0.1',
    product: 'Toy 3.2',
    decisive: ['version', 'flavour'],
  });
  const pairs = analyse(record).comparisons.flatMap(({ subject, reference, kind }) =>
    kind === 'runners' ? [`${subject.split('/')[0] ?? ''} against ${reference.split('/')[0] ?? ''}`] : [],
  );
  expect(new Set(pairs)).toEqual(
    new Set([
      'box against plain',
      'sandbox against plain',
      'machine against plain',
      'sandbox against box',
      'machine against box',
      'machine against sandbox',
    ]),
  );
});

test('nothing is left of its accounts, and every launch has its numbers from them', () => {
  expect(kept.size).toBe(0);
  expect(record.trials).toHaveLength(12 * 5);
  for (const trial of record.trials) {
    expect(trial.outcome).toEqual({ state: 'ok' });
    expect(trial.atEnd?.cpuSeconds).toBeGreaterThan(0);
    const metrics = trial.samples.map(({ metric }) => metric);
    expect(metrics).toEqual(expect.arrayContaining(['tare.memory', 'tare.idle-cpu']));
    // No process and no disk is counted there: none is not 0.
    for (const unknown of ['tare.pss', 'tare.processes', 'tare.disk']) expect(metrics).not.toContain(unknown);
  }
});

test('of a clock that is off by seconds only what was seen here has instants', () => {
  for (const { marks } of record.trials) {
    expect(marks.map(({ name }) => name).filter((name) => /^T\d$/.test(name))).toEqual(['T0', 'T6', 'T7']);
    for (const { at } of marks) expect(at).toBeLessThan(clockOffset);
  }
  expect(record.header.clock).toBeNull();
});

test('noise that the site does not report voids nothing, and is said not to be judged', () => {
  expect(record.voided).toEqual([]);
  expect(record.trials.every(({ drift }) => drift === null)).toBe(true);
  const limits = record.header.voidRules.filter(({ rule }) => ['steal', 'foreign-load'].includes(rule));
  expect(limits.map(({ limit }) => limit)).toEqual(
    Array.from({ length: 2 }, () => 'not judged: the site elsewhere does not report its CPU time'),
  );
  expect(renderText(record)).toContain('does not report its CPU time');
});

test('what stands on things that the site does not report is refused before its first launch', () => {
  const reasons = new Map(
    record.header.skipped.map(({ cell, reason }) => [cell.split('/')[1], reason] as const),
  );
  expect(Object.fromEntries(reasons)).toEqual({
    crowd: 'the site elsewhere does not report its room, which density stands on',
    steps: 'the site elsewhere does not report its memory, which ladder stands on',
    seen: 'the site elsewhere does not report what its kernel shows, which surface stands on',
  });
});

test('it is reported by its own name and version', async () => {
  const page = await renderHtml(record);
  expect(page).toContain('Toy 3.2');
  expect(renderText(record)).not.toMatch(/undefined|NaN/);
  expect(renderText(record)).toMatch(/machine/);
});

test('it is sized by what its instances are: machines as machines, boxes and sandboxes as containers', () => {
  const { tares } = profileOf([runOf(record, 'out')]);
  expect(Object.fromEntries(tares.map(({ runner, form }) => [runner, form]))).toEqual({
    box: 'container',
    sandbox: 'container',
    machine: 'vm',
  });
  // Less the plain process of its block: what the isolation takes.
  const machine = tares.find(({ runner }) => runner === 'machine')?.memoryBytes;
  expect((machine?.median ?? 0) / MiB).toBeCloseTo(89, 0);
});

test('advice speaks of its machines against its containers, and of nothing else', () => {
  const { asked, placeOf } = parseRequirements('apps: [{ id: web, priorities: [density] }]\n', 'apps.yaml');
  const profiles = profilesOf([runOf(record, 'out')]);
  const advice = advise(asked, { profiles, placeOf });
  const words = JSON.stringify(advice);
  expect(words).toContain('machine');
  expect(words).toContain('box');
  expect(words).not.toContain('sandbox');
});
