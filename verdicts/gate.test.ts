/** Gates that fail when they must, pass only when that is shown, and never because something was missing. */
import { describe, expect, test } from 'vitest';
import { gateRuns } from './gate.ts';
import type { GateCheck, GateReport } from './model.ts';
import { parsePolicy } from './policy.ts';
import { proveGate } from './prove.ts';
import { runOf } from './runs.ts';
import { withSamples, world } from './testing/worlds.ts';

const quick = { resamples: 1000 };
const policyOf = (rules: string, more = '') => parsePolicy(`${more}rules:\n${rules}`, 'gate.yaml');
const ready = policyOf('  - metric: startup.ready\n    runner: namespace\n    limit: 10%\n');

function only(report: GateReport, kind: GateCheck['kind'] = 'change'): GateCheck {
  const [check, ...more] = report.checks.filter((one) => one.kind === kind);
  if (check === undefined || more.length > 0) throw new Error(`${more.length + 1} checks of ${kind}`);
  return check;
}

describe('a change', () => {
  const base = world({ id: 1 });

  test('beyond the limit fails, with old, new, change, limit, interval and n in one line', () => {
    const report = gateRuns(ready, [base], [world({ id: 2, slower: 1.3 })], quick);
    expect(report.state).toBe('fail');
    expect(only(report).line).toMatch(
      /^4\.\d+ ms -> 5\.\d+ ms, cost \+[\d.]+ % \(95 % interval \+[\d.]+ % to \+[\d.]+ %\), limit \+10 %, n = 30 launches, p = /,
    );
    expect(only(report).source).toBe('gate.yaml:2');
  });

  test('shown to stay below the limit passes; better passes too', () => {
    expect(gateRuns(ready, [base], [world({ id: 2 })], quick).state).toBe('pass');
    expect(gateRuns(ready, [base], [world({ id: 2, slower: 0.8 })], quick).state).toBe('pass');
  });

  test('that the noise hides is inconclusive, never a pass, and says what could be seen', () => {
    const noisy = (id: number) => world({ id, noise: 0.5 });
    const report = gateRuns(ready, [noisy(1)], [noisy(2)], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report).line).toMatch(
      /undecided: 30 launches of this noise show [\d.]+ % or more, the limit is 10 %/,
    );
    expect(report.power[0]).toMatch(/more than its limit/);
  });

  test('that stands at its limit, or of which too little is left, is told as that', () => {
    const near = gateRuns(ready, [base], [world({ id: 2, slower: 1.085 })], quick);
    expect([near.state, only(near).line]).toEqual([
      'inconclusive',
      expect.stringMatching(/undecided: too close to the limit of 10 % for 30 launches to tell/),
    ]);
    const voided = Array.from(
      { length: 21 },
      (_, block) => ({ kind: 'void', block, rule: 'steal', detail: '' }) as const,
    );
    const few = gateRuns(ready, [base], [world({ id: 2, voided })], quick);
    expect([few.state, only(few).line]).toEqual([
      'inconclusive',
      expect.stringMatching(/undecided: so few launches give no verdict/),
    ]);
    expect(only(few).remarks.map(({ message }) => message)).toContain(
      '9 launches give no verdict; it takes 10 (C3).',
    );
  });

  test('from an old baseline is judged, and its age is told', () => {
    const ages = (id: number) => gateRuns(ready, [base], [world({ id })], quick).remarks;
    expect(ages(31)).toEqual([]);
    expect(ages(92)).toEqual([
      { code: 'age', message: 'The newest run of the baseline is 91 days older than head.' },
    ]);
  });

  test('on another host is inconclusive, and says how the hosts differ', () => {
    const report = gateRuns(ready, [base], [world({ id: 2, host: 'elsewhere' })], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report).line).toMatch(/C26.*cpu\.model/);
  });

  test('of an emulated machine is refused, so the gate is inconclusive', () => {
    const vm = policyOf('  - metric: startup.ready\n    runner: vm\n    limit: 10%\n');
    const report = gateRuns(vm, [base], [world({ id: 2 })], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report).line).toContain('refused (C17)');
  });

  test('that host drift may be is inconclusive, unless a ratio within the runs or known noise tells', () => {
    const slow = world({ id: 2, drift: 1.4 });
    const report = gateRuns(ready, [base], [slow], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report).line).toMatch(/undecided: Not separated from host drift/);
    const calibrated = policyOf('  - {metric: startup.ready, runner: namespace, limit: 10%, noise: 2%}\n');
    expect(gateRuns(calibrated, [base], [slow], quick).state).toBe('fail');
    const runs = [3, 4, 5, 6].map((id) => world({ id, drift: 1 + id / 500 }));
    expect(gateRuns(ready, [base, ...runs], [slow], quick).state).toBe('fail');
  });

  test('of level warn is shown and decides nothing', () => {
    const soft = policyOf(
      '  - metric: startup.ready\n    runner: namespace\n    limit: 10%\n    level: warn\n  - {metric: startup.ready, runner: process, max: 5s}\n',
    );
    const report = gateRuns(soft, [base], [world({ id: 2, slower: 1.3 })], quick);
    expect([report.state, only(report).state]).toEqual(['pass', 'fail']);
  });

  test('against the record itself is refused, whatever it is called; bounds alone may be asked of it', () => {
    expect(() => gateRuns(ready, [base], [base], quick)).toThrow(/run-1 is in the baseline as well/);
    const { record } = base;
    const part = runOf({ ...record, header: { ...record.header, runId: 'run-1#2' } }, 'baseline.jsonl');
    expect(() => gateRuns(ready, [part], [base], quick)).toThrow(/against itself nothing can fail/);
    const bound = policyOf('  - {metric: startup.ready, runner: process, max: 5s}\n');
    expect(gateRuns(bound, [base], [base], quick).state).toBe('pass');
  });

  test('of a ratio of runners holds under drift and on another host, where plain values do not', () => {
    const rules = '  - metric: startup.ready\n    runner: namespace\n    over: process\n    limit: 10%\n';
    const policy = policyOf(rules, 'acrossHosts: true\n');
    const elsewhere = (slower: number) => world({ id: 2, host: 'elsewhere', drift: 2, slower });
    expect(gateRuns(policy, [base], [elsewhere(1)], quick).state).toBe('pass');
    expect(gateRuns(policy, [base], [elsewhere(1.4)], quick).state).toBe('fail');
  });

  test('with known noise between runs needs more to be seen', () => {
    const noisy = policyOf(
      '  - metric: startup.ready\n    runner: namespace\n    limit: 10%\n    noise: 15%\n',
    );
    expect(gateRuns(noisy, [base], [world({ id: 2, slower: 1.3 })], quick).state).toBe('inconclusive');
  });
});

