/** Loads discarded in too many launches get no verdict. */
import { expect, test } from 'vitest';
import { analyse } from '../analyse.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { LoadPhase } from '../../model/observation.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { builtMetrics, buildRecord } from '../record/testing/builder.ts';
import { realRunners, ruled } from './testing/lookup.ts';

const metric: MetricDeclaration = {
  id: 'network.p50-at-30',
  family: 'network',
  title: 'Median latency at 30 % of capacity',
  unit: 's',
  better: 'lower',
  source: { kind: 'sample' },
  definition: 'From the intended start to the whole reply.',
  threshold: 0.05,
  needsRealCpu: true,
};
const phase: LoadPhase = {
  kind: 'load-phase',
  ...{ point: '30', rate: 100, seconds: 1, sent: 100, answered: 100, errors: 0, lost: 0, unanswered: 0 },
  ...{ medianSeconds: 0.001, lagP99Seconds: 0.001, noticeP99Seconds: 0, generatorCores: 1 },
  ...{ generatorCpus: '0', instanceCores: 0.5, stealShare: 0, discarded: null, unused: [] },
};

/** Every `every`th launch of the namespace has its load discarded; the others have a value. */
const discarding =
  (every: number, stealShare: number) =>
  (trial: RecordedTrial): RecordedTrial => {
    const out = trial.cell.startsWith('namespace') && trial.block % every === 0;
    const samples = out ? [] : [{ metric: metric.id, value: 0.001 * (1 + trial.block / 1000) }];
    return {
      ...trial,
      samples,
      observations: [{ ...phase, stealShare, discarded: out ? 'the generator lagged' : null }],
    };
  };

const refusals = (every: number) => {
  const record = buildRecord({
    runners: realRunners,
    metrics: [...builtMetrics, metric],
    blocks: 20,
    alter: discarding(every, 0),
  });
  const found = analyse(record, { resamples: 200 }).comparisons.filter(
    (each) => each.metric === metric.id && each.kind === 'runners',
  );
  const name = (cell: string) => cell.split('/')[0] ?? '';
  return new Map(
    found.map(({ subject, reference, refusals: list }) => [
      `${name(subject)}/${name(reference)}`,
      ruled(list),
    ]),
  );
};

test('the remedy names stolen time where that alone makes a generator late', () => {
  const remedyAt = (stealShare: number) => {
    const record = buildRecord({
      runners: realRunners,
      metrics: [...builtMetrics, metric],
      blocks: 20,
      alter: discarding(2, stealShare),
    });
    return analyse(record, { resamples: 200 })
      .comparisons.flatMap((each) => each.refusals)
      .find(({ rule }) => rule === 'C22')?.remedy;
  };
  expect(remedyAt(0.005)).toContain('CPU of its own');
  expect(remedyAt(0.03)).toContain('withheld');
});

test('half discarded: C22 for pairs with that side, and only for them', () => {
  const found = refusals(2);
  expect(found.get('namespace/process')).toContain('C22');
  expect(found.get('vm/process')).not.toContain('C22');
});

test('one in ten discarded is tolerable', () => {
  expect(refusals(10).get('namespace/process')).not.toContain('C22');
});
