/**
 * What the memory family shows beside its medians: the truth table of a service at work. One row per way of
 * counting, one column per runner, and what each way misses; the one that sizing reads is named. Then the
 * same before, during and after the load, because a guest's memory does not come back by itself.
 */
import { medianWords } from '../../parts/values.ts';
import { usableTrials } from '../../../bench/analysis/values.ts';
import type { Analysis } from '../../../model/analysis.ts';
import type { MemoryMoment, MemoryReading } from '../../../model/observation.ts';
import type { RunRecord } from '../../../model/record.ts';
import { absent, scaleFor } from '../../../model/units.ts';
import { ladderChart } from '../../parts/charts.ts';
import { reading, ways, type Column, type Read, type Way } from './memory-ways.ts';
import { columns, number, table, text, type Block, type Table, type TableCell } from '../../parts/parts.ts';
import { medianFinder } from '../../parts/ratios.ts';
import { shapeWords, type Subjects } from '../../parts/subjects.ts';

/** What the method asks for before a slope is trusted with density (METHODOLOGY B14). */
const enoughInstances = 10;

/** A service with its load, in one shape. */
interface Work {
  readonly load: string;
  readonly columns: readonly Column[];
}

export function memoryBlocks(record: RunRecord, analysis: Analysis, subjects: Subjects): Block[] {
  const charts = (['kernelPlusPssBytes', 'hostBytes'] as const)
    .map((quantity) => ladderChart(record, quantity, subjects, 'loaded'))
    .filter((chart) => chart !== null);
  return [
    ...(charts.length === 0 ? [] : [{ kind: 'charts' as const, charts }]),
    ...worksOf(record).flatMap((work, index) => workBlocks(work, index, analysis)),
  ];
}

function workBlocks(work: Work, index: number, analysis: Analysis): Block[] {
  const weighed = work.columns.some(({ readings }) => readings.length > 0);
  return [
    { kind: 'table', table: truthTable(work, index, analysis) },
    ...(weighed ? [{ kind: 'table' as const, table: momentsTable(work, index) }] : []),
  ];
}

/** Every load of the record with what each runner shows of it. */
function worksOf(record: RunRecord): readonly Work[] {
  const works = new Map<string, Map<string, Column>>();
  const usable = usableTrials(record);
  for (const cell of record.header.cells) {
    if (cell.role !== 'measured') continue;
    const trials = usable.get(cell.id) ?? [];
    const seen = trials.flatMap(({ observations }) => observations);
    const readings = seen.filter((item) => item.kind === 'memory');
    const ladders = seen.filter((item) => item.kind === 'load');
    const load = readings[0]?.load ?? ladders[0]?.load;
    if (load === undefined) continue;
    const key = `${load}, ${shapeWords(cell)}`;
    const work = works.get(key) ?? new Map<string, Column>();
    const known = work.get(cell.runner);
    const top = Math.max(0, ...trials.flatMap(({ ladder }) => ladder.map(({ instances }) => instances)));
    work.set(cell.runner, {
      runner: cell.runner,
      cell,
      readings: [...(known?.readings ?? []), ...readings],
      ladder: ladders.length > 0 ? cell : (known?.ladder ?? null),
      top: Math.max(known?.top ?? 0, ladders.length > 0 ? top : 0),
    });
    works.set(key, work);
  }
  return [...works].map(([load, cells]) => ({ load, columns: [...cells.values()] }));
}

function truthTable(work: Work, index: number, analysis: Analysis): Table {
  const find = medianFinder(analysis.summaries);
  const slope =
    (metric: string): Read =>
    ({ ladder }) =>
      ladder === null ? null : find(ladder.id, metric);
  const marginal: readonly Way[] = [
    {
      title: 'One more: kernel memory + PSS (for sizing)',
      read: slope('memory.loaded-per-instance'),
      misses: 'page cache, and files in memory that nobody maps',
    },
    {
      title: 'One more: MemAvailable of the host',
      read: slope('memory.loaded-available-per-instance'),
      misses: 'nothing, but moves with everything else on the host',
    },
    {
      title: 'One more: PSS',
      read: slope('memory.loaded-pss-per-instance'),
      misses: 'kernel memory',
    },
    {
      title: 'One more: cgroup anonymous + kernel + shared',
      read: slope('memory.loaded-held-per-instance'),
      misses: 'page cache, and kernel memory charged to nobody',
    },
  ];
  const rows = [...marginal, ...ways]
    .map((way) => ({ way, values: work.columns.map(way.read) }))
    .filter(({ way, values }) => way.optional !== true || values.some((value) => value != null));
  const heads = columns(
    'Way of counting',
    ...work.columns.map(({ runner }) => `#${runner}`),
    'What it misses',
  );
  return table(
    `memory-truth-${index}`,
    `Memory of ${work.load}: counted in every way`,
    heads,
    rows.map(({ way, values }) => ({ head: way.title, cells: [...cellsOf(values), text(way.misses)] })),
    [...sizingNotes(work), ...disturbedNotes(work, find), ...launchNotes(work)],
  );
}

