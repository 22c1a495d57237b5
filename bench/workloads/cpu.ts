/**
 * CPU: sysbench finds primes, stress-ng multiplies matrices or switches contexts. Throughput is the
 * program's own count per second; the cost is host-side CPU seconds per unit of that work, VMM included.
 */
import { z } from 'zod';
import { seconds } from '../../model/quantity-options.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Shape } from '../../model/scenario.ts';
import { checkClock, numberIn, UnreadableOutput } from './output.ts';
import type { CommandWorkload } from './workload.ts';

const options = z.strictObject({ duration: seconds('5s').describe('How long the program works.') });
type Options = z.infer<typeof options>;

function throughput(id: string, title: string, definition: string): MetricDeclaration {
  return {
    id,
    family: 'cpu',
    title,
    unit: '1/s',
    better: 'higher',
    source: { kind: 'sample' },
    definition,
    threshold: 0.05,
    needsRealCpu: true,
  };
}

function cost(id: string, title: string, program: string): MetricDeclaration {
  return {
    id,
    family: 'cpu',
    title,
    unit: 's/op',
    better: 'lower',
    source: { kind: 'sample' },
    definition: `CPU seconds of the whole instance on the host, per unit of work of ${program}; start and end of the program included.`,
    threshold: 0.05,
    needsRealCpu: true,
  };
}

/** Events of a known count per second, and CPU seconds per event. */
function samples(id: string, events: number, rate: number, cpuSeconds: number | null) {
  const out = [{ metric: id, value: rate }];
  if (cpuSeconds !== null && events > 0) out.push({ metric: `${id}-cost`, value: cpuSeconds / events });
  return out;
}

export const cpu: CommandWorkload<Options> = {
  kind: 'command',
  id: 'cpu',
  family: 'cpu',
  title: 'sysbench cpu',
  programs: ['sysbench'],
  options,
  estimateSeconds: ({ duration }) => duration,
  metrics: [
    throughput(
      'cpu.events',
      'Prime searches per second',
      'sysbench cpu, primes up to 10,000, one thread per CPU of the shape: its own “events per second”.',
    ),
    cost('cpu.events-cost', 'CPU time per prime search', 'sysbench cpu'),
  ],
  command: ({ duration }, shape: Shape) => [
    'sysbench',
    'cpu',
    '--cpu-max-prime=10000',
    `--threads=${shape.cpus}`,
    `--time=${Math.max(1, Math.round(duration))}`,
    'run',
  ],
  parse: (measured) => {
    const { stdout } = measured.result;
    const rate = numberIn(stdout, /events per second:\s+([\d.]+)/, 'sysbench cpu', '"events per second"');
    const events = numberIn(
      stdout,
      /total number of events:\s+(\d+)/,
      'sysbench cpu',
      '"total number of events"',
    );
    const claimed = numberIn(stdout, /total time:\s+([\d.]+)s/, 'sysbench cpu', '"total time"');
    checkClock('sysbench cpu', claimed, measured);
    return samples('cpu.events', events, rate, measured.cpuSeconds);
  },
};

/** A stress-ng stressor read through its metrics table. */
function stressor(
  id: string,
  title: string,
  metricTitle: string,
  name: string,
  extra: readonly string[],
): CommandWorkload<Options> {
  const program = `stress-ng ${name}`;
  return {
    kind: 'command',
    id,
    family: 'cpu',
    title,
    programs: ['stress-ng'],
    options,
    estimateSeconds: ({ duration }) => duration,
    metrics: [
      throughput(
        `cpu.${id}`,
        metricTitle,
        `${program}, one worker per CPU: bogo operations per second of real time.`,
      ),
      cost(`cpu.${id}-cost`, `CPU time per operation, ${title}`, program),
    ],
    command: ({ duration }, shape) => [
      'stress-ng',
      `--${name}`,
      String(shape.cpus),
      ...extra,
      '--timeout',
      `${Math.max(1, Math.round(duration))}s`,
      '--metrics',
      '--temp-path',
      '.',
    ],
    parse: (measured) => {
      // stressor  bogo ops  real time  usr time  sys time  bogo ops/s (real)  bogo ops/s (usr+sys) ...
      const text = `${measured.result.stdout}\n${measured.result.stderr}`;
      const row = new RegExp(`\\] ${name}\\s+(\\d+)\\s+([\\d.]+)\\s+[\\d.]+\\s+[\\d.]+\\s+([\\d.]+)`).exec(
        text,
      );
      const [events, claimed, rate] = [row?.[1], row?.[2], row?.[3]].map(Number);
      if (events === undefined || claimed === undefined || rate === undefined || !Number.isFinite(rate)) {
        throw new UnreadableOutput(program, 'metrics row', text);
      }
      checkClock(program, claimed, measured);
      return samples(`cpu.${id}`, events, rate, measured.cpuSeconds);
    },
  };
}

export const matrix = stressor('matrix', 'stress-ng matrix', 'Matrix operations per second', 'matrix', [
  '--matrix-size',
  '64',
]);
export const contextSwitch = stressor(
  'switch',
  'stress-ng switch',
  'Context switches per second',
  'switch',
  [],
);
