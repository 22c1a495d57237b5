/**
 * What could this gate see? (`tare gate --power`) Asked before anything is measured: the noise is the
 * baseline's, the launches are those planned, and a check that could not see its own limit is named with what
 * it would take. Nothing of a head is needed, nor looked at.
 */
import { UserError } from '../model/errors.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { createWitness, isDriftBound, publishedDrift } from './run-effect.ts';
import type { Level, RowKey } from './model.ts';
import { changeOf, verdictFreedom } from './numbers.ts';
import { effectOfLaunches, effectOfRuns, neededFor } from '../bench/statistics/planning.ts';
import type { Policy, Rule } from './policy.ts';
import { cannotFire, questionsOf } from './questions.ts';
import type { Row, RowPart } from './rows.ts';
import { orderedRuns, type Run } from './runs.ts';

/** What is planned for the head. */
export interface Planned {
  /** Blocks of each run; null: as many as the baseline has. */
  readonly blocks: number | null;
  readonly runs: number;
  /** What its scenario measures; null: the same as the baseline. */
  readonly cells: readonly Pick<RowKey, 'scenario' | 'runner' | 'workload' | 'shape'>[] | null;
}

/** What one check of the policy could see. */
export interface Sight {
  readonly key: RowKey;
  readonly level: Level;
  /** Where in the policy the limit stands. */
  readonly source: string;
  readonly limit: number;
  readonly unit: 'launch' | 'run';
  /** Units of head. */
  readonly n: number;
  /** Smallest growth (0.04 for 4 %) found in 80 % of gates; null: none could be. */
  readonly sees: number | null;
  /** Launches of either side that would see the limit; null: launches do not help, or it sees it already. */
  readonly needed: number | null;
  /** Why it sees nothing, or what must hold for what it sees; null: nothing to add. */
  readonly note: string | null;
}

export interface PowerReport {
  readonly policy: { readonly file: string; readonly name: string };
  readonly planned: Planned;
  readonly sights: readonly Sight[];
  /** Every check of level `error` sees its limit. */
  readonly sharp: boolean;
}

const seed = 7;

/** @throws UserError for a policy without limits on changes, or one that could not fire with what is planned */
export function powerOf(
  policy: Policy,
  given: readonly Run[],
  planned: Planned,
  resamples = 2000,
): PowerReport {
  const base = orderedRuns(given);
  const changes = questionsOf(policy, base, base).flatMap(({ row, change }) =>
    change === null ? [] : [{ row, change }],
  );
  if (changes.length === 0) {
    throw new UserError(
      `${policy.file} limits no change, so that its power needs no check`,
      'bounds (max, min) are judged by the interval of the head alone',
    );
  }
  if (base.length === 1 && planned.runs === 1) {
    const had = base[0]?.record.header.blocks ?? 0;
    const fire = cannotFire(had, planned.blocks ?? had, changes.length);
    if (fire !== null) throw new UserError(`${policy.file} cannot fire: ${fire.why}`, fire.remedy);
  } else if (base.length + planned.runs - 2 < verdictFreedom) {
    throw new UserError(
      `${policy.file} cannot fire: of several runs each counts as one, and there are ${base.length} and ${planned.runs}`,
      'give three runs of either side, five of the baseline for one of head, or one of each',
    );
  }
  const witness = createWitness(base, base.map(another));
  const sights = changes.map(({ row, change }) =>
    sightOf(row, change, planned, changes.length, resamples, witness.has),
  );
  return {
    policy: { file: policy.file, name: policy.name },
    planned,
    sights,
    sharp: sights.every(
      ({ level, sees, limit }) => level === 'warn' || (sees !== null && sees <= limit * (1 + 1e-9)),
    ),
  };
}

function sightOf(
  row: Row,
  rule: Rule,
  planned: Planned,
  tests: number,
  resamples: number,
  hasWitness: (row: Row) => boolean,
): Sight {
  const [{ metric }] = row.base as [RowPart];
  const runs = row.base
    .map(({ values }) => values.map(({ value }) => value))
    .filter(({ length }) => length > 0);
  const byRun = runs.length > 1 || planned.runs > 1;
  const limit = rule.limit ?? 0;
  const launches = Math.min(...runs.map(({ length }) => length), planned.blocks ?? Infinity);
  const start = { key: row.key, level: rule.level, source: rule.source, limit } as const;
  const blind = (note: string, n = 0): Sight => ({
    ...start,
    ...{ unit: byRun ? 'run' : 'launch', n, sees: null, needed: null, note },
  });
  if (planned.cells !== null && !planned.cells.some((cell) => isOf(cell, row.key))) {
    return blind('the scenario that is planned does not measure it, and a metric that is gone fails');
  }
  if (runs.length === 0) return blind('the baseline has no value of it');
  const itself = changeOf([{ base: runs, head: runs }], metric.better, createBootstrap(seed, resamples));
  const { deviation } = itself;
  if (deviation === null) return blind('its noise is not known: the baseline has too few values, or zeros');
  if (byRun) {
    if (runs.length === 1) return blind('one run in the baseline does not tell how much runs differ');
    const pairs = 2 / (1 / runs.length + 1 / planned.runs);
    return {
      ...start,
      ...{ unit: 'run', n: planned.runs, needed: null, note: null },
      sees: effectOfRuns(pairs, runs.length + planned.runs - 2, deviation) - 1,
    };
  }
  const noise = rule.noise ?? 0;
  const driftBound = isDriftBound({
    row: { ...row, head: row.base.map((part) => ({ ...part, run: another(part.run) })) },
    change: itself,
    refusals: [],
    remarks: [],
    noise: rule.noise,
  });
  const drifts = driftBound && !hasWitness(row);
  const sees = effectOfLaunches(launches, deviation, noise) * (drifts ? publishedDrift.ratio : 1) - 1;
  const needed = sees <= limit || drifts ? null : neededFor(itself, limit, tests, noise);
  if (drifts) {
    const note = `host drift is not known, by which runs of one thing differ by up to ${publishedDrift.ratio.toFixed(2)} times on shared runners: say how much they differ here (\`noise:\`), or give several runs`;
    return { ...start, ...{ unit: 'launch', n: launches, sees }, needed, note };
  }
  return {
    ...start,
    ...{ unit: 'launch', n: launches, sees },
    needed,
    note: driftBound
      ? 'only if the ratio to another runner within the run shows it too, as the noise between runs is not known (`noise:`)'
      : sees > limit && needed === null
        ? 'more launches do not help: runs of one thing differ by more; give several runs of each side'
        : null,
  };
}

function isOf(cell: Pick<RowKey, 'scenario' | 'runner' | 'workload' | 'shape'>, key: RowKey): boolean {
  const names = ['scenario', 'runner', 'workload', 'shape'] as const;
  return names.every((name) => cell[name] === key[name]);
}

/** As the head will be: another run. */
const another = (run: Run): Run => ({ ...run, ref: { ...run.ref, runId: `${run.ref.runId} (head)` } });
