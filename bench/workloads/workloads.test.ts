/** Parsers against what the programs really print, and against what they print when they do not work. */
import { expect, test } from 'vitest';
import { metrics, workloads } from './index.ts';
import { UnreadableOutput } from './output.ts';
import type { CommandWorkload } from './workload.ts';

const sysbenchCpu = `CPU speed:
    events per second:  2639.55

General statistics:
    total time:                          1.0003s
    total number of events:              2643
`;
const sysbenchMemory = `Total operations: 14443 (14412.17 per second)

14443.00 MiB transferred (14412.17 MiB/sec)

General statistics:
    total time:                          1.0012s
`;
const stressNg = (name: string) => `stress-ng: info:  [24870] dispatching hogs: 1 ${name}
stress-ng: metrc: [24870] stressor       bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s CPU used per       RSS Max
stress-ng: metrc: [24870]                           (secs)    (secs)    (secs)   (real time) (usr+sys time) instance (%)          (KB)
stress-ng: metrc: [24870] ${name}            31288      1.00      0.89      0.00     31275.91       34971.05        89.43          3048
stress-ng: metrc: [24870] miscellaneous metrics:
stress-ng: metrc: [24870] ${name}              7018.15 nanosecs per operation (geometic mean of 1 instances)
`;

function command(id: string): CommandWorkload {
  const workload = workloads.get(id);
  if (workload?.kind !== 'command') throw new Error(`${id} runs no program`);
  return workload;
}

function read(
  id: string,
  stdout: string,
  options: unknown = {},
  seconds = 1.1,
  cpuSeconds: number | null = 1,
) {
  const result = { exitCode: 0, stdout, stderr: '', begin: 10, end: 10 + seconds, oomKills: 0 };
  return command(id).parse({ result, cpuSeconds }, command(id).options.parse(options));
}

test('sysbench and stress-ng output becomes samples in base units', () => {
  expect(read('cpu', sysbenchCpu)).toEqual([
    { metric: 'cpu.events', value: 2639.55 },
    { metric: 'cpu.events-cost', value: 1 / 2643 },
  ]);
  expect(read('cpu', sysbenchCpu, {}, 1.1, null)).toHaveLength(1);
  expect(read('memory', sysbenchMemory)).toEqual([{ metric: 'memory.write', value: 14412.17 * 2 ** 20 }]);
  expect(read('memory', sysbenchMemory, { operation: 'read' })[0]?.metric).toBe('memory.read');
  expect(read('matrix', stressNg('matrix'))).toEqual([
    { metric: 'cpu.matrix', value: 31275.91 },
    { metric: 'cpu.matrix-cost', value: 1 / 31288 },
  ]);
  expect(read('switch', stressNg('switch'))[0]).toEqual({ metric: 'cpu.switch', value: 31275.91 });
  expect(read('faults', stressNg('fault'))).toEqual([{ metric: 'memory.faults', value: 31275.91 }]);
});

test.each(['cpu', 'memory', 'matrix', 'switch', 'faults'])(
  '%s: rubbish, nothing and cut output are refused',
  (id) => {
    for (const text of [
      '',
      'FATAL: cannot',
      '\u0000\u001b[2J',
      'events per second: nan',
      sysbenchCpu.slice(0, 20),
    ]) {
      expect(() => read(id, text)).toThrow(UnreadableOutput);
    }
  },
);

test('a program that claims more time than the host saw has a wrong clock', () => {
  expect(() => read('cpu', sysbenchCpu, {}, 0.5)).toThrow(/clock is wrong/);
  expect(() => read('matrix', stressNg('matrix'), {}, 0.5)).toThrow(/clock is wrong/);
  expect(() => read('memory', sysbenchMemory, {}, 0.5)).toThrow(/clock is wrong/);
  expect(() => read('faults', stressNg('fault'), {}, 0.5)).toThrow(/clock is wrong/);
});

test('command lines carry the shape and the duration', () => {
  const shape = { id: 's', cpus: 2, memoryBytes: 2 ** 28 };
  const argv = (id: string, options: unknown) =>
    command(id).command(command(id).options.parse(options), shape, null).join(' ');
  expect(argv('cpu', { duration: '3s' })).toBe('sysbench cpu --cpu-max-prime=10000 --threads=2 --time=3 run');
  expect(argv('matrix', { duration: '2s' })).toContain('--matrix 2 --matrix-size 64 --timeout 2s');
});

test('deterministic work keeps one digest of what follows from its input, and nothing that is timed', () => {
  const observe = (work: string, stdout: string, stderr = '') => {
    const result = { exitCode: 0, stdout, stderr, begin: 0, end: 1, oomKills: 0 };
    const workload = command('portability');
    return workload.observe?.({ result, cpuSeconds: null }, workload.options.parse({ work }));
  };
  const told = (seconds: number) =>
    `stress-ng: metrc: [3] cpu 121 ${seconds} 0.1 0.0 9 9\nstress-ng: info: [3] successful run completed in ${seconds}s\n`;
  const [first] = observe('verify', '', told(1)) ?? [];
  expect(first).toMatchObject({ kind: 'output-digest', work: 'verify', text: '121 operations verified' });
  expect(observe('verify', '', told(7))).toEqual([first]);
  expect(observe('redis', `${'a'.repeat(40)}\n`)).toHaveLength(1);
  expect(() => observe('verify', '', told(1).replace('successful', 'unsuccessful in a'))).toThrow(
    UnreadableOutput,
  );
  for (const work of ['digest', 'sort', 'compress', 'arithmetic', 'redis', 'verify']) {
    for (const text of ['', 'ERR unknown', '\u0000\u001b[2J']) {
      expect(() => observe(work, text)).toThrow(UnreadableOutput);
    }
  }
  const workload = command('portability');
  expect(workload.programsFor?.(workload.options.parse({ work: 'redis' }))).toEqual(['redis-cli']);
  expect(workload.options.safeParse({ work: 'sorting' }).success).toBe(false);
});

test('metric ids are unique, belong to their family and say what they measure', () => {
  const ids = metrics.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, family, definition, threshold } of metrics) {
    expect(id.startsWith(`${family}.`)).toBe(true);
    expect(definition.length).toBeGreaterThan(30);
    expect(threshold).toBeGreaterThan(0);
  }
});
