/** What build services read: JUnit, annotations, summaries, comments, GitLab, OpenMetrics and CSV. */
import { describe, expect, test } from 'vitest';
import { commentMark } from './github.ts';
import {
  renderChangeCsv,
  renderGateAnnotations,
  renderGateComment,
  renderGateGitlabQuality,
  renderGateJunit,
  renderGateOpenMetrics,
  renderGateSummary,
} from './index.ts';
import { changeExample, checkOf, gateExample, keyOf, memoryMetric } from './testing/examples.ts';
import { readCsv } from './testing/csv.ts';
import { readOpenMetrics } from './testing/openmetrics.ts';
import { readXml } from './testing/xml.ts';

const passing = gateExample({ checks: [checkOf({ state: 'pass' })], state: 'pass' });

describe('JUnit', () => {
  const suites = readXml(renderGateJunit(gateExample())).children;
  const cases = suites.flatMap((suite) => suite.children.filter(({ name }) => name === 'testcase'));

  test('a suite per metric, a case per check, counted truly', () => {
    expect(suites.map(({ attributes }) => attributes['name'])).toEqual([
      'startup.ready',
      'tare.memory',
      'cpu.rate',
      'tare.disk',
    ]);
    expect(
      suites.map(({ attributes: { tests, failures, errors, skipped } }) => [
        tests,
        failures,
        errors,
        skipped,
      ]),
    ).toEqual([
      ['3', '1', '0', '1'],
      ['1', '0', '0', '0'],
      ['1', '1', '0', '0'],
      ['1', '0', '0', '0'],
    ]);
    expect(cases).toHaveLength(gateExample().checks.length);
  });

  test('elements stand in the order that Ant asks for', () => {
    for (const suite of suites) {
      const order = [...new Set(suite.children.map(({ name }) => name))];
      expect(order).toEqual(['properties', 'testcase', 'system-out', 'system-err']);
    }
  });

  test('a failure tells the whole story; what is undecided is skipped with its reason', () => {
    const [failure] = cases.flatMap(({ children }) => children.filter(({ name }) => name === 'failure'));
    expect(failure?.attributes['message']).toContain(
      '412 ms -> 500 ms, +21.4 % (+19 % to +24 %), limit +10 %',
    );
    expect(failure?.text).toBe(failure?.attributes['message']);
    const [skipped] = cases.flatMap(({ children }) => children.filter(({ name }) => name === 'skipped'));
    expect(skipped?.attributes['message']).toContain('needs 60 launches');
  });

  test('what only warns passes, and is told in the output of its suite', () => {
    const [, memory] = suites;
    expect(memory?.children.find(({ name }) => name === 'testcase')?.children).toEqual([]);
    expect(memory?.children.find(({ name }) => name === 'system-out')?.text).toContain('WARN tare.memory');
  });

  test('without runs and checks it is still a document', () => {
    expect(readXml(renderGateJunit(gateExample({ head: [], checks: [] }))).children).toEqual([]);
    const [suite] = readXml(renderGateJunit(gateExample({ head: [] }))).children;
    expect(suite?.attributes).toMatchObject({ timestamp: '1970-01-01T00:00:00', hostname: 'localhost' });
  });
});

describe('GitHub', () => {
  test('annotations point at the line of the policy; what passed makes none', () => {
    expect(renderGateAnnotations(gateExample()).split('\n')).toEqual([
      '::error file=gate.yaml,line=12,title=FAIL startup.ready::startup.ready of vm/startup/small: 412 ms -> 500 ms, +21.4 %25 (+19 %25 to +24 %25), limit +10 %25, n 30+30 (gate.yaml:12)',
      '::error file=gate.yaml,line=8,title=FAIL cpu.rate::cpu.rate of vm/cpu/small: no value at head (gate.yaml:8)',
      '::warning file=gate.yaml,line=20,title=WARN tare.memory::tare.memory of vm/idle/small: 50 MiB, limit 48 MiB, n 30 (gate.yaml:20)',
      expect.stringMatching(/^::warning file=gate\.yaml,line=31,title=INCONCLUSIVE startup\.ready::/),
      expect.stringMatching(/^::warning .*title=SUSPECT tare\.disk::/),
      expect.stringMatching(/^::notice title=tare gate::FAIL: 2 of 6 checks failed/),
      '',
    ]);
    expect(renderGateAnnotations(passing)).toBe('');
  });

  test('more annotations than GitHub shows end in one that says so', () => {
    const many = gateExample({ checks: Array.from({ length: 25 }, () => checkOf()) });
    const lines = renderGateAnnotations(many).trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[9]).toBe('::error title=tare gate::16 more are in the summary of this job');
  });

  test('a comment is found again by its mark, whatever the verdict', () => {
    const mark = commentMark(gateExample());
    expect(mark).toMatch(/^<!-- tare-gate [0-9a-f]{12} -->$/);
    expect(renderGateComment(gateExample()).startsWith(`${mark}\n\n## Gate ci`)).toBe(true);
    expect(renderGateComment(passing).startsWith(`${mark}\n`)).toBe(true);
    expect(commentMark(gateExample({ policy: { file: 'gate.yaml', name: 'other' } }))).not.toBe(mark);
  });

  test('thousands of checks still fit, the failures first, and what is left out is counted', () => {
    const checks = Array.from({ length: 5000 }, (_, index) =>
      checkOf({ key: keyOf({ shape: `s${index}` }), state: index % 2 === 0 ? 'pass' : 'fail' }),
    );
    const comment = renderGateComment(gateExample({ checks }));
    expect(comment.length).toBeLessThanOrEqual(65_536);
    expect(comment.length).toBeGreaterThan(60_000);
    expect(comment).toContain('FAIL: 2500 of 5,000 checks failed');
    expect(comment).toMatch(/_\d+ lines more are in the report\._\n$/);
    expect(comment.split('<details>').length).toBe(comment.split('</details>').length);
    const summary = renderGateSummary(gateExample({ checks }));
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(2 ** 20);
    expect(summary).not.toContain('tare-gate');
  });
});

