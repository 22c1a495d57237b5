/** What becomes of a launch's loads: samples, distributions, what is taken out by rule, and what fails it. */
import { expect, test } from 'vitest';
import { TrialFailure } from '../../runners/runner.ts';
import type { LoadPhase } from '../../model/observation.ts';
import { networkRedis, pointsOf } from '../workloads/network.ts';
import type { LoadGenerator, LoadRequest, LoadResult } from '../load/load.ts';
import { fakeSite } from './testing/site.ts';
import { giveLoads, judgeCapacity, judgeLag, requireService } from './load-phases.ts';

const good: LoadResult = {
  seconds: 2,
  sent: 1000,
  answered: 1000,
  errors: 0,
  lost: 0,
  unanswered: 0,
  problem: null,
  latency: [[0.001, 1000]],
  lag: [[0.00005, 1000]],
  notice: [[0.00002, 1000]],
  cpuSeconds: 1,
  wallSeconds: 2,
};

/** A session whose generator answers by a script, and what it asked and gathered. */
function scripted(script: (request: LoadRequest) => Partial<LoadResult>) {
  const asked: LoadRequest[] = [];
  const places: unknown[] = [];
  let closed = 0;
  let cpu = 0;
  const generator: LoadGenerator = {
    pid: 1,
    run: (request) => {
      asked.push(request);
      cpu += 0.5;
      return Promise.resolve({ ...good, ...script(request) });
    },
    cpuSeconds: () => 0,
    close: () => Promise.resolve(void (closed += 1)),
  };
  const gathered = { marks: [], outputs: [], samples: [], observations: [] };
  const session = {
    trial: {
      planned: { block: 3 },
      cell: { shape: { cpus: 1 }, workload: { service: { port: 80 } } },
      tools: {
        now: () => 0,
        // Each request takes a second of two CPUs, of which a tenth is withheld.
        site: fakeSite({
          counters: () => ({
            at: cpu * 2,
            totalSeconds: cpu * 4,
            busySeconds: cpu,
            stolenSeconds: cpu * 0.4,
            load1: 0,
            pressureSeconds: null,
            frequencyMHz: null,
          }),
        }),
        startLoad: (place: unknown) => {
          places.push(place);
          return Promise.resolve(generator);
        },
      },
    },
    instance: {
      ended: () => null,
      endpoint: (port: number) => ({ address: '10.0.0.2', port, enter: ['nsenter', '--'] }),
    },
    account: { read: () => ({ cpuSeconds: cpu }) },
    signal: new AbortController().signal,
    gathered,
  } as unknown as Parameters<typeof giveLoads>[0];
  return { session, asked, places, closed: () => closed };
}

const plan = networkRedis.load(networkRedis.options.parse({ at: [50], rates: [100] }));
const phases = ({ gathered }: Parameters<typeof giveLoads>[0]) =>
  gathered.observations.filter((each): each is LoadPhase => each.kind === 'load-phase');

test('capacity decides the rate of the shares; equal rates are as asked; all from another CPU', async () => {
  const { session, asked, places, closed } = scripted(() => ({}));
  await giveLoads(session, plan);
  expect(asked.map(({ mode }) => mode.kind)).toEqual(['fill', 'closed', 'closed', 'open', 'open']);
  expect(asked.flatMap(({ mode }) => (mode.kind === 'open' ? [mode.rate] : []))).toEqual([250, 100]);
  expect(asked.every(({ address, port }) => address === '10.0.0.2' && port === 80)).toBe(true);
  expect(places).toEqual([{ enter: ['nsenter', '--'], cpus: '0' }]);
  expect(closed()).toBe(1);
  expect(session.gathered.samples).toEqual([
    { metric: 'network.capacity', value: 500 },
    { metric: 'network.cpu-per-request', value: 0.0005 },
    { metric: 'network.cpu-at-100/s', value: 0.0005 },
  ]);
  const distributions = session.gathered.observations.filter(({ kind }) => kind === 'distribution');
  expect(distributions).toMatchObject([
    { metric: 'network.latency-at-50' },
    { metric: 'network.latency-at-100/s' },
  ]);
});