/** One scale for the whole row; a runner to which the row does not apply says so. */
function cellsOf(values: readonly (number | null | undefined)[]): TableCell[] {
  const scale = scaleFor(
    values.map((value) => value ?? null),
    'B',
  );
  return values.map((value) =>
    number(
      value === undefined
        ? 'not applicable'
        : value === null
          ? absent
          : medianWords(
              { median: value, interval: null, min: value, max: value },
              { family: 'memory', unit: 'B' },
              scale,
            ),
    ),
  );
}

const moments: readonly (readonly [MemoryMoment, string])[] = [
  ['ready', 'ready, idle'],
  ['loaded', 'under load'],
  ['after', 'after it, idle'],
];

function momentsTable(work: Work, index: number): Table {
  const measures: readonly (readonly [string, (item: MemoryReading) => number | null | undefined])[] = [
    ['Sum of PSS', (item) => item.pssBytes],
    ['Cgroup: anonymous + kernel + shared', (item) => item.heldBytes],
    [
      'Used in the guest',
      (item) => (item.guest === null ? undefined : item.guest.totalBytes - item.guest.availableBytes),
    ],
  ];
  const rows = measures.flatMap(([head, value]) =>
    moments.flatMap(([moment, words]) => {
      const values = work.columns.map(reading(moment, value));
      return values.every((item) => item === undefined)
        ? []
        : [{ head, cells: [text(words), ...cellsOf(values)] }];
    }),
  );
  const heads = columns('Way of counting', 'When', ...work.columns.map(({ runner }) => `#${runner}`));
  return table(`memory-moments-${index}`, `Memory of ${work.load}: before, during and after`, heads, rows, [
    'A guest that frees memory keeps it from the host; free-page reporting or a balloon would give it back.',
  ]);
}

function sizingNotes({ columns: sides }: Work): string[] {
  const climbed = sides.filter(({ ladder }) => ladder !== null);
  if (climbed.length === 0) {
    return [
      'No ladder of this load was climbed, so nothing here says what one more instance costs: add the workload ladder-redis or ladder-nginx.',
    ];
  }
  const low = climbed.filter(({ top }) => top < enoughInstances);
  return [
    'Sizing reads kernel memory + PSS as a slope over instances that hold their load: it counts what the kernel keeps for them and divides what they share; of other work on the host only its kernel memory disturbs it. On a quiet host MemAvailable agrees with it.',
    ...(low.length === 0
      ? []
      : [
          `Ladders of ${low.map(({ runner, top }) => `${runner} reached ${top}`).join(', ')}: fewer than the ${enoughInstances} instances that a slope for density asks for (B14).`,
        ]),
  ];
}

/** Kernel memory is the whole host's: when it shrank meanwhile, the sum falls below the instances' own part. */
function disturbedNotes({ columns: sides }: Work, find: ReturnType<typeof medianFinder>): string[] {
  const disturbed = sides.filter(({ ladder }) => {
    if (ladder === null) return false;
    const whole = find(ladder.id, 'memory.loaded-per-instance');
    const part = find(ladder.id, 'memory.loaded-pss-per-instance');
    return whole !== null && part !== null && whole < part;
  });
  if (disturbed.length === 0) return [];
  const names = disturbed.map(({ runner }) => runner).join(', ');
  return [
    `${names}: kernel memory + PSS rose by less than PSS alone, so other work gave kernel memory back meanwhile: measure on a quiet host, with more instances, before sizing from it.`,
  ];
}

function launchNotes({ columns: sides }: Work): string[] {
  const weighed = sides.map(({ runner, readings }) => {
    const n = readings.filter(({ moment }) => moment === 'loaded').length;
    return `${runner} ${n}`;
  });
  const emulated = sides.filter(({ cell }) => cell.acceleration.class === 'tcg').map(({ runner }) => runner);
  return [
    `Medians over launches: ${weighed.join(', ')}. Read from the host half-way through the load unless the row names the guest.`,
    ...(emulated.length === 0
      ? []
      : [
          `${emulated.join(', ')}: emulated, not representative (C17). How memory is mapped is as on hardware; its amounts hold the emulator and its translated code.`,
        ]),
  ];
}
