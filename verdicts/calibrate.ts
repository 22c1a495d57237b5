/**
 * How much does nothing at all change? (`tare calibrate`) Runs of one thing measured against themselves: the
 * noise within and between runs, how often they would raise a false alarm, what they could see, and limits
 * for a policy that follow from it.
 */
import { createRandom } from '../model/random.ts';
import type { Refusal } from '../model/analysis.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { median, standardDeviation } from '../model/descriptive.ts';
import { normalQuantile, studentQuantile } from '../bench/statistics/distributions.ts';
import { UserError } from '../model/errors.ts';
import { minimumBlocks } from '../bench/statistics/power.ts';
import { conditionRefusals, verdictOf } from './drafts.ts';
import type { RowKey, RunRef } from './model.ts';
import { changeOf, verdictFreedom } from './numbers.ts';
import { effectOfLaunches } from '../bench/statistics/planning.ts';
import { isAbout, parsePolicy, type Policy } from './policy.ts';
import { proveGate } from './prove.ts';
import { nameOf, rowsOf, type Row } from './rows.ts';
import { orderedRuns, type Run } from './runs.ts';
import { cellRefusals, differingHosts, metricRefusals } from './comparable.ts';

/** What is known of one metric of one cell when nothing changes. */
export interface Noise {
  readonly key: RowKey;
  readonly metric: MetricDeclaration;
  readonly runs: number;
  /** Launches of the smallest run. */
  readonly launches: number;
  readonly median: number | null;
  /** Standard deviation of the log values within runs, serial correlation included. */
  readonly within: number | null;
  /** Standard deviation of the log medians between runs beyond what `within` explains; null with one run. */
  readonly between: number | null;
  /** The same, as much larger as so few runs may have missed: what a policy is given; null with one run. */
  readonly cautious: number | null;
  /** Share of comparisons of the thing with itself that raised an alarm at the metric's own threshold. */
  readonly falseAlarms: number | null;
  readonly comparisons: number;
  /** Smallest growth (0.04 for 4 %) shown in 80 % of comparisons of one run of so many launches with another. */
  readonly detectable: number | null;
  /** Limit for a policy: the least that a gate of all these limits is proven to fail at; null: there is none. */
  readonly limit: number | null;
  /** Why it cannot be gated on this host, whatever the noise; null: it can. */
  readonly refusal: Refusal | null;
}

export interface Calibration {
  readonly runs: readonly RunRef[];
  readonly rows: readonly Noise[];
  /** Blocks that ran, those of them that were voided, and the rules that voided them. */
  readonly blocks: { readonly ran: number; readonly voided: number; readonly rules: readonly string[] };
}

/** Splits of one run's launches into two halves, for its false alarms. */
const splits = 200;
const seed = 5;

/** Limits that people write. */
const limits = [0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10];

/**
 * Reads the noise of runs of one and the same thing. The limits are those of one policy: the more of them there
 * are, the more each must show, so they are raised until `tare gate --prove` would prove every one.
 * @throws UserError for runs of different hosts or different work
 */
export function calibrate(given: readonly Run[], resamples = 1000): Calibration {
  const runs = orderedRuns(given);
  const hosts = new Set(runs.map(({ ref }) => ref.host.hash));
  if (hosts.size > 1) {
    const [first] = hosts;
    const side = (isFirst: boolean) => runs.filter(({ ref }) => (ref.host.hash === first) === isFirst);
    throw new UserError(
      `noise belongs to one host: ${differingHosts(side(true), side(false)).join('; ')}`,
      'calibrate each host with its own runs',
    );
  }
  const rows = rowsOf(runs, [], { values: true, references: [] }).filter((row) =>
    row.base.some(({ values }) => values.length > 0),
  );
  const unlike = rows.flatMap(({ base }) => {
    const cells = base.map(({ run, cell }) => ({ run, cell }));
    const metrics = base.map(({ metric }) => metric);
    return [
      ...cellRefusals(cells, []),
      ...metrics.slice(0, 1).flatMap((one) => metricRefusals(cells, [], one)),
    ];
  })[0];
  if (unlike !== undefined) {
    throw new UserError(
      `these are not runs of one thing: ${unlike.message}`,
      'calibrate from repeated runs of one scenario',
    );
  }
  const told = {
    runs: runs.map(({ ref }) => ref),
    rows: rows.map((row) => noiseOf(row, resamples)),
    blocks: blocksOf(runs),
  };
  // As they will be judged: each run counting as one where so many make a baseline, else run against run.
  const baseline = runs.length > verdictFreedom ? runs : runs.slice(-1);
  return provenLimits(told, baseline, resamples);
}

