/**
 * Memory while the service works: one instance weighed idle, under load and after it, and ladders of
 * instances that each hold their load. What an empty instance weighs is the tare (idle.ts, ladder.ts);
 * this is the tare with its goods, which is what a host has to carry.
 */
import { capital } from '../../model/units.ts';
import { z } from 'zod';
import type { LadderQuantity, MetricDeclaration } from '../../model/metric.ts';
import { seconds, size } from '../../model/quantity-options.ts';
import { countsUpTo } from './ladder.ts';
import { nginxLoad, redisLoad, type ServiceLoad } from './service-load.ts';
import { services } from './services.ts';
import type { LadderWorkload, WeighWorkload } from './workload.ts';

const clients = z.int().min(1).max(200).default(20).describe('Connections kept busy from inside.');
const redisOptions = {
  keys: z.int().min(1).max(10_000_000).default(5_000).describe('Keys stored before it is weighed.'),
  value: size
    .refine((bytes) => bytes >= 1 && bytes <= 2 ** 20, 'must be between 1B and 1MiB')
    .prefault('4KiB')
    .describe('Bytes of each value.'),
  clients,
};
const weighOptions = {
  settle: seconds('1s').describe('Left alone before it is weighed idle, and after the load.'),
  duration: seconds('4s').describe('How long the clients work; it is weighed half-way.'),
};
const ladderOptions = {
  instances: z.int().min(2).max(1000).default(10).describe('Instances running at the top of the ladder.'),
  step: z.int().min(1).default(1).describe('Instances added between two readings.'),
  settle: seconds('1s').describe('Left alone before each reading.'),
  duration: seconds('2s').describe('How long each instance is asked by clients before it is left alone.'),
};

const redisWeigh = z.strictObject({ ...redisOptions, ...weighOptions });
const nginxWeigh = z.strictObject({ clients, ...weighOptions });
const redisLadder = z.strictObject({ ...redisOptions, ...ladderOptions });
const nginxLadder = z.strictObject({ clients, ...ladderOptions });

const portOf = (name: string) => services[name]?.port ?? 0;
const redis = ({ keys, value, clients }: Omit<z.infer<typeof redisWeigh>, 'settle' | 'duration'>) =>
  redisLoad({ port: portOf('redis'), keys, valueBytes: value, clients });
const nginx = (options: { readonly clients: number }) =>
  nginxLoad({ port: portOf('nginx'), clients: options.clients });

function level(id: string, title: string, definition: string): MetricDeclaration {
  return {
    id,
    family: 'memory',
    title,
    unit: 'B',
    better: 'lower',
    source: { kind: 'sample' },
    definition,
    threshold: 0.03,
    needsRealCpu: false,
  };
}

const group =
  'anonymous, kernel and shared memory of the instance’s cgroup, hypervisor included, an emulator’s translated code apart';
const half = 'half-way through the load, its clients inside included';
const levels: readonly MetricDeclaration[] = [
  level('memory.loaded-held', 'Memory under load', `${capital(group)}; read ${half}.`),
  level(
    'memory.loaded-pss',
    'Proportional set size under load',
    `Sum of PSS over every process of the instance on the host, hypervisor included, an emulator’s translated code apart; read ${half}.`,
  ),
  level(
    'memory.loaded-working-set',
    'Working set under load',
    `All memory charged to the cgroup without inactive page cache, as orchestrators count it, and without an emulator’s translated code; read ${half}.`,
  ),
  level(
    'memory.after-held',
    'Memory after load',
    `${capital(group)}; read when the clients have ended and it was left alone: what is held, and what a guest does not give back.`,
  ),
];

function slope(id: string, title: string, of: LadderQuantity, definition: string): MetricDeclaration {
  return {
    ...level(id, title, `${definition} Theil-Sen slope over the number of instances that hold their load.`),
    source: { kind: 'slope', of, state: 'loaded' },
  };
}

const slopes: readonly MetricDeclaration[] = [
  slope(
    'memory.loaded-per-instance',
    'Host memory per loaded instance',
    'kernelPlusPssBytes',
    'Kernel memory (MemTotal - MemFree - Buffers - Cached - AnonPages) plus PSS of every instance process.',
  ),
  slope(
    'memory.loaded-available-per-instance',
    'MemAvailable per loaded instance',
    'hostBytes',
    'MemTotal - MemAvailable, which also moves with everything else on the host.',
  ),
  slope(
    'memory.loaded-pss-per-instance',
    'PSS per loaded instance',
    'pssBytes',
    'PSS of every instance process, hypervisors included.',
  ),
  slope(
    'memory.loaded-held-per-instance',
    'Cgroup memory per loaded instance',
    'groupBytes',
    'Anonymous, kernel and shared memory of the instances’ cgroups.',
  ),
];

function weigh<Options extends { readonly settle: number; readonly duration: number }>(
  service: keyof typeof programsOf,
  options: z.ZodType<Options>,
  load: (options: Options) => ServiceLoad,
): WeighWorkload<Options> {
  return {
    kind: 'weigh',
    id: `memory-${service}`,
    family: 'memory',
    title: `${service} weighed while it works`,
    service,
    programs: programsOf[service],
    options,
    metrics: levels,
    load,
    timing: ({ settle, duration }) => ({ settleSeconds: settle, seconds: duration }),
    estimateSeconds: (given) => 2 * given.settle + given.duration + stepSeconds(load(given)),
  };
}

function loadedLadder<
  Options extends {
    readonly instances: number;
    readonly step: number;
    readonly settle: number;
    readonly duration: number;
  },
>(
  service: keyof typeof programsOf,
  options: z.ZodType<Options>,
  load: (options: Options) => ServiceLoad,
): LadderWorkload<Options> {
  return {
    kind: 'ladder',
    id: `ladder-${service}`,
    family: 'memory',
    title: `Instances of ${service} that hold their load, added step by step`,
    service,
    programs: programsOf[service],
    options,
    metrics: slopes,
    steps: ({ instances, step, settle }) => ({ counts: countsUpTo(instances, step), settleSeconds: settle }),
    load: (given) => ({ load: load(given), seconds: given.duration }),
    estimateSeconds: (given) =>
      Math.ceil(given.instances / given.step) * given.settle * 1.5 +
      given.instances * (given.duration + stepSeconds(load(given))),
  };
}

const programsOf = {
  redis: ['redis-server', 'redis-cli', 'redis-benchmark'],
  nginx: ['nginx', 'wrk'],
} as const;

function stepSeconds({ steps }: ServiceLoad): number {
  return Object.values(steps).reduce((total, step) => total + (step?.seconds ?? 0) * 0.5, 0);
}

export const memoryRedis = weigh('redis', redisWeigh, redis);
export const memoryNginx = weigh('nginx', nginxWeigh, nginx);
export const ladderRedis = loadedLadder('redis', redisLadder, redis);
export const ladderNginx = loadedLadder('nginx', nginxLadder, nginx);
