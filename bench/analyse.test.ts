import { describe, expect, it } from 'vitest';
import { analyse, valuesOf } from './analyse.ts';
import {
  codes,
  compared,
  failed,
  namespaceRunner,
  processRunner,
  quick,
  read,
  realRunners,
  realVm,
  ruled,
} from './analysis/testing/lookup.ts';
import type { Analysis } from '../model/analysis.ts';
import type { RecordedTrial } from '../model/record.ts';
import { buildRecord, builtMetrics } from './record/testing/builder.ts';

describe('values of a launch', () => {
  it('are the difference of marks, the median of samples, the slope of a ladder', () => {
    const record = buildRecord({ blocks: 6, noise: 0 });
    expect(valuesOf(record, 'process/idle/small', 'startup.ready')[0]).toMatchObject({ block: 0 });
    expect(valuesOf(record, 'process/idle/small', 'startup.ready')[0]!.value).toBeCloseTo(0.003, 9);
    expect(valuesOf(record, 'vm/idle/small', 'cpu.throughput')[0]!.value).toBeCloseTo(90, 0);
    expect(valuesOf(record, 'vm/idle/small', 'tare.hostMemory')[0]!.value / 2 ** 20).toBeCloseTo(95, -1);
    expect(valuesOf(record, 'vm/idle/small', 'no.such')).toEqual([]);
    expect(valuesOf(record, 'no cell', 'startup.ready')).toEqual([]);
  });

  it('keep slopes over idle and over loaded instances apart', () => {
    const source = { kind: 'slope', of: 'hostBytes', state: 'loaded' } as const;
    const loaded = builtMetrics.map((metric) =>
      metric.source.kind === 'slope' ? { ...metric, id: 'memory.loaded', source } : metric,
    );
    const record = buildRecord({
      blocks: 6,
      metrics: [...builtMetrics, ...loaded],
      alter: (trial) =>
        trial.cell.startsWith('vm/')
          ? { ...trial, observations: [{ kind: 'load', load: 'redis with 3 keys' }] }
          : trial,
    });
    const count = (cell: string, metric: string) => valuesOf(record, cell, metric).length;
    expect(count('vm/idle/small', 'memory.loaded')).toBe(6);
    expect(count('vm/idle/small', 'tare.hostMemory')).toBe(0);
    expect(count('process/idle/small', 'memory.loaded')).toBe(0);
    expect(count('process/idle/small', 'tare.hostMemory')).toBe(6);
  });

  it('leave out warm-up, failures, voided blocks and blocks with unproven clean-up', () => {
    const record = buildRecord({
      blocks: 8,
      warmup: 2,
      voided: [{ kind: 'void', block: 3, rule: 'steal', detail: '' }],
      alter: (trial) => {
        if (trial.block === 5 && trial.cell.startsWith('vm/')) return { ...trial, cleanupProven: false };
        if (trial.block === 6 && trial.cell.startsWith('vm/')) return failed(trial);
        return trial;
      },
    });
    const blocks = (cell: string) => valuesOf(record, cell, 'startup.ready').map(({ block }) => block);
    expect(blocks('process/idle/small')).toEqual([0, 1, 2, 4, 6, 7]);
    expect(blocks('vm/idle/small')).toEqual([0, 1, 2, 4, 7]);
    const analysis = analyse(record, quick);
    expect(analysis.blocks).toEqual({ planned: 8, used: 6, voided: 2 });
    expect(compared(analysis, 'startup.ready', 'vm').n).toBe(5);
    expect(codes(analysis.warnings)).toEqual(expect.arrayContaining(['fewer-blocks', 'unclean']));
    expect(analysis.failures).toMatchObject([{ cell: 'vm/idle/small', reason: 'hang', count: 1 }]);
  });

  it('count once, however often an instrument read inside the launch (C2)', () => {
    const doubled = (trial: RecordedTrial): RecordedTrial => ({
      ...trial,
      samples: [...trial.samples, ...trial.samples, ...trial.samples],
    });
    expect(read({ alter: doubled })).toEqual(read({}));
  });
});