describe('a bound', () => {
  const head = world({ id: 1 });
  const bound = (text: string) =>
    only(
      gateRuns(policyOf(`  - {metric: startup.ready, runner: process, ${text}}\n`), [], [head], quick),
      'budget',
    );

  test('is kept, broken, or too close to tell', () => {
    expect(bound('max: 4ms').state).toBe('pass');
    expect(bound('max: 2ms').state).toBe('fail');
    const { interval } = bound('max: 4ms');
    const middle = ((interval!.low + interval!.high) / 2) * 1000;
    expect(bound(`max: ${middle.toFixed(6)}ms`).state).toBe('inconclusive');
    expect(bound('min: 4ms').state).toBe('fail');
  });

  test('on the time of an emulated machine is refused, kept or broken; on its memory it is not', () => {
    const states = [
      '{metric: startup.ready, runner: vm, max: 100s}',
      '{metric: startup.ready, runner: vm, max: 1ms}',
      '{metric: startup.ready, runner: vm, over: namespace, max: 10000}',
      '{metric: tare.hostMemory, runner: vm, max: 100GiB}',
    ].map((rule) => gateRuns(policyOf(`  - ${rule}\n`), [], [head], quick));
    expect(states.map(({ state }) => state)).toEqual([
      'inconclusive',
      'inconclusive',
      'inconclusive',
      'pass',
    ]);
    expect(states[0]!.checks[0]!.line).toMatch(/refused \(C17\)/);
  });

  test('is not kept by a clock that went back', () => {
    const { record } = head;
    const backwards = withSamples('cpu.throughput', (value) => -value);
    const trials = record.trials.map(backwards);
    const policy = policyOf('  - {metric: cpu.throughput, runner: process, max: 5000/s}\n');
    const report = gateRuns(policy, [], [runOf({ ...record, trials }, 'head')], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report, 'budget').line).toMatch(/negative values; a clock went back/);
  });

  test('may be of a virtual machine over a container, within each launch of both', () => {
    const policy = policyOf('  - {metric: tare.hostMemory, runner: vm, over: namespace, max: 200}\n');
    expect(only(gateRuns(policy, [], [head], quick), 'ratio')).toMatchObject({ state: 'pass' });
    const tight = policyOf('  - {metric: tare.hostMemory, runner: vm, over: namespace, max: 20}\n');
    expect(only(gateRuns(tight, [], [head], quick), 'ratio')).toMatchObject({ state: 'fail' });
  });
});

