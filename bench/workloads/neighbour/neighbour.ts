/**
 * Noisy neighbour (METHODOLOGY B17): one launch holds a victim and, phase by phase, a neighbour on the same
 * runner. Degradation is read against the idle neighbour of the same launch, one value per launch and
 * stressor, never blended over stressors.
 */
import { z } from 'zod';
import type { MetricDeclaration } from '../../../model/metric.ts';
import type { NeighbourLimits, NeighbourPhase, VictimValue } from '../../../model/observation.ts';
import type { Sample } from '../../../model/record.ts';
import { seconds, size } from '../../../model/quantity-options.ts';
import { stressCommand, stressorNames, stressors, type StressorName } from './stressors.ts';
import { victimNames, victims } from './victims.ts';
import type { NeighbourWorkload } from '../workload.ts';

const options = z.strictObject({
  victim: z.enum(victimNames).default('cpu').describe('The program that is disturbed.'),
  stressors: z
    .array(z.enum(stressorNames))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a stressor twice')
    .default([...stressorNames])
    .describe('What the neighbour does, one phase each.'),
  limits: z
    .enum(['off', 'weights', 'hard'])
    .default('hard')
    .describe('What holds the neighbour: nothing of its own, equal weights, or hard caps.'),
  duration: seconds('3s').describe('How long the victim’s program works in each phase.'),
  settle: seconds('1s').describe('How long the neighbour works, or idles, before the victim starts.'),
  memory: size.optional().describe('Memory the allocating stressor asks for; default: twice the shape’s.'),
  writeRate: size.prefault('20MiB').describe('Bytes per second the neighbour may write under hard limits.'),
});
type Options = z.infer<typeof options>;

/** A victim that has not ended after this long has not finished: slowed ten times, and its own start. */
const limitOf = (duration: number): number => duration * 10 + 20;

/** How many times slower than beside an idle neighbour: always positive, so that runners compare by ratio. */
function metric(id: string, title: string, of: string): MetricDeclaration {
  return {
    id,
    family: 'isolation',
    title,
    unit: 'ratio',
    better: 'lower',
    source: { kind: 'sample' },
    definition: `${of}, in cost: above 1 the victim is slower. The victim's program runs once in each phase of one launch, in random order; launches in which it did not finish have no value here and are ranked worst in the isolation matrix.`,
    threshold: 0.1,
    needsRealCpu: true,
  };
}

const metricId = (beside: string, value: VictimValue['name']): string =>
  value === 'throughput' ? `isolation.${beside}` : `isolation.${beside}-${value}`;

/** The condition a metric of this workload belongs to. */
export const besideOf = (metric: string): string => metric.replace(/^isolation\./, '').replace(/-p99$/, '');

/** Where several are there: the first stands for the program, the last is its tail. */
const reported = (values: readonly VictimValue['name'][]): readonly VictimValue['name'][] =>
  values.filter((name) => name !== 'p50');

function metricsFor({ victim, stressors: names }: Options): readonly MetricDeclaration[] {
  return reported(victims[victim].values).flatMap((value) => {
    const what = value === 'throughput' ? 'Slowdown' : `Growth of ${value}`;
    return [
      metric(
        metricId('idle', value),
        `${what} beside an idle neighbour`,
        'Beside an idle neighbour against alone',
      ),
      ...names.map((name) =>
        metric(
          metricId(name, value),
          `${what} beside a neighbour: ${stressors[name].title.toLowerCase()}`,
          `Beside a neighbour that takes ${stressors[name].takes}, against an idle one`,
        ),
      ),
    ];
  });
}

const needsDisk: readonly StressorName[] = ['page-cache', 'disk', 'fsync'];

const defaults = options.parse({});

export const neighbour: NeighbourWorkload<Options> = {
  kind: 'neighbour',
  id: 'neighbour',
  family: 'isolation',
  title: 'A victim beside a noisy neighbour',
  programs: [...new Set(['stress-ng', ...Object.values(victims).flatMap(({ programs }) => programs)])],
  programsFor: ({ victim }) => ['stress-ng', ...victims[victim].programs],
  problem({ victim, stressors: names }, volume) {
    if (volume?.kind === 'block') {
      return 'victim and neighbour write files: give it a volume of kind filesystem or directory, not block';
    }
    const idle = names.filter((name) => needsDisk.includes(name));
    const lacking = victim === 'fsync' ? ['the victim fsync', ...idle] : idle;
    if (volume !== null || lacking.length === 0) return null;
    return `without a volume ${lacking.join(', ')} would write to memory and disturb no disk: give the workload a volume of kind filesystem or directory, or name other stressors`;
  },
  options,
  metrics: metricsFor({ ...defaults, victim: 'redis' }),
  metricsFor,
  fleet: (given) => ({ starts: 2 + given.stressors.length, inFlight: 1 }),
  estimateSeconds: ({ stressors: names, duration, settle }) => (names.length + 2) * (duration + settle),
  design: (given, { cpus, shape, pidsLimit }) => ({
    victim: victims[given.victim],
    victimName: given.victim,
    limits: given.limits,
    seconds: given.duration,
    settleSeconds: given.settle,
    limitSeconds: limitOf(given.duration),
    writeBytesPerSecond: given.writeRate,
    stressors: given.stressors.map((name) => ({
      name,
      command: (folder: string) =>
        stressCommand(name, {
          workers: 2 * cpus,
          memoryBytes: given.memory ?? 2 * shape.memoryBytes,
          pids: pidsLimit,
          folder,
          // Until the last moment at which the victim may still be at work, and a little.
          seconds: given.settle + limitOf(given.duration) + 20,
        }),
    })),
  }),
};

/** Cost of one value against another of the same name: above 1 the first is worse. */
export function slowdown(value: VictimValue, reference: VictimValue): number | null {
  const [above, below] = value.better === 'lower' ? [value, reference] : [reference, value];
  return above.value > 0 && below.value > 0 ? above.value / below.value : null;
}

/** What a phase is read against: the idle neighbour, which is itself read against being alone. */
export const referenceOf = (beside: string): string => (beside === 'idle' ? 'alone' : 'idle');

/** One value per stressor from the phases of one launch; a phase that did not finish has none. */
export function slowdownSamples(phases: readonly NeighbourPhase[]): Sample[] {
  const values = (beside: string): readonly VictimValue[] => {
    const found = phases.find((phase) => phase.beside === beside)?.result;
    return found?.state === 'finished' ? found.values : [];
  };
  return phases.flatMap(({ beside }) => {
    if (beside === 'alone') return [];
    const references = values(referenceOf(beside));
    return values(beside)
      .filter(({ name }) => name !== 'p50')
      .flatMap((value) => {
        const reference = references.find(({ name }) => name === value.name);
        const cost = reference === undefined ? null : slowdown(value, reference);
        return cost === null ? [] : [{ metric: metricId(beside, value.name), value: cost }];
      });
  });
}

/** What each kind of limits means, for a reader. */
export const limitsWords: Readonly<Record<NeighbourLimits, string>> = {
  off: 'no limit of its own; CPU time shared thread by thread where the host can',
  weights: 'equal weights for CPU (and disk, where its scheduler has any), no caps',
  hard: 'equal weights, the shape’s CPUs as quota, its memory cap, the cap on processes and on bytes written',
};