describe('GitLab code quality', () => {
  interface Issue {
    readonly fingerprint: string;
    readonly severity: string;
    readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
  }
  const issues = (report = gateExample()) => JSON.parse(renderGateGitlabQuality(report)) as Issue[];

  test('an issue with a place for each check that did not simply pass', () => {
    expect(issues().map(({ severity, location }) => [severity, location.path, location.lines.begin])).toEqual(
      [
        ['critical', 'gate.yaml', 12],
        ['critical', 'gate.yaml', 8],
        ['minor', 'gate.yaml', 20],
        ['major', 'gate.yaml', 31],
        ['info', 'gate.yaml', 12],
      ],
    );
    expect(issues(passing)).toEqual([]);
  });

  test('fingerprints differ between checks and stay when numbers and lines change', () => {
    const before = issues().map(({ fingerprint }) => fingerprint);
    expect(new Set(before).size).toBe(before.length);
    const checks = gateExample().checks.map((check) => ({
      ...check,
      value: 1,
      line: 'x',
      source: 'gate.yaml:99',
    }));
    expect(issues(gateExample({ checks })).map(({ fingerprint }) => fingerprint)).toEqual(before);
    const twice = issues(gateExample({ checks: [checkOf(), checkOf()] }));
    expect(twice[0]?.fingerprint).not.toBe(twice[1]?.fingerprint);
  });
});

describe('OpenMetrics', () => {
  const families = readOpenMetrics(renderGateOpenMetrics(gateExample()));
  const named = (name: string) => families.find((family) => family.name === name);

  test('the verdict is a state set and ratios are ratios', () => {
    expect(
      named('tare_gate_verdict')?.samples.map(({ labels, value }) => [labels['tare_gate_verdict'], value]),
    ).toEqual([
      ['pass', 0],
      ['fail', 1],
      ['inconclusive', 0],
    ]);
    const ratio = named('tare_gate_cost_ratio');
    expect(ratio?.unit).toBe('ratio');
    expect(
      ratio?.samples.find(({ labels }) => labels['bound'] === 'estimate' && labels['runner'] === 'vm')?.value,
    ).toBe(1.2136);
  });

  test('values are in base units, named by them', () => {
    expect(
      named('tare_metric_startup_ready_seconds')?.samples.map(({ labels, value }) => [labels['side'], value]),
    ).toEqual([
      ['base', 0.0201],
      ['head', 0.0203],
      ['base', 0.412],
      ['head', 0.5],
    ]);
    expect(named('tare_metric_tare_memory_bytes')?.samples[0]?.value).toBe(50 * 2 ** 20);
    expect(named('tare_metric_startup_ready_ratio')?.samples[0]?.labels['reference']).toBe('container');
  });

  test('metrics that come to one name in two units stay apart', () => {
    const one = checkOf({
      kind: 'budget',
      key: keyOf({ metric: 'a.b' }),
      metric: { ...memoryMetric, unit: 'count' },
    });
    const two = checkOf({ kind: 'budget', key: keyOf({ metric: 'a-b' }) });
    const three = checkOf({
      kind: 'budget',
      key: keyOf({ metric: 'a.b.seconds' }),
      metric: { ...memoryMetric, unit: 'count' },
    });
    const read = readOpenMetrics(renderGateOpenMetrics(gateExample({ checks: [one, two, three] })));
    expect(read.map(({ name, unit }) => [name, unit]).slice(-3)).toEqual([
      ['tare_metric_a_b', ''],
      ['tare_metric_a_b_seconds', 'seconds'],
      ['tare_metric_a_b_seconds_2', ''],
    ]);
  });

  test('the reader is strict', () => {
    const good = renderGateOpenMetrics(gateExample());
    const broken = [
      good.replace('# EOF\n', ''),
      good.replace('_seconds seconds', '_seconds bytes'),
      good.replace('"} 1', '"} NaN?'),
      good.replace('gauge', 'guage'),
      good.replace(/(tare_gate_checks\{.*\n)/, '$1$1'),
      good.replace('policy="ci"', 'policy="c\\i"'),
    ];
    for (const text of broken) {
      expect(text).not.toBe(good);
      expect(() => readOpenMetrics(text)).toThrow();
    }
  });
});

describe('CSV', () => {
  const [head = [], ...rows] = readCsv(renderChangeCsv(changeExample()));
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);

  test('a line per row and per row of one side, with every digit', () => {
    expect(rows).toHaveLength(8);
    expect(column('cost_ratio').slice(0, 2)).toEqual(['1.2136', '1.00995']);
    expect(column('base_median')[3]).toBe('50331648');
    expect(column('unit').slice(0, 3)).toEqual(['s', 's', 'ratio']);
    expect(column('verdict').at(-1)).toBe('only in base');
    expect(column('refusals')[5]).toBe('C26: the hosts differ in cpu.model');
  });
});