// Each of these was a gate somewhere that could not fail.
describe('gates that could not fail', () => {
  const base = world({ id: 1 });

  test('a pattern that matches nothing is an error with its place', () => {
    const policy = policyOf(
      '  - metric: startup.ready\n    limit: 5%\n  - metric: startup.redy\n    limit: 5%\n',
    );
    expect(() => gateRuns(policy, [base], [world({ id: 2 })], quick)).toThrow(
      /gate\.yaml:4: this rule matches nothing: metric: startup\.redy/,
    );
  });

  test('a program that crashes at once fails, however fast it was', () => {
    const crashed = world({
      id: 2,
      alter: (trial) => ({
        ...trial,
        outcome: { state: 'failed', reason: 'crash', message: 'it crashed', detail: '' },
      }),
    });
    const report = gateRuns(ready, [base], [crashed], quick);
    expect(report.state).toBe('fail');
    expect(only(report, 'presence').line).toContain('no value in head');
    const some = world({
      id: 2,
      alter: (trial) =>
        trial.block % 3 === 0
          ? { ...trial, outcome: { state: 'failed', reason: 'crash', message: 'it crashed', detail: '' } }
          : trial,
    });
    const partly = gateRuns(ready, [base], [some], quick);
    expect(only(partly, 'presence').line).toMatch(/3[\d.]+ % of its launches failed/);
    expect(partly.state).toBe('fail');
  });

  test('a metric that is gone, or a cell that never ran, fails', () => {
    const { record } = world({ id: 2 });
    const gone = runOf(
      {
        ...record,
        header: {
          ...record.header,
          metrics: record.header.metrics.filter(({ id }) => id !== 'startup.ready'),
        },
      },
      'head',
    );
    expect(gateRuns(ready, [base], [gone], quick).state).toBe('fail');
    const cells = record.header.cells.filter(({ runner }) => runner !== 'namespace');
    expect(
      gateRuns(ready, [base], [runOf({ ...record, header: { ...record.header, cells } }, 'head')], quick)
        .state,
    ).toBe('fail');
  });

  test('blocks that were all voided decide nothing, and say so', () => {
    const voided = Array.from(
      { length: 30 },
      (_, block) => ({ kind: 'void', block, rule: 'steal', detail: '' }) as const,
    );
    const report = gateRuns(ready, [base], [world({ id: 2, voided })], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report, 'presence').line).toContain('all 30 launches of head lie in voided blocks');
  });

  test('zeros from a missing file do not satisfy a limit', () => {
    const zero = world({ id: 2, alter: withSamples('cpu.throughput', () => 0) });
    const rate = policyOf('  - {metric: cpu.throughput, runner: process, limit: 5%}\n');
    expect(gateRuns(rate, [base], [zero], quick).state).toBe('fail');
    const cost = world({
      id: 2,
      alter: (trial) => ({ ...trial, marks: trial.marks.map((mark) => ({ ...mark, at: 1 })) }),
    });
    const report = gateRuns(ready, [base], [cost], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report).implausible).toContain('did the program run');
    const bound = policyOf('  - {metric: startup.ready, runner: namespace, max: 1s}\n');
    expect(gateRuns(bound, [], [cost], quick).state).toBe('inconclusive');
  });

  test('a collapse by ten times is flagged and not cheered', () => {
    const report = gateRuns(ready, [base], [world({ id: 2, slower: 0.05 })], quick);
    expect(report.state).toBe('inconclusive');
    expect(only(report).line).toContain('implausible: better by');
    const strict = policyOf(
      '  - {metric: startup.ready, runner: namespace, limit: 10%}\n',
      'implausible: fail\n',
    );
    expect(gateRuns(strict, [base], [world({ id: 2, slower: 0.05 })], quick).state).toBe('fail');
  });

  test('too few launches for any test to fail are refused before anything is judged', () => {
    const few = (id: number) => world({ id, blocks: 6 });
    expect(() => gateRuns(ready, [few(1)], [few(2)], quick)).toThrow(/cannot fire.*6 blocks/);
    const two = [world({ id: 1 }), world({ id: 2 })];
    expect(() => gateRuns(ready, two, [world({ id: 3 }), world({ id: 4 })], quick)).toThrow(/cannot fire/);
  });

  test('one run on each side with nothing to separate host drift judges what is beyond it, and says what it can see', () => {
    const alone = (id: number, drift = 1) => {
      const { record, ref } = world({ id, drift });
      const cells = record.header.cells.filter(({ runner }) => runner === 'namespace');
      return runOf({ ...record, header: { ...record.header, cells } }, ref.path);
    };
    const states = [1, 1.4, 3].map((drift) => gateRuns(ready, [alone(1)], [alone(2, drift)], quick));
    expect(states.map(({ state }) => state)).toEqual(['pass', 'inconclusive', 'fail']);
    expect(
      only(states[2]!)
        .remarks.map(({ message }) => message)
        .join(),
    ).toMatch(/beyond it/);
    expect(states[0]!.power.join()).toMatch(/more than its limit: say how much runs of one thing differ/);
  });

  test('a policy of warnings alone is refused, also by its proof', () => {
    const soft = policyOf('  - {metric: startup.ready, runner: process, max: 1ns}\n', 'level: warn\n');
    expect(() => gateRuns(soft, [], [base], quick)).toThrow(/cannot fire: every rule .* level warn/);
    expect(() => proveGate(soft, [base], 1000)).toThrow(/cannot fire/);
  });

  test('a policy that ignores everything, or has no baseline to change from, is refused', () => {
    const blind = policyOf('  - {metric: startup.ready, limit: 5%}\n  - {metric: "*", ignore: true}\n');
    expect(() => gateRuns(blind, [base], [world({ id: 2 })], quick)).toThrow(/asks for nothing/);
    expect(() => gateRuns(ready, [], [world({ id: 2 })], quick)).toThrow(/gate\.yaml:2: .*no baseline/);
  });
});

