/**
 * What verdicts cost and whether they hold: a comparison of 2 x 1,000 launches x 200 metrics with 10,000
 * resamples against parsing those records, and the simulations of the unit tests at full size.
 */
import { monotonicSeconds } from '../../host/clock.ts';
import { buildRecord, builtMetrics, builtRunners } from '../../bench/record/testing/builder.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { compareRuns } from '../../verdicts/compare.ts';
import { runOf, type Run } from '../../verdicts/runs.ts';
import { simulateChanges, type World } from '../../verdicts/testing/simulation.ts';
import { createRandom } from '../../model/random.ts';
import { minimumBlocks } from '../../bench/statistics/power.ts';
import { interleave, ratioRow, type Bench, type Row } from './row.ts';
import { bySciPy } from './scipy.ts';

const launches = 1000;
const metricCount = 200;

/** Metrics of the comparison with SciPy, which takes too long for all of them. */
const peerMetricCount = 20;

const metricsOf = (count: number): readonly MetricDeclaration[] =>
  Array.from({ length: count }, (_, at) => ({
    ...(builtMetrics[3] as MetricDeclaration),
    id: `app.m${at}`,
    family: 'app',
    unit: 's',
    source: { kind: 'sample' },
  }));

function largeRun(seed: number, count = metricCount): Run {
  const metrics = metricsOf(count);
  const random = createRandom(seed);
  const alter = (trial: RecordedTrial): RecordedTrial => ({
    ...trial,
    ladder: [],
    samples: metrics.map(({ id }) => ({ metric: id, value: Math.exp(0.05 * random.normal()) })),
  });
  const runners = builtRunners.slice(0, 1);
  const record = buildRecord({ seed, blocks: launches, warmup: 0, control: null, runners, metrics, alter });
  return runOf(
    {
      ...record,
      header: { ...record.header, runId: `run-${seed}`, startedAt: new Date(seed * 1e9).toISOString() },
    },
    `run-${seed}`,
  );
}

/** Worlds in which nothing changed, and one in which something did. */
const worlds: readonly (readonly [string, Partial<World>])[] = [
  ['noise 5 %, 30 launches', {}],
  ['drift 3 %', { drift: 0.03 }],
  ['serial correlation 0.4', { serial: 0.4 }],
  ['serial correlation 0.8', { serial: 0.8 }],
  ['runs differ by a known 3 %', { between: 0.03, knownBetween: 0.03 }],
  ['5 runs each, runs differ by 3 %', { between: 0.03, runs: 5 }],
  ['runs differ by 10 %, found with three calibration runs', { between: 0.1, calibrationRuns: 3 }],
  ['five runs of base for one of head, runs differ by 10 %', { between: 0.1, runs: 5, headRuns: 1 }],
  ['5 runs each, drift 10 %', { drift: 0.1, runs: 5 }],
];

const sidesOf = (metric: string, runs: readonly [Run, Run]) =>
  runs.map(({ record }) =>
    record.trials
      .filter(({ block }) => block >= 0)
      .map(({ samples }) => samples.find((sample) => sample.metric === metric)?.value ?? NaN),
  ) as unknown as readonly [readonly number[], readonly number[]];

/** Ours over SciPy's for the same values, in turn; and how far apart the ends of the intervals are. */
async function againstSciPy(say: (line: string) => void): Promise<Row[]> {
  const runs = [largeRun(1, peerMetricCount), largeRun(2, peerMetricCount)] as const;
  const sides = metricsOf(peerMetricCount).map(({ id }) => sidesOf(id, runs));
  const first = await bySciPy(sides);
  if (first === null) {
    say('no SciPy: `python3 -m pip install scipy` for the comparison with it');
    return [];
  }
  say(`comparing ${peerMetricCount} metrics in turn with ${first.version}`);
  const report = compareRuns([runs[0]], [runs[1]], { noise: 0 });
  const apart = report.rows.map(({ interval }, at) => {
    const [low, high] = first.intervals[at] ?? [NaN, NaN];
    return interval === null
      ? NaN
      : Math.max(Math.abs(interval.low / low - 1), Math.abs(interval.high / high - 1));
  });
  const rounds = await interleave(
    3,
    () => {
      const start = monotonicSeconds();
      compareRuns([runs[0]], [runs[1]]);
      return Promise.resolve(monotonicSeconds() - start);
    },
    async () => (await bySciPy(sides))?.seconds ?? NaN,
  );
  return [
    ratioRow(
      `compare, ${peerMetricCount} metrics x 2 x 1,000 launches: seconds over ${first.version}`,
      rounds,
      2,
    ),
    {
      what: 'ends of the 95 % intervals against SciPy, largest distance',
      value: `${(100 * Math.max(...apart)).toFixed(2)} % of the ratio`,
      n: apart.length,
      goal: 'printed',
      met: null,
    },
  ];
}

