/**
 * The launches in their planned order, each finished one on disk before the next begins. Stops cleanly
 * when asked, and voids blocks by rules that stand in the record before the first launch.
 */
import { formatShare } from '../../model/units.ts';
import type { Cell, Plan, PlannedTrial } from '../../model/plan.ts';
import type { RecordedTrial, RecordEnd, RecordHeader, RunRecord, VoidedBlock } from '../../model/record.ts';
import type { Scenario } from '../../model/scenario.ts';
import type { PreparedRun } from './prepare.ts';
import { isInterrupted, type RecordWriter } from '../record/record.ts';
import { notReported, type Site } from '../../host/site/site.ts';
import type { Tools } from '../instance/tools.ts';
import { runTrial } from './trial.ts';

/** A cell whose first launches all fail will not do better in the hundredth. */
const hopelessAfter = 3;

/** Above these, a block is taken out: the host was not the host that was to be measured. */
export function voidLimits(cpus: number): { readonly stealShare: number; readonly foreignCores: number } {
  // Half a core disturbs a small machine; on a large one a tenth of it.
  return { stealShare: 0.1, foreignCores: Math.max(0.5, cpus / 10) };
}

/** The rules in words, for the record's header: declared before anything runs. */
export function voidRules(site: Site): RecordHeader['voidRules'] {
  const { stealShare, foreignCores } = voidLimits(site.cpus.count);
  const unseen = `not judged: ${notReported(site, 'its CPU time')}`;
  const isSeen = site.counters() !== null;
  return [
    {
      rule: 'steal',
      limit: isSeen ? `more than ${stealShare * 100} % of CPU time stolen during a launch` : unseen,
    },
    {
      rule: 'foreign-load',
      limit: isSeen ? `more than ${foreignCores} cores busy with other work during a launch` : unseen,
    },
    {
      rule: 'gave-up',
      limit: `a cell whose first ${hopelessAfter} launches all failed is not launched again`,
    },
    { rule: 'resumed', limit: 'a block that an interruption cut in two' },
    { rule: 'unclean', limit: 'an instance whose removal could not be proven (C30)' },
  ];
}

/** How a run ended; the record itself is on disk. */
export interface RunResult {
  readonly state: RecordEnd['state'];
  readonly failed: number;
  readonly finished: number;
}

/**
 * Runs what the plan holds and the record does not yet.
 * @param earlier the record being continued, or null
 */
export async function executePlan(
  scenario: Scenario,
  plan: Plan,
  run: PreparedRun,
  writer: RecordWriter,
  earlier: RunRecord | null,
  tools: Tools,
): Promise<RunResult> {
  const kept = (earlier?.trials ?? []).filter((trial) => !isInterrupted(trial));
  const done = new Map(kept.map((trial) => [trial.index, trial]));
  const cells = new Map(run.cells.map((cell) => [cell.id, cell]));
  const trials = plan.trials.filter(({ cell }) => cells.has(cell));
  // Pairing cancels drift only between launches that lie close together.
  const begun = new Set(kept.map(({ block }) => block));
  const left = trials.filter(({ index, block }) => !done.has(index) && begun.has(block));
  const cut = new Set(left.map(({ block }) => block));
  const voided = new Set((earlier?.voided ?? []).map(({ block }) => block));
  tools.progress({ kind: 'started', trials: trials.length, done: done.size, folder: writer.folder });
  tools.progress({
    kind: 'planned',
    cells: trials.filter(({ index }) => !done.has(index)).map(({ cell }) => cell),
  });
  for (const [at, planned] of trials.entries()) {
    if (tools.signal.aborted) break;
    if (!done.has(planned.index) && !isHopeless(planned.cell, done)) {
      tools.progress({ kind: 'launching', trial: planned, done: done.size, total: trials.length });
      const result = await launchPlanned(planned, { cells, run, scenario, tools });
      writer.append(result);
      done.set(planned.index, result);
      tools.progress({ kind: 'finished', trial: planned, result, done: done.size, total: trials.length });
      if (isInterrupted(result)) break;
      await tools.sleep(scenario.cooldownSeconds, tools.signal).catch(() => undefined);
    }
    const { block } = planned;
    if (block >= 0 && trials[at + 1]?.block !== block && !voided.has(block)) {
      for (const line of judgeBlock(block, [...done.values()], tools.site.cpus.count, cut)) {
        writer.append(line);
        tools.progress({ ...line, kind: 'voided' });
      }
    }
  }
  const finished = [...done.values()].filter((trial) => !isInterrupted(trial));
  const missing = trials.filter(({ index, cell }) => !done.has(index) && !isHopeless(cell, done));
  return {
    state: missing.length === 0 && finished.length === done.size ? 'complete' : 'interrupted',
    failed: finished.filter(({ block, outcome }) => block >= 0 && isFault(outcome)).length,
    finished: finished.length,
  };
}

/** A requirement that is not met is what the run was to find out, and no fault of it. */
function isFault(outcome: RecordedTrial['outcome']): boolean {
  return outcome.state === 'failed' && outcome.reason !== 'requirement';
}

/** Whether a cell was given up; follows from its trials alone, so a resumed run decides the same. */
function isHopeless(cell: string, done: ReadonlyMap<number, RecordedTrial>): boolean {
  const own = [...done.values()].filter((trial) => trial.cell === cell && !isInterrupted(trial));
  return own.length >= hopelessAfter && own.every(({ outcome }) => outcome.state === 'failed');
}

/** What every launch of a run has in common. */
interface Launching {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly run: PreparedRun;
  readonly scenario: Scenario;
  readonly tools: Tools;
}

async function launchPlanned(
  planned: PlannedTrial,
  { cells, run, scenario, tools }: Launching,
): Promise<RecordedTrial> {
  const cell = cells.get(planned.cell);
  const prepared = run.prepared.get(planned.cell);
  if (cell === undefined || prepared === undefined) throw new Error(`no cell ${planned.cell}`);
  return runTrial({ planned, cell, prepared, scenario, tools });
}

/** The kernel counts CPU time in ticks of 10 ms; sums over a launch of S seconds are good to about 0.04 / S. */
const tickError = 0.04;

/** The first declared rule that a finished block has broken, if any. */
export function judgeBlock(
  block: number,
  trials: readonly RecordedTrial[],
  cpus: number,
  cut: ReadonlySet<number> = new Set(),
): VoidedBlock[] {
  const limits = voidLimits(cpus);
  const line = (rule: string, detail: string): VoidedBlock => ({ kind: 'void', block, rule, detail });
  if (cut.has(block)) return [line('resumed', 'its launches lie on both sides of an interruption')];
  return trials
    .filter((trial) => trial.block === block)
    .flatMap(({ index, cell, drift, wallSeconds, cleanupProven, leftovers }) => {
      const where = `trial ${index} (${cell})`;
      if (!cleanupProven) return [line('unclean', `${where}: ${leftovers.join(', ')}`)];
      if (drift === null) return [];
      const slack = tickError / wallSeconds;
      if (drift.stealShare > limits.stealShare + slack) {
        return [line('steal', `${formatShare(drift.stealShare)} in ${where}`)];
      }
      if (drift.foreignCores !== null && drift.foreignCores > limits.foreignCores + slack) {
        return [line('foreign-load', `${drift.foreignCores.toFixed(2)} cores in ${where}`)];
      }
      return [];
    })
    .slice(0, 1);
}