describe('comparisons', () => {
  const analysis = read({ runners: realRunners });

  it('set every runner against the baseline, VMs against containers, and the control against its twin', () => {
    const pairs = analysis.comparisons.filter(({ metric }) => metric === 'startup.ready');
    expect(pairs.map(({ subject, reference, kind }) => [subject, reference, kind])).toEqual([
      ['namespace/idle/small', 'process/idle/small', 'runners'],
      ['vm/idle/small', 'process/idle/small', 'runners'],
      ['vm/idle/small', 'namespace/idle/small', 'runners'],
      ['process/idle/small/control', 'process/idle/small', 'control'],
    ]);
  });

  it('read every metric as a cost, and find what was planted', () => {
    expect(compared(analysis, 'startup.ready', 'vm').ratio).toBeCloseTo(0.2 / 0.003, -1);
    expect(compared(analysis, 'startup.ready', 'vm').verdict).toBe('regression');
    const throughput = compared(analysis, 'cpu.throughput', 'vm');
    expect(throughput.ratio).toBeCloseTo(1000 / 950, 1);
    expect(throughput.ratio).toBeGreaterThan(1);
    expect(compared(analysis, 'cpu.throughput', 'namespace').verdict).toBe('equivalent');
    const swapped = read({ runners: realRunners, baseline: 'vm', control: null });
    expect(compared(swapped, 'startup.ready', 'process', 'vm').verdict).toBe('improvement');
  });

  it('correct the family of runner comparisons by Benjamini-Hochberg, the control apart', () => {
    const runners = analysis.comparisons.filter(({ kind }) => kind === 'runners');
    expect(runners).toHaveLength(12);
    for (const { familySize, p, pAdjusted } of runners) {
      expect(familySize).toBe(12);
      expect(pAdjusted).toBeGreaterThanOrEqual(p!);
    }
    expect(analysis.comparisons.find(({ kind }) => kind === 'control')?.familySize).toBe(4);
  });

  it('say how many blocks an undecided one would take', () => {
    const noisy = read({ runners: realRunners, noise: 0.2 });
    const undecided = compared(noisy, 'cpu.throughput', 'namespace');
    expect(undecided.verdict).toBe('inconclusive');
    expect(undecided.blocksNeeded).toBeGreaterThan(100);
  });

  it('give numbers without verdict below 10 blocks, points only below 6 (C3)', () => {
    const nine = compared(read({ blocks: 9, runners: realRunners }), 'startup.ready', 'namespace');
    expect(nine).toMatchObject({ n: 9, verdict: 'no-verdict', pAdjusted: null });
    expect(nine.interval).not.toBeNull();
    const five = read({ blocks: 5, runners: realRunners });
    expect(compared(five, 'startup.ready', 'namespace')).toMatchObject({
      n: 5,
      verdict: 'no-verdict',
      interval: null,
      p: null,
    });
    expect(compared(five, 'startup.ready', 'namespace').ratio).toBeGreaterThan(1.3);
    expect(five.summaries[0]).toMatchObject({ n: 5, interval: null });
    expect(ruled(five.refusals)).toContain('C3');
  });

  it('say when a single difference among so many tests could not be shown with so few blocks (C8)', () => {
    const metrics = Array.from({ length: 10 }, (_, index) => ({
      ...builtMetrics[0]!,
      id: `startup.${index}`,
    }));
    const crowded = read({ blocks: 10, metrics, runners: realRunners });
    expect(codes(crowded.warnings)).toContain('cannot-fire');
    // Several large ones together can: a run explores, and its correction allows for that (B9).
    expect(crowded.comparisons.some(({ verdict }) => verdict === 'regression')).toBe(true);
    expect(codes(analysis.warnings)).not.toContain('cannot-fire');
  });
});