/** Raises each limit that cannot be proven to the next, until all that are left can. */
function provenLimits(calibration: Calibration, baseline: readonly Run[], resamples: number): Calibration {
  if (calibration.rows.every(({ limit }) => limit === null)) return calibration;
  const policy = parsePolicy(policyFrom(calibration, 'calibrated'), 'calibrated');
  const unproven = new Set(
    proveGate(policy, baseline, resamples)
      .proofs.filter(({ unchanged, injected }) => unchanged !== 'pass' || injected !== 'fail')
      .map(({ key }) => nameOf(key)),
  );
  if (unproven.size === 0) return calibration;
  const rows = calibration.rows.map((row) =>
    row.limit !== null && unproven.has(nameOf(row.key))
      ? { ...row, limit: limits.find((limit) => limit > (row.limit ?? 0)) ?? null }
      : row,
  );
  return provenLimits({ ...calibration, rows }, baseline, resamples);
}

function noiseOf(row: Row, resamples: number): Noise {
  const runs = row.base
    .map(({ values }) => values.map(({ value }) => value))
    .filter(({ length }) => length > 0);
  const [{ metric }] = row.base as [Row['base'][number]];
  const launches = Math.min(...runs.map(({ length }) => length));
  const bootstrap = createBootstrap(seed, resamples);
  const whole = runs[0] ?? [];
  const itself = changeOf([{ base: [whole], head: [whole] }], metric.better, bootstrap);
  const within = itself.deviation === null ? null : itself.deviation / Math.SQRT2;
  const { between, cautious } = betweenOf(runs, within);
  const detectable =
    itself.deviation === null || launches < minimumBlocks
      ? null
      : effectOfLaunches(launches, itself.deviation, cautious ?? 0) - 1;
  const refusal = conditionRefusals({ ...row, head: row.base })[0] ?? null;
  const alarms = alarmsOf(runs, metric, bootstrap);
  return {
    key: row.key,
    metric,
    runs: runs.length,
    launches,
    median: median(runs.flatMap((values) => median(values) ?? [])),
    within,
    between,
    cautious,
    falseAlarms: alarms.comparisons === 0 ? null : alarms.raised / alarms.comparisons,
    comparisons: alarms.comparisons,
    detectable,
    refusal,
    limit:
      detectable === null || refusal !== null
        ? null
        : (limits.find((limit) => limit >= Math.max(metric.threshold, detectable) * (1 - 1e-9)) ?? null),
  };
}

/**
 * What the runs' medians differ by beyond the noise of a median, sqrt(pi / 2) that of a mean. `cautious` is
 * widened by Student's t over the normal quantile, so that a normal interval made with it covers as often as
 * it says although the noise was measured with few runs: 2.2 times with three, 1.4 times with five.
 */
export function betweenOf(
  runs: readonly (readonly number[])[],
  within: number | null,
): { readonly between: number | null; readonly cautious: number | null } {
  const logs = runs.map((values) => Math.log(median(values) ?? 0));
  if (logs.length < 2 || !logs.every(Number.isFinite)) return { between: null, cautious: null };
  const seen = standardDeviation(logs) ?? 0;
  const mean = runs.reduce((sum, values) => sum + 1 / values.length, 0) / runs.length;
  const explained = within === null ? 0 : (Math.PI / 2) * within ** 2 * mean;
  const wider = studentQuantile(0.975, logs.length - 1) / normalQuantile(0.975);
  const beyond = (spread: number) => Math.sqrt(Math.max(0, spread ** 2 - explained));
  return { between: beyond(seen), cautious: beyond(wider * seen) };
}

/**
 * Alarms of the thing against itself, at the metric's own threshold: each two runs against each other, or,
 * of a single run, its launches dealt at random into two halves.
 */
function alarmsOf(
  runs: readonly (readonly number[])[],
  metric: MetricDeclaration,
  bootstrap: ReturnType<typeof createBootstrap>,
): { raised: number; comparisons: number } {
  const pairs: (readonly [readonly number[], readonly number[]])[] = [];
  if (runs.length > 1) {
    runs.forEach((first, at) => pairs.push(...runs.slice(at + 1).map((second) => [first, second] as const)));
  } else {
    const random = createRandom(seed);
    const values = runs[0] ?? [];
    const half = Math.floor(values.length / 2);
    for (let split = 0; split < splits && half >= minimumBlocks; split += 1) {
      const dealt = [...values];
      for (let at = dealt.length - 1; at > 0; at -= 1) {
        const other = random.integer(at + 1);
        [dealt[at], dealt[other]] = [dealt[other] ?? 0, dealt[at] ?? 0];
      }
      pairs.push([dealt.slice(0, half), dealt.slice(half, 2 * half)]);
    }
  }
  let raised = 0;
  let comparisons = 0;
  for (const [base, head] of pairs) {
    const change = changeOf([{ base: [base], head: [head] }], metric.better, bootstrap);
    if (change.p === null || change.n < minimumBlocks) continue;
    comparisons += 1;
    const middles = [median(base), median(head)] as const;
    const verdict = verdictOf(change, metric.threshold, change.p, middles, metric.better);
    if (verdict === 'regression' || verdict === 'improvement') raised += 1;
  }
  return { raised, comparisons };
}