export const verdicts: Bench = async (say) => {
  say('comparing 2 x 1,000 launches x 200 metrics');
  const [base, head] = [largeRun(1), largeRun(2)];
  const text = JSON.stringify([base.record, head.record]);
  let start = monotonicSeconds();
  JSON.parse(text);
  const parsing = monotonicSeconds() - start;
  start = monotonicSeconds();
  const report = compareRuns([base], [head]);
  const wall = monotonicSeconds() - start;
  const rows: Row[] = [
    {
      what: `compare, ${report.rows.length} rows, 10,000 resamples`,
      value: `${wall.toFixed(1)} s (${((1000 * wall) / report.rows.length).toFixed(0)} ms a row), ${(wall / parsing).toFixed(1)} x JSON.parse of the ${(text.length / 2 ** 20).toFixed(0)} MiB; ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB resident`,
      n: 1,
      goal: 'printed',
      met: null,
    },
  ];
  rows.push(...(await againstSciPy(say)));
  for (const [what, world] of worlds) {
    say(`simulating: ${what}`);
    const comparisons = 4000;
    const { verdicts: shares, coverage } = simulateChanges(world, comparisons, 11, 2000);
    const alarms = (shares.regression ?? 0) + (shares.improvement ?? 0);
    rows.push({
      what: `false alarms: ${what}`,
      value: `${(100 * alarms).toFixed(2)} %, coverage ${(100 * coverage).toFixed(1)} %`,
      n: comparisons,
      goal: '<= 5 %',
      met: alarms <= 0.05,
    });
  }
  for (const launches of [6, 10, 15, 20, 30, 50, 100]) {
    say(`simulating: ${launches} launches`);
    rows.push(...atLaunches(launches));
  }
  return rows;
};

/** Correlations of a launch with the one before. */
const correlations = [0, 0.2, 0.4, 0.6, 0.8];

/**
 * What so many launches a side at 5 % of noise say of nothing, and of changes, by correlation. Significance alone
 * (p < 0.05): a verdict is harder to reach by its threshold, and below ten launches there is none.
 */
function atLaunches(launches: number): Row[] {
  const significant = (effect: number, comparisons: number): readonly number[] =>
    correlations.map(
      (serial) => simulateChanges({ launches, serial, effect }, comparisons, 11, 2000).significant,
    );
  const row = (
    what: string,
    effect: number,
    n: number,
    goal: string,
    meets: (share: number) => boolean,
  ): Row => {
    const shares = significant(effect, n);
    const value = shares.map((share, at) => `r ${correlations[at] ?? 0}: ${(100 * share).toFixed(1)} %`);
    return {
      what: `${launches} launches: ${what}`,
      value: value.join('  '),
      n,
      goal,
      met: goal === 'printed' ? null : shares.every(meets),
    };
  };
  const judged = launches >= minimumBlocks;
  return [
    row('no change, called one', 1, 4000, '<= 5 %', (share) => share <= 0.05),
    row('+10 % found', 1.1, 1000, 'printed', () => true),
    row('2x found', 2, 1000, judged ? '>= 99 %' : 'printed', (share) => share >= 0.99),
    row('6x found', 6, 1000, judged ? '100 %' : 'printed', (share) => share === 1),
  ];
}