test('a lagging generator costs its load: no distribution, the reason and the latencies in the record', async () => {
  const { session } = scripted(({ mode }) =>
    mode.kind === 'open' && mode.rate === 250 ? { lag: [[0.0002, 1000]] } : {},
  );
  await giveLoads(session, plan);
  const distributions = session.gathered.observations.filter(({ kind }) => kind === 'distribution');
  expect(distributions).toMatchObject([{ metric: 'network.latency-at-100/s' }]);
  const [capacity, half, rate] = phases(session);
  expect([capacity?.discarded, rate?.discarded]).toEqual([null, null]);
  expect(half?.discarded).toMatch(
    /lagged: p99 of its lag 200 µs, more than 10 % of .* 1.00 ms; 10 % of .*steal/,
  );
  expect(half?.stealShare).toBeCloseTo(0.1, 6);
  expect(half?.unused).toEqual([[0.001, 1000]]);
});

test('a generator at its own limit shows no capacity, a busy server does', () => {
  const result = { ...good, cpuSeconds: 1.9 };
  expect(judgeCapacity({ result, cpuSeconds: 0.8, stealShare: 0 })).toMatch(/generator was the limit/);
  expect(judgeCapacity({ result, cpuSeconds: 1.9, stealShare: 0 })).toBeNull();
  expect(judgeCapacity({ result, cpuSeconds: null, stealShare: 0 })).toMatch(/unknown/);
  expect(judgeCapacity({ result: good, cpuSeconds: 0.1, stealShare: 0 })).toBeNull();
  expect(judgeLag(good)).toBeNull();
  expect(judgeLag({ ...good, latency: [] })).toMatch(/unknown/);
  expect(judgeLag({ ...good, latency: [] }, 0.005)).not.toMatch(/steal/);
  expect(judgeLag({ ...good, latency: [] }, 0.08)).toMatch(/8 % of this host's CPU time was withheld/);
});

test('failures beyond the declared share fail the launch, each as what it is', () => {
  const fails = (change: Partial<LoadResult>) => {
    try {
      requireService({ ...good, ...change }, null, '50', 0.001);
      return null;
    } catch (error) {
      return error instanceof TrialFailure ? error.facts : error;
    }
  };
  expect(fails({ lost: 1, errors: 1 })).toBeNull();
  expect(fails({ lost: 2, problem: 'reset' })).toMatchObject({
    reason: 'crash',
    message: 'load 50: requests lost: 2 of 1000 (0.2 %): reset',
  });
  expect(fails({ errors: 2 })).toMatchObject({ reason: 'bad-output' });
  expect(fails({ answered: 0, unanswered: 1000 })).toMatchObject({ reason: 'hang' });
  const oom = { reason: 'oom', message: 'met its memory cap', detail: '' } as const;
  expect(() => requireService(good, oom, '50', 0.001)).toThrow('met its memory cap');
});

test('metrics follow the loads asked for', () => {
  const options = networkRedis.options.parse({ at: [10], rates: [5] });
  expect(pointsOf(options).map(({ id }) => id)).toEqual(['10', '5/s']);
  const declared = networkRedis.metricsFor?.(options) ?? [];
  expect(declared.map(({ id }) => id)).toEqual([
    ...['network.capacity', 'network.cpu-per-request'],
    ...['network.latency-at-10', 'network.p50-at-10', 'network.p99-at-10'],
    ...['network.latency-at-5/s', 'network.p50-at-5/s', 'network.p99-at-5/s', 'network.cpu-at-5/s'],
  ]);
  expect(declared.find(({ id }) => id === 'network.p99-at-10')?.source).toEqual({
    kind: 'quantile',
    of: 'network.latency-at-10',
    q: 0.99,
  });
});