describe('refusals', () => {
  it('withhold every VM performance verdict under emulation, and keep the numbers (C17)', () => {
    const analysis = read({});
    const performance = analysis.comparisons.filter(
      ({ subject, metric }) => subject.startsWith('vm/') && metric !== 'tare.hostMemory',
    );
    expect(performance).toHaveLength(6);
    for (const each of performance) {
      expect(each.verdict).toBe('refused');
      expect(ruled(each.refusals)).toContain('C17');
      expect(each.refusals[0]!.message).toContain('emulated, not representative');
      expect(each.ratio).toBeGreaterThan(1);
      expect(each.interval).not.toBeNull();
      expect(each.pAdjusted).toBeNull();
    }
    expect(compared(analysis, 'tare.hostMemory', 'vm').verdict).toBe('regression');
    expect(ruled(analysis.refusals)).toEqual(['C17']);
  });

  it('only warn under nested virtualization, that it holds on this host only (C18)', () => {
    const analysis = read({
      runners: [processRunner, namespaceRunner, { ...realVm, acceleration: 'kvm-pvm' }],
    });
    const vm = compared(analysis, 'startup.ready', 'vm');
    expect(vm.verdict).toBe('regression');
    expect(codes(vm.warnings)).toContain('nested-acceleration');
  });

  const disturbed = (drift: Partial<NonNullable<RecordedTrial['drift']>>): Analysis =>
    read({
      runners: realRunners,
      alter: (trial) => ({ ...trial, drift: trial.drift && { ...trial.drift, ...drift } }),
    });

  it('withhold CPU verdicts on a disturbed host, and others not (C19)', () => {
    for (const drift of [{ stealShare: 0.02 }, { foreignCores: 0.2 }]) {
      const analysis = disturbed(drift);
      expect(ruled(compared(analysis, 'cpu.throughput', 'namespace').refusals)).toEqual(['C19']);
      expect(compared(analysis, 'startup.ready', 'namespace').verdict).toBe('regression');
    }
    expect(codes(disturbed({ stealShare: 0.02 }).warnings)).toContain('host-steal');
    expect(codes(disturbed({ foreignCores: 0.2 }).warnings)).toContain('foreign-load');
  });

  it('tell where looking from inside blurs the CPU time of a start', () => {
    const looked = (errorSeconds: number) =>
      read({
        runners: realRunners,
        alter: (trial) => ({
          ...trial,
          samples: [...trial.samples, { metric: 'startup.cpu', value: 0.1 }],
          observations: [{ kind: 'service-seen', by: 'look', cpuSeconds: 0.02, errorSeconds }],
        }),
      });
    expect(codes(looked(0.04).warnings)).toContain('looked-inside');
    expect(codes(looked(0.01).warnings)).not.toContain('looked-inside');
  });

  it('tell once that the load of others is not known', () => {
    const { warnings } = disturbed({ foreignCores: null });
    const [only, ...more] = warnings.filter(({ code }) => code.startsWith('foreign-load'));
    expect(more).toEqual([]);
    expect(only).toMatchObject({
      code: 'foreign-load-unknown',
      message: expect.stringContaining('no cgroup'),
    });
  });

  it('withhold CPU verdicts when a quota throttled an instance (C19)', () => {
    const analysis = read({
      runners: realRunners,
      alter: (trial) => ({ ...trial, atEnd: trial.atEnd && { ...trial.atEnd, throttledSeconds: 0.1 } }),
    });
    expect(ruled(compared(analysis, 'cpu.throughput', 'vm').refusals)).toEqual(['C19']);
  });

  it('call a guest that beats the physical baseline suspect (C23)', () => {
    const fast = read({ runners: [processRunner, namespaceRunner, { ...realVm, throughput: 1500 }] });
    expect(compared(fast, 'cpu.throughput', 'vm').verdict).toBe('refused');
    expect(ruled(compared(fast, 'cpu.throughput', 'vm').refusals)).toEqual(['C23']);
    expect(compared(fast, 'cpu.throughput', 'vm').pAdjusted).not.toBeNull();
    expect(compared(fast, 'cpu.throughput', 'vm', 'namespace').verdict).toBe('improvement');
    const container = read({ runners: [processRunner, { ...namespaceRunner, throughput: 1500 }, realVm] });
    expect(codes(compared(container, 'cpu.throughput', 'namespace').warnings)).toContain(
      'faster-than-baseline',
    );
  });

  it('withhold memory verdicts while equal pages are merged (C25)', () => {
    const base = buildRecord({}).header.host;
    const merged = { ...base, must: { ...base.must, 'memory.ksm': '1' } };
    const analysis = read({ header: { host: merged }, end: null, runners: realRunners });
    expect(ruled(compared(analysis, 'tare.hostMemory', 'vm').refusals)).toEqual(['C25']);
    expect(compared(analysis, 'startup.ready', 'vm').refusals).toEqual([]);
  });

  it('withhold verdicts on amounts of memory that is given in different ways, or unknown ones (C25)', () => {
    const taken = { ...realVm, traits: { memoryPolicy: 'taken all before the start; not merged' } };
    const analysis = read({ runners: [processRunner, taken] });
    const refused = compared(analysis, 'tare.hostMemory', 'vm');
    expect(refused).toMatchObject({ verdict: 'refused', refusals: [{ rule: 'C25' }] });
    expect(refused.ratio).not.toBeNull();
    expect(refused.refusals[0]?.message).toContain('taken all before the start');
    expect(compared(analysis, 'startup.ready', 'vm').refusals).toEqual([]);
    const record = buildRecord({ runners: [processRunner, realVm] });
    const cells = record.header.cells.map((cell) => {
      const { memoryPolicy: _, ...traits } = cell.traits;
      return cell.runner === 'vm' ? { ...cell, traits } : cell;
    });
    const unknown = analyse({ ...record, header: { ...record.header, cells } }, quick);
    const [refusal] = compared(unknown, 'tare.hostMemory', 'vm').refusals;
    expect(refusal).toMatchObject({
      rule: 'C25',
      message: expect.stringContaining('not recorded') as string,
    });
  });

  it('withhold families whose conditions differed (C4)', () => {
    const moved = { ...namespaceRunner, traits: { cpuPlacement: 'CPU 0' } };
    const analysis = read({ runners: [processRunner, moved, realVm] });
    expect(ruled(compared(analysis, 'cpu.throughput', 'namespace').refusals)).toEqual(['C4']);
    expect(compared(analysis, 'startup.ready', 'namespace').verdict).toBe('regression');
    expect(compared(analysis, 'cpu.throughput', 'vm').refusals).toEqual([]);
  });

  it('withhold verdicts when the host changed under the run (C9) or too many launches failed (C6)', () => {
    const end = { ...buildRecord({}).end!, hostHashAfter: 'other' };
    const changed = read({ end, runners: realRunners });
    expect(ruled(changed.refusals)).toContain('C9');
    expect(compared(changed, 'startup.ready', 'vm').verdict).toBe('refused');
    const failing = read({
      runners: realRunners,
      blocks: 40,
      alter: (trial) => (trial.cell.startsWith('vm/') && trial.block % 3 === 0 ? failed(trial) : trial),
    });
    const vm = compared(failing, 'startup.ready', 'vm');
    expect(ruled(vm.refusals)).toEqual(['C6']);
    expect(codes(vm.warnings)).toContain('failures');
    expect(compared(failing, 'startup.ready', 'namespace').verdict).toBe('regression');
  });

  it('withhold everything from a run that was not interleaved (C1)', () => {
    const record = buildRecord({ runners: realRunners });
    const order = record.trials.toSorted((a, b) => a.cell.localeCompare(b.cell) || a.block - b.block);
    const trials = order.map((trial, index) => ({ ...trial, index }));
    const analysis = analyse({ ...record, trials }, quick);
    expect(ruled(analysis.refusals)).toContain('C1');
    expect(compared(analysis, 'startup.ready', 'vm').verdict).toBe('refused');
  });

  it('void all: when clean-up was never proven there is nothing to conclude (C30)', () => {
    const analysis = read({ alter: (trial) => ({ ...trial, cleanupProven: false }) });
    expect(analysis.blocks).toEqual({ planned: 30, used: 0, voided: 30 });
    expect(ruled(analysis.refusals)).toContain('C30');
    expect(analysis.comparisons).toEqual([]);
  });
});

