/**
 * Requests from outside to a service inside: how many per second it takes at most (closed loop), and how long
 * they take when asked for by a schedule (open loop), at shares of this instance's own capacity and at rates
 * that are the same for every runner. The clients' generator is bench/load; this says what it is asked to do.
 */
import { z } from 'zod';
import type { Protocol } from '../load/protocols.ts';
import type { MetricDeclaration, MetricSource } from '../../model/metric.ts';
import type { Unit } from '../../model/quantities.ts';
import { seconds, size } from '../../model/quantity-options.ts';
import type { LoadPoint, LoadWorkload } from './workload.ts';

const shared = {
  connections: z.int().min(1).max(256).default(8).describe('Connections of the client, kept open.'),
  warmup: seconds('1s').describe('Closed loop before anything is counted.'),
  capacity: seconds('2s').describe('Closed loop that counts what the service takes at most.'),
  duration: seconds('5s').describe('Open loop at each load.'),
  at: z
    .array(z.int().min(1).max(100))
    .max(9)
    .default([30, 50, 70, 90])
    .describe("Loads in percent of this instance's own capacity."),
  rates: z
    .array(z.number().min(1).max(1_000_000))
    .max(9)
    .default([500, 2000])
    .describe('Loads in requests per second, the same for every runner.'),
  arrivals: z
    .enum(['uniform', 'poisson'])
    .default('uniform')
    .describe('Equal gaps between requests, or independent arrivals.'),
  failures: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe('Share of requests that may be lost or answered by an error before the launch has failed.'),
};

const redisOptions = z.strictObject({
  ...shared,
  keys: z.int().min(1).max(1_000_000).default(1000),
  value: size.prefault('64B').describe('Size of each value.'),
  writes: z.number().min(0).max(1).default(0.1).describe('Share of requests that write (SET).'),
});
const nginxOptions = z.strictObject({
  ...shared,
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, 'a path, e.g. "/"')
    .default('/'),
});
type RedisOptions = z.infer<typeof redisOptions>;
type NginxOptions = z.infer<typeof nginxOptions>;
type SharedOptions = Pick<RedisOptions, keyof typeof shared>;

/** The loads of a launch, in the order they are given. */
export function pointsOf({ at, rates }: Pick<SharedOptions, 'at' | 'rates'>): LoadPoint[] {
  return [
    ...at.map((percent): LoadPoint => ({ id: `${percent}`, of: { kind: 'share', share: percent / 100 } })),
    ...rates.map((rate): LoadPoint => ({ id: `${rate}/s`, of: { kind: 'rate', rate } })),
  ];
}

function declare(
  id: string,
  title: string,
  unit: Unit,
  definition: string,
  source: MetricSource,
  better: 'lower' | 'higher' = 'lower',
): MetricDeclaration {
  const rest = { threshold: source.kind === 'quantile' && source.q > 0.9 ? 0.1 : 0.05, needsRealCpu: true };
  return { id, family: 'network', title, unit, better, source, definition, ...rest };
}

const sample: MetricSource = { kind: 'sample' };
const cpuDefinition =
  'CPU seconds of the instance’s cgroup (VMM and helpers included) over the phase, by its complete replies.';

function metricsOf(options: Pick<SharedOptions, 'at' | 'rates'>): MetricDeclaration[] {
  const ofPoint = ({ id, of }: LoadPoint): MetricDeclaration[] => {
    const load = of.kind === 'share' ? `${id} % of capacity` : `${of.rate} requests/s`;
    const latency = `network.latency-at-${id}`;
    const each = 'From the instant a request was due (not sent) to its whole reply, read by the client.';
    const quantile = (q: number): MetricSource => ({ kind: 'quantile', of: latency, q });
    const cpu = `network.cpu-at-${id}`;
    return [
      declare(latency, `Latency at ${load}`, 's', each, { kind: 'distribution' }),
      declare(`network.p50-at-${id}`, `Median latency at ${load}`, 's', each, quantile(0.5)),
      declare(`network.p99-at-${id}`, `p99 latency at ${load}`, 's', each, quantile(0.99)),
      ...(of.kind === 'share'
        ? []
        : [declare(cpu, `CPU per request at ${load}`, 's/op', cpuDefinition, sample)]),
    ];
  };
  return [
    declare(
      'network.capacity',
      'Requests per second at most',
      '1/s',
      'Replies per second with one request under way per connection, the next on each reply. Says nothing of latency.',
      sample,
      'higher',
    ),
    declare('network.cpu-per-request', 'CPU per request at capacity', 's/op', cpuDefinition, sample),
    ...pointsOf(options).flatMap(ofPoint),
  ];
}

function estimate({ warmup, capacity, duration, at, rates }: SharedOptions): number {
  return 1 + warmup + capacity + (duration + 0.2) * (at.length + rates.length);
}

function workload<Options extends SharedOptions>(
  service: string,
  options: z.ZodType<Options>,
  metrics: readonly MetricDeclaration[],
  protocol: (options: Options) => Protocol,
): LoadWorkload<Options> {
  return {
    kind: 'load',
    id: `network-${service}`,
    family: 'network',
    title: `Requests to ${service} from outside`,
    service,
    reachable: true,
    programs: [],
    options,
    metrics,
    metricsFor: metricsOf,
    estimateSeconds: estimate,
    load: (given) => ({
      protocol: protocol(given),
      connections: given.connections,
      warmupSeconds: given.warmup,
      capacitySeconds: given.capacity,
      durationSeconds: given.duration,
      points: pointsOf(given),
      pattern: given.arrivals,
      failures: given.failures,
    }),
  };
}

const defaults = metricsOf({ at: [30, 50, 70, 90], rates: [500, 2000] });

export const networkRedis: LoadWorkload<RedisOptions> = workload(
  'redis',
  redisOptions,
  defaults,
  ({ keys, value, writes }) => ({ kind: 'redis', keys, valueBytes: value, writes }),
);

export const networkNginx: LoadWorkload<NginxOptions> = workload(
  'nginx',
  nginxOptions,
  defaults,
  ({ path }) => ({ kind: 'http', path }),
);

/** The same requests to whatever serves HTTP: an image's own program, or tare's nginx. */
export const networkHttp: LoadWorkload<NginxOptions> = {
  ...networkNginx,
  id: 'network-http',
  title: 'HTTP requests from outside',
};