describe('the proof', () => {
  test('a gate with power fails on a regression of its own limit, and passes unchanged', () => {
    const policy = policyOf(
      '  - {metric: startup.ready, runner: namespace, limit: 10%}\n  - {metric: cpu.throughput, runner: process, limit: 10%}\n  - {metric: startup.ready, runner: process, max: 5ms}\n  - {metric: tare.hostMemory, runner: vm, over: namespace, max: 200}\n',
    );
    const report = proveGate(policy, [world({ id: 1 })], 1000);
    expect(report.proofs.map(({ kind, unchanged, injected }) => [kind, unchanged, injected])).toEqual(
      expect.arrayContaining([
        ['change', 'pass', 'fail'],
        ['budget', 'pass', 'fail'],
        ['ratio', 'pass', 'fail'],
      ]),
    );
    expect(report.proven).toBe(true);
  });

  test('of a baseline of five runs stands for one run of head, whatever offset that run has', () => {
    const base = [0, 3, -3, 2, -1].map((percent, at) => world({ id: at + 1, drift: 1 + percent / 100 }));
    const report = proveGate(
      policyOf('  - {metric: startup.ready, runner: namespace, limit: 25%}\n'),
      base,
      1000,
    );
    expect(report.proofs[0]).toMatchObject({ unchanged: 'pass', injected: 'fail' });
    expect(report.proofs[0]!.line).toMatch(/cost \+25 %.*n = 1 run,/);
    const blind = proveGate(
      policyOf('  - {metric: startup.ready, runner: namespace, limit: 2%}\n'),
      base,
      1000,
    );
    expect(blind.proven).toBe(false);
  });

  test('one without is not proven', () => {
    const report = proveGate(ready, [world({ id: 1, noise: 0.5 })], 1000);
    expect(report.proven).toBe(false);
    expect(report.proofs[0]!.injected).not.toBe('fail');
  });
});