describe('warnings', () => {
  it('tell when the A/A control differs from its twin (C1)', () => {
    const skewed = read({
      alter: (trial) =>
        trial.cell.endsWith('/control')
          ? { ...trial, samples: trial.samples.map((each) => ({ ...each, value: 0.8 * each.value })) }
          : trial,
    });
    expect(codes(skewed.warnings)).toEqual(['control-differs']);
    expect(codes(read({ control: null }).warnings)).toEqual(['no-control']);
    expect(read({}).warnings).toEqual([]);
  });

  it('tell when the order of launches shows, and withhold verdicts it could explain (B1)', () => {
    const later = (trial: RecordedTrial): RecordedTrial => ({
      ...trial,
      samples: trial.samples.map((each) => ({ ...each, value: each.value * 1.08 ** trial.position })),
    });
    const runners = [processRunner, { ...namespaceRunner, throughput: 800 }, { ...realVm, throughput: 300 }];
    const analysis = read({ runners, alter: later });
    expect(codes(analysis.warnings)).toEqual(['order-effect']);
    const small = compared(analysis, 'cpu.throughput', 'namespace');
    expect(codes(small.warnings)).toContain('order-effect');
    expect(small.verdict).toBe('inconclusive');
    expect(compared(analysis, 'cpu.throughput', 'vm').verdict).toBe('regression');
    expect(compared(analysis, 'startup.ready', 'namespace').warnings).toEqual([]);
  });

  it('tell when every block ran in the same order', () => {
    const record = buildRecord({ runners: realRunners });
    const sorted = record.trials.toSorted((a, b) => a.block - b.block || a.cell.localeCompare(b.cell));
    const trials = sorted.map((trial, index) => ({ ...trial, index, position: index % 4 }));
    expect(codes(analyse({ ...record, trials }, quick).warnings)).toContain('fixed-order');
  });

  it('tell when values fall into separate groups (C27)', () => {
    const analysis = read({
      runners: realRunners,
      alter: (trial) =>
        trial.block % 2 === 0 && trial.cell.startsWith('vm/')
          ? {
              ...trial,
              marks: trial.marks.map((mark) => (mark.name === 'T6' ? { ...mark, at: mark.at + 0.3 } : mark)),
            }
          : trial,
    });
    expect(codes(compared(analysis, 'startup.ready', 'vm').warnings)).toContain('multimodal');
    const summary = analysis.summaries.find(
      (each) => each.cell.startsWith('vm/') && each.metric === 'startup.ready',
    )!;
    expect(summary.modes).toHaveLength(2);
    expect(codes(summary.warnings)).toContain('multimodal');
  });

  it('tell that a run has no end', () => {
    expect(codes(read({ end: null }).warnings)).toEqual(['incomplete']);
  });
});

describe('stages', () => {
  it('add up to the time to ready, over the milestones each runner knows', () => {
    const { stages } = read({ noise: 0 });
    const of = (cell: string) => stages.filter((each) => each.cell === cell);
    expect(of('vm/idle/small').map(({ from, to }) => from + to)).toEqual([
      'T0T1',
      'T1T2',
      'T2T3',
      'T3T4',
      'T4T5',
      'T5T6',
    ]);
    expect(of('process/idle/small').map(({ from, to }) => from + to)).toEqual([
      'T0T1',
      'T1T2',
      'T2T4',
      'T4T5',
      'T5T6',
    ]);
    expect(of('vm/idle/small').reduce((sum, { median }) => sum + median, 0)).toBeCloseTo(2.4, 6);
  });
});
