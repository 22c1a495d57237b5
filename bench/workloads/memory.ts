/**
 * Memory: sysbench streams through a buffer that exceeds no cache by accident (1 MiB blocks, as its
 * users know it), read and write apart; stress-ng counts page faults, where guests pay for nested tables.
 */
import { z } from 'zod';
import { seconds } from '../../model/quantity-options.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import { checkClock, numberIn, UnreadableOutput } from './output.ts';
import type { CommandWorkload } from './workload.ts';

const options = z.strictObject({
  duration: seconds('3s').describe('How long the program works.'),
  operation: z.enum(['read', 'write']).default('write').describe('What is done to each block.'),
});
type Options = z.infer<typeof options>;

function bandwidth(operation: 'read' | 'write'): MetricDeclaration {
  return {
    id: `memory.${operation}`,
    family: 'memory',
    title: `Memory ${operation} bandwidth`,
    unit: 'B/s',
    better: 'higher',
    source: { kind: 'sample' },
    definition: `sysbench memory, ${operation}, sequential 1 MiB blocks, one thread per CPU: its own MiB/sec.`,
    threshold: 0.05,
    needsRealCpu: true,
  };
}

export const memory: CommandWorkload<Options> = {
  kind: 'command',
  id: 'memory',
  family: 'memory',
  title: 'sysbench memory',
  programs: ['sysbench'],
  options,
  estimateSeconds: ({ duration }) => duration,
  metrics: [bandwidth('read'), bandwidth('write')],
  command: ({ duration, operation }, shape) => [
    'sysbench',
    'memory',
    '--memory-block-size=1M',
    '--memory-total-size=100T',
    `--memory-oper=${operation}`,
    `--threads=${shape.cpus}`,
    `--time=${Math.max(1, Math.round(duration))}`,
    'run',
  ],
  parse: (measured, { operation }) => {
    const { stdout } = measured.result;
    const rate = numberIn(stdout, /transferred \(([\d.]+) MiB\/sec\)/, 'sysbench memory', '"MiB/sec"');
    checkClock(
      'sysbench memory',
      numberIn(stdout, /total time:\s+([\d.]+)s/, 'sysbench memory', '"total time"'),
      measured,
    );
    return [{ metric: `memory.${operation}`, value: rate * 2 ** 20 }];
  },
};

const faultOptions = z.strictObject({ duration: seconds('3s').describe('How long the program works.') });

export const faults: CommandWorkload<z.infer<typeof faultOptions>> = {
  kind: 'command',
  id: 'faults',
  family: 'memory',
  title: 'stress-ng fault',
  programs: ['stress-ng'],
  options: faultOptions,
  estimateSeconds: ({ duration }) => duration,
  metrics: [
    {
      id: 'memory.faults',
      family: 'memory',
      title: 'Page-fault rounds per second',
      unit: '1/s',
      better: 'higher',
      source: { kind: 'sample' },
      definition:
        'stress-ng fault, one worker per CPU: bogo operations (rounds of major and minor faults) per second.',
      threshold: 0.05,
      needsRealCpu: true,
    },
  ],
  command: ({ duration }, shape) => [
    'stress-ng',
    '--fault',
    String(shape.cpus),
    '--timeout',
    `${Math.max(1, Math.round(duration))}s`,
    '--metrics',
    '--temp-path',
    '.',
  ],
  parse: (measured) => {
    const text = `${measured.result.stdout}\n${measured.result.stderr}`;
    const row = /\] fault\s+\d+\s+([\d.]+)\s+[\d.]+\s+[\d.]+\s+([\d.]+)/.exec(text);
    const [claimed, value] = [Number(row?.[1]), Number(row?.[2])];
    if (!Number.isFinite(value)) throw new UnreadableOutput('stress-ng fault', 'metrics row', text);
    checkClock('stress-ng fault', claimed, measured);
    return [{ metric: 'memory.faults', value }];
  },
};
