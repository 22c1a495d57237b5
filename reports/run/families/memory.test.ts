/** The truth table from built records: who has which row, what is named, and what is never said. */
import { expect, test } from 'vitest';
import { analyse } from '../../../bench/analyse.ts';
import type { MetricDeclaration } from '../../../model/metric.ts';
import type { MemoryMoment, MemoryReading } from '../../../model/observation.ts';
import type { RecordedTrial, RunRecord } from '../../../model/record.ts';
import { buildRecord } from '../../../bench/record/testing/builder.ts';
import { workloads } from '../../../bench/workloads/index.ts';
import { renderHtml, renderMarkdown } from '../../index.ts';
import { memoryBlocks } from './memory.ts';
import type { Table } from '../../parts/parts.ts';
import { subjectsOf } from '../../parts/subjects.ts';

const MiB = 2 ** 20;
const load = 'redis with 5000 keys of 4096 bytes, asked by 20 clients';
const momentsOf: readonly MemoryMoment[] = ['ready', 'loaded', 'after'];

function reading(moment: MemoryMoment, virtual: boolean): MemoryReading {
  const scale = moment === 'ready' ? 1 : 2;
  return {
    kind: 'memory',
    moment,
    load,
    pssBytes: (virtual ? 150 : 20) * scale * MiB,
    rssBytes: (virtual ? 160 : 30) * scale * MiB,
    groupBytes: 25 * scale * MiB,
    workingSetBytes: 22 * scale * MiB,
    heldBytes: 21 * scale * MiB,
    cacheBytes: 4 * MiB,
    configuredBytes: 256 * MiB,
    hypervisor: virtual
      ? { guestRamBytes: 100 * scale * MiB, translationBytes: 40 * MiB, otherBytes: 10 * MiB }
      : null,
    guest: virtual
      ? { totalBytes: 220 * MiB, availableBytes: (220 - 30 * scale) * MiB, cacheBytes: 9 * MiB }
      : null,
    serviceBytes: moment === 'ready' ? MiB : 29 * MiB,
    clientBytes: moment === 'loaded' ? 5 * MiB : null,
    mergedBytes: null,
  };
}

const metrics: readonly MetricDeclaration[] = [
  ...(workloads.get('ladder-redis')?.metrics ?? []),
  ...(workloads.get('memory-redis')?.metrics ?? []),
];

function record(alter: (trial: RecordedTrial) => RecordedTrial = (trial) => trial): RunRecord {
  return buildRecord({
    blocks: 6,
    noise: 0,
    control: null,
    metrics,
    workloads: ['redis', 'redis-ladder'],
    alter: (trial) => {
      const ladder = trial.cell.includes('redis-ladder');
      const virtual = trial.cell.startsWith('vm/');
      return alter({
        ...trial,
        ladder: ladder ? trial.ladder : [],
        observations: ladder ? [{ kind: 'load', load }] : momentsOf.map((moment) => reading(moment, virtual)),
      });
    },
  });
}

function tables(of: RunRecord): readonly Table[] {
  return memoryBlocks(of, analyse(of, { resamples: 200 }), subjectsOf(of)).flatMap((block) =>
    block.kind === 'table' ? [block.table] : [],
  );
}

const texts = (table: Table | undefined, head: string) =>
  table?.rows
    .filter((row) => row.head.startsWith(head))
    .map(({ cells }) => cells.map((cell) => ('text' in cell ? cell.text : '')));

test('every way of counting stands beside the others, with what it misses, and the one for sizing is named', () => {
  const [truth, moments, ...rest] = tables(record());
  expect(rest).toEqual([]);
  expect(truth?.caption).toBe(`Memory of ${load}, 1 CPU, 256 MiB: counted in every way`);
  expect(truth?.columns.map(({ title }) => title)).toEqual([
    ...['Way of counting', 'process', 'namespace', 'vm', 'What it misses'],
  ]);
  const [sizing] = texts(truth, 'One more: kernel memory + PSS (for sizing)') ?? [];
  expect(sizing?.slice(0, 3)).toEqual(['0.600 MiB', '0.900 MiB', '95.0 MiB']);
  expect(texts(truth, 'Sum of PSS')?.[0]?.slice(0, 3)).toEqual(['40.0 MiB', '40.0 MiB', '300 MiB']);
  expect(texts(truth, 'Used in the guest')?.[0]?.slice(0, 3)).toEqual([
    ...['not applicable', 'not applicable', '60.0 MiB'],
  ]);
  expect(texts(truth, 'Hypervisor: translated code')?.[0]?.[2]).toBe('40.0 MiB');
  expect(texts(truth, 'Configured')?.[0]?.at(-1)).toContain('never used for density (C24)');
  expect(texts(truth, 'Merged')).toEqual([]);
  for (const { cells } of truth?.rows ?? []) expect(cells.at(-1)).toHaveProperty('text');
  const notes = truth?.notes.join('\n') ?? '';
  expect(notes).toContain('Sizing reads kernel memory + PSS');
  expect(notes).toContain('vm reached 4: fewer than the 10 instances');
  expect(notes).toContain('vm: emulated, not representative (C17)');
  expect(texts(moments, 'Sum of PSS')?.map((row) => row[0])).toEqual([
    ...['ready, idle', 'under load', 'after it, idle'],
  ]);
});

test('without a ladder nothing is said to be for sizing', () => {
  const [truth] = tables(
    record((trial) => ({
      ...trial,
      ladder: [],
      observations: trial.observations.filter(({ kind }) => kind !== 'load'),
    })),
  );
  expect(texts(truth, 'One more: kernel')?.[0]?.slice(0, 3)).toEqual(['–', '–', '–']);
  expect(truth?.notes[0]).toContain('add the workload ladder-redis or ladder-nginx');
});

test('what could not be read is unknown, not zero', () => {
  const [truth] = tables(
    record((trial) => ({
      ...trial,
      observations: trial.observations.map((item) =>
        item.kind === 'memory' ? { ...item, pssBytes: null, hypervisor: null } : item,
      ),
    })),
  );
  expect(texts(truth, 'Sum of PSS')?.[0]?.slice(0, 3)).toEqual(['–', '–', '–']);
  expect(texts(truth, 'Hypervisor: guest RAM')?.[0]?.slice(0, 3)).toEqual([
    ...['not applicable', 'not applicable', '–'],
  ]);
});

test('voided blocks and failed launches do not count', () => {
  const built = record((trial) =>
    trial.block === 1
      ? trial
      : { ...trial, outcome: { state: 'failed', reason: 'oom', message: '', detail: '' } },
  );
  const [truth] = tables(built);
  expect(truth?.notes.join('\n')).toContain('process 1, namespace 1, vm 1');
  const voided = { ...built, voided: [{ kind: 'void' as const, block: 1, rule: 'steal', detail: '' }] };
  expect(tables(voided)).toEqual([]);
});

test('pages show it, and a record without it shows nothing of it', async () => {
  const built = record();
  const analysis = analyse(built, { resamples: 200 });
  for (const render of [renderHtml, renderMarkdown]) {
    expect(await render(built, { analysis })).toContain('counted in every way');
  }
  expect(tables(buildRecord({ blocks: 3 }))).toEqual([]);
});