function blocksOf(runs: readonly Run[]): Calibration['blocks'] {
  const voided = runs.flatMap(({ record }) => record.voided);
  const ran = runs.map(
    ({ record }) => new Set(record.trials.map(({ block }) => block).filter((block) => block >= 0)),
  );
  return {
    ran: ran.reduce((sum, { size }) => sum + size, 0),
    voided: voided.length,
    rules: [...new Set(voided.map(({ rule }) => rule))],
  };
}

/**
 * A policy whose limits follow from the noise: one rule for each metric and runner that has enough launches,
 * with the noise between runs where several runs told it.
 */
export function policyFrom({ runs, rows, blocks }: Calibration, name: string): string {
  const quoted = (text: string) => JSON.stringify(text);
  const usable = rows.filter(({ limit }) => limit !== null);
  const percent = (share: number) => `${Number((100 * share).toFixed(2))}%`;
  const lines = [
    '# Limits from measured noise, by `tare calibrate`. Edit them; what a rule asks is in `tare gate --help`.',
    ...runs.map(
      ({ runId, startedAt, host }) =>
        `# ${oneLine(`${runId}, ${startedAt}, host ${host.name} (${host.hash.slice(0, 12)})`)}`,
    ),
    `name: ${quoted(name)}`,
    'rules:',
  ];
  for (const { key, limit, between, cautious, within, launches, detectable } of usable) {
    const seen = `${launches} launches see +${percent(detectable ?? 0)}; noise ${percent(within ?? 0)} within runs${between === null ? '' : `, ${percent(between)} between ${runs.length} runs`}`;
    lines.push(
      `  - metric: ${quoted(key.metric)} # ${seen}`,
      `    workload: ${quoted(key.workload)}`,
      `    shape: ${quoted(key.shape)}`,
      `    runner: ${quoted(key.runner)}`,
      `    limit: ${percent(limit ?? 0)}`,
      ...(cautious === null
        ? []
        : [`    noise: ${percent(cautious)} # as much as ${runs.length} runs may have missed`]),
    );
  }
  if (usable.length > 0) return `${lines.join('\n')}\n`;
  if (blocks.voided > 0 && blocks.voided * 2 >= blocks.ran) {
    throw new UserError(
      `no metric can be gated from these runs: ${blocks.voided} of ${blocks.ran} blocks were voided (${blocks.rules.join(', ')})`,
      'the host was busy with other work: stop that and calibrate again; more blocks do not help (docs/glossary.md#voided)',
    );
  }
  const least = Math.min(...rows.map(({ launches }) => launches));
  throw new UserError(
    `no metric can be gated from these runs: ${rows.length === 0 ? 'no launch counts' : `the smallest has ${least} launches, and it takes ${minimumBlocks}`}`,
    'measure more blocks (`--blocks 30`), or look in `tare report` for why launches do not count',
  );
}

const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');

/** The noise of a row: standard deviation between runs, as a fraction; null where it is not known. */
export type NoiseOf = (row: Row) => number | null;

/** As the rules of a policy say, later ones over earlier ones. */
export function noiseOfPolicy({ rules }: Policy): NoiseOf {
  return ({ key }) => rules.findLast((rule) => rule.noise !== null && isAbout(rule, key))?.noise ?? null;
}

/** From earlier runs of the same cells on the same host: as much as so few of them may have missed, as in `tare calibrate`. */
export function noiseOfRuns(runs: readonly Run[]): NoiseOf {
  const known = new Map<string, number>();
  for (const row of rowsOf(orderedRuns(runs), [], { values: true, references: [] })) {
    for (const [host, values] of byHost(row)) {
      const within = standardDeviation(values.flatMap(about));
      const { cautious } = betweenOf(values, within);
      if (cautious !== null) known.set(`${host} ${nameOf(row.key)}`, cautious);
    }
  }
  return ({ key, base }) => known.get(`${base[0]?.run.ref.host.hash ?? ''} ${nameOf(key)}`) ?? null;
}

function byHost({ base }: Row): ReadonlyMap<string, readonly (readonly number[])[]> {
  const found = new Map<string, (readonly number[])[]>();
  for (const { run, values } of base) {
    if (values.length === 0) continue;
    const { hash } = run.ref.host;
    found.set(hash, [...(found.get(hash) ?? []), values.map(({ value }) => value)]);
  }
  return found;
}

/** Logs about their median; none of values that have no log. */
function about(values: readonly number[]): number[] {
  const logs = values.map(Math.log);
  const centre = median(logs) ?? 0;
  return logs.every(Number.isFinite) ? logs.map((value) => value - centre) : [];
}
