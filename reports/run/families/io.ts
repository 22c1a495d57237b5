/**
 * What the I/O section says before any number: which way each cell's I/O took to storage, and which of them
 * never got there. Numbers of two cells are alike only as far as their rows here are.
 */
import { fioRunsOf, reachedBy, type FioRun, type Reached } from '../../../bench/analysis/storage.ts';
import type { CellRecord } from '../../../model/record.ts';
import { formatValue } from '../../../model/units.ts';
import type { Addition } from './addition.ts';
import { columns, table, text, type Table } from '../../parts/parts.ts';

/** One row per cell and, where they differ, per thing reached. */
export const storageBlocks: Addition = (record, _analysis, subjects) => {
  const rows = subjects.cells
    .filter(({ role }) => role === 'measured')
    .flatMap((cell) => {
      const runs = fioRunsOf(cell, record.trials);
      const reached = [...new Set(runs.map((run) => reachedBy(cell, run)))];
      return reached.map((kind) =>
        pathRow(
          subjects.label(cell.id),
          cell,
          kind,
          runs.filter((run) => reachedBy(cell, run) === kind),
        ),
      );
    });
  if (rows.length === 0) return [];
  const heads = columns('Runner', 'Works on', 'Cache and flushes', 'fio', 'What was measured');
  return [
    {
      kind: 'table',
      table: table('io-paths', 'Where I/O ended, by runner and workload', heads, rows, [
        'A number marked † in the table of medians is of a page cache or of memory, not of storage: it says how fast the same kernel or the host answers from memory.',
        'Direct I/O ends where the file lies: a host that is itself virtual may cache below that, so these are figures of this host and not of a device.',
      ]),
    },
  ];
};

function pathRow(
  head: string,
  cell: CellRecord,
  reached: Reached,
  runs: readonly FioRun[],
): Table['rows'][number] {
  const onRoot = runs.every(({ target }) => target === 'root');
  const { volumeOn, volumeBytes } = cell.identity;
  const size = volumeBytes === undefined ? '' : `, ${formatValue(Number(volumeBytes), 'B')}`;
  const works = onRoot
    ? `root: ${cell.traits.writableLayer ?? 'unknown'}`
    : `${cell.traits.volume ?? 'unknown'}${cell.identity['volume'] === 'directory' ? '' : size}, on ${volumeOn ?? 'unknown'}`;
  return {
    head,
    cells: [
      text(works),
      text(onRoot ? 'those of the root' : (cell.traits.cacheMode ?? 'unknown')),
      text(runs.map(runWords).join('; ')),
      text(reached === 'storage' ? 'storage' : `${reached}, not storage †`),
    ],
  };
}

/** "randread 4 KiB × 32, direct, libaio, 64 MiB". */
function runWords(run: FioRun): string {
  const inFlight = run.depth * run.jobs;
  return [
    `${run.pattern} ${short(run.blockSize)}${inFlight > 1 ? ` × ${inFlight}` : ''}`,
    run.direct ? 'direct' : run.pattern === 'fsync' ? 'flushed' : 'buffered',
    run.engine,
    short(run.sizeBytes),
  ].join(', ');
}

/** Sizes here are whole: "4 KiB", not "4.00 KiB". */
function short(bytes: number): string {
  return formatValue(bytes, 'B').replace(/\.0+(?= )/, '');
}
