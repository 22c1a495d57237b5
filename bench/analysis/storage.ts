/**
 * What an I/O number is a number of: storage, or a page cache that answered in its place (METHODOLOGY A7.4).
 * Derived from facts of the record: fio's own command line, the cell's volume and what lay below it.
 */
import type { Refusal, Warning } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord, RecordedTrial } from '../../model/record.ts';
import { formatValue } from '../../model/units.ts';
import { patterns, type Pattern } from '../workloads/io/metrics.ts';
import type { Pair } from './pairs.ts';

/** What I/O ended in: the host's storage, or memory of one kind or another. */
export type Reached = 'storage' | 'host page cache' | 'page cache' | 'memory';

/** One fio run as its command line tells it. */
export interface FioRun {
  readonly pattern: Pattern;
  readonly direct: boolean;
  readonly target: 'root' | 'volume';
  readonly blockSize: number;
  readonly depth: number;
  readonly jobs: number;
  /** Of all jobs together. */
  readonly sizeBytes: number;
  readonly engine: string;
}

/** Null where it is not one of ours. */
export function fioRunOf(argv: readonly string[]): FioRun | null {
  const value = (name: string) =>
    argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
  const pattern = patterns.find((each) => each === value('name'));
  if (argv[0] !== 'fio' || pattern === undefined) return null;
  const jobs = Number(value('numjobs') ?? 1);
  return {
    pattern,
    direct: value('direct') === '1',
    target: value('filename') === 'tare.fio' ? 'root' : 'volume',
    blockSize: Number(value('bs')),
    depth: Number(value('iodepth')),
    jobs,
    sizeBytes: Number(value('size')) * jobs,
    engine: value('ioengine') ?? 'unknown',
  };
}

/** The fio runs of a cell, as its first launch that got so far made them. */
export function fioRunsOf(cell: CellRecord, trials: readonly RecordedTrial[]): readonly FioRun[] {
  for (const trial of trials) {
    if (trial.cell !== cell.id || trial.outcome.state !== 'ok') continue;
    // By the label of our own workload: a noisy neighbour's victim may be fio too, and is no I/O measurement.
    return trial.outputs.flatMap(({ program, argv }) => (program === 'fio' ? (fioRunOf(argv) ?? []) : []));
  }
  return [];
}

/** What a run's I/O ended in. */
export function reachedBy(cell: CellRecord, run: FioRun): Reached {
  if (run.target === 'root' && /tmpfs|memory/.test(cell.traits.writableLayer ?? '')) return 'memory';
  const flushed = run.pattern === 'fsync';
  const { hostPageCache, volumeFlushes } = cell.identity;
  if (run.target === 'volume' && hostPageCache === 'used') {
    const reads = run.pattern === 'read' || run.pattern === 'randread' || run.pattern === 'randrw';
    const written = volumeFlushes === 'each write' || (flushed && volumeFlushes !== 'ignored');
    if (reads || !written) return 'host page cache';
  }
  if (!run.direct && !flushed && run.sizeBytes < cell.shape.memoryBytes) return 'page cache';
  return 'storage';
}

/** What stands behind a metric of a cell; null where it is no I/O of fio's. */
function reachedIn(
  cell: CellRecord,
  metric: MetricDeclaration,
  trials: readonly RecordedTrial[],
): { readonly run: FioRun; readonly reached: Reached } | null {
  if (metric.family !== 'io') return null;
  const run = fioRunsOf(cell, trials).find(({ pattern }) => metric.id.startsWith(`io.${pattern}-`));
  return run === undefined ? null : { run, reached: reachedBy(cell, run) };
}

/** Labels on a cell's number: no storage behind it, or a cost that is not whole. */
export function storageWarnings(
  cell: CellRecord,
  metric: MetricDeclaration,
  trials: readonly RecordedTrial[],
): Warning[] {
  const found = reachedIn(cell, metric, trials);
  if (found === null) return [];
  const warnings: Warning[] = [];
  if (found.reached !== 'storage') {
    warnings.push({
      code: 'page-cache',
      message: explanation(cell, found.run, found.reached),
    });
  }
  if (metric.id.endsWith('-cost') && isOnLoop(cell) && found.run.target === 'volume') {
    warnings.push({
      code: 'work-outside',
      message: 'The kernel threads of its loop device work outside its group: their CPU time is missing.',
    });
  }
  return warnings;
}

function explanation(cell: CellRecord, run: FioRun, reached: Exclude<Reached, 'storage'>): string {
  switch (reached) {
    case 'memory':
      return `Memory-backed: page-cache speed, not storage (writable layer: ${cell.traits.writableLayer ?? 'unknown'}).`;
    case 'page cache':
      return `Page cache, not storage: without direct I/O, its ${formatValue(run.sizeBytes, 'B')} fit into ${formatValue(cell.shape.memoryBytes, 'B')} of memory.`;
    case 'host page cache':
      return `Page cache, not storage: its I/O may end in the host's page cache (${cell.traits.volume ?? 'unknown'}).`;
  }
}

/**
 * C4: storage on one side and memory on the other, or the CPU time of one side counted in part. Two cache
 * modes of one kind of runner are a comparison somebody asked for, and keep their labels only.
 */
export function storageMismatch(
  { subject, reference }: Pair,
  metric: MetricDeclaration,
  trials: readonly RecordedTrial[],
): Refusal[] {
  const [one, other] = [subject, reference].map((cell) => reachedIn(cell, metric, trials));
  if (one == null || other == null) return [];
  const refusals: Refusal[] = [];
  const chosen = subject.runnerKind === reference.runnerKind && one.run.target === 'volume';
  if (one.reached !== other.reached && !chosen) {
    refusals.push({
      rule: 'C4',
      message: `Not like for like: I/O of "${subject.runner}" ended in ${one.reached}, that of "${reference.runner}" in ${other.reached}.`,
      remedy: 'Use the same cache mode on both sides, direct I/O, or a volume in place of the root.',
    });
  }
  if (metric.id.endsWith('-cost') && isOnLoop(subject) !== isOnLoop(reference)) {
    const [loop, not] = isOnLoop(subject) ? [subject, reference] : [reference, subject];
    refusals.push({
      rule: 'C4',
      message: `Not like for like: the loop device of "${loop.runner}" works in kernel threads outside its group, while what "${not.runner}" does for its volume is counted.`,
      remedy: 'Read rates and latencies instead, or compare runners that take the volume in the same way.',
    });
  }
  return refusals;
}

function isOnLoop({ identity }: CellRecord): boolean {
  return identity['volumeAttachment']?.startsWith('loop') ?? false;
}
