/** What `compare` and `gate` say in text, markdown and JSON, word for word. */
import { expect, test } from 'vitest';
import { footnotes, raised } from './footnotes.ts';
import {
  gateExitCode,
  renderChangeJson,
  renderChangeMarkdown,
  renderChangeText,
  renderGateJson,
  renderGateMarkdown,
  renderGateText,
} from './index.ts';
import { changeExample, checkOf, gateExample, keyOf, rowOf } from './testing/examples.ts';
import { costText, growthText } from './words.ts';

const plain = { color: false };

test('compare prints a table per metric, then means, rows of one side, footnotes and runs', () => {
  expect(renderChangeText(changeExample(), plain)).toMatchSnapshot();
});

test('compare in markdown has the same tables', () => {
  expect(renderChangeMarkdown(changeExample())).toMatchSnapshot();
});

test('gate prints failures first, then warnings, what is undecided or suspect, and counts what passed', () => {
  expect(renderGateText(gateExample(), plain)).toMatchSnapshot();
});

test('gate in markdown folds what passed', () => {
  expect(renderGateMarkdown(gateExample())).toMatchSnapshot();
});

test('every verdict has its own word', () => {
  const text = renderChangeText(changeExample(), plain);
  for (const word of [
    'regression',
    'improvement',
    'equivalent',
    'different but small',
    'inconclusive, needs 48+48',
    'refused: rule C26',
    'no data',
  ]) {
    expect(text).toContain(word);
  }
});

test('undecided rows are not told as unchanged', () => {
  const rows = changeExample().rows.filter((row) => row.verdict === 'inconclusive');
  const text = renderChangeText(changeExample({ rows }), plain);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('is no evidence that nothing changed');
  expect(renderChangeText(changeExample({ rows: [] }), plain)).toContain('Nothing was compared');
});

test('equal remarks share a number, and numbers follow first use', () => {
  const notes = footnotes();
  expect(notes.mark(['b'])).toBe('¹');
  expect(notes.mark(['a', 'b', 'a'])).toBe('¹ ²');
  expect(notes.mark([])).toBe('');
  expect(notes.all()).toEqual(['b', 'a']);
  expect(raised(1205)).toBe('¹²⁰⁵');
});

test('cells name their scenario only where several are shown', () => {
  const two = [rowOf(), rowOf({ key: keyOf({ scenario: 'other' }) })];
  expect(renderChangeText(changeExample({ rows: two, missing: [] }), plain)).toContain(
    'other: vm/startup/small',
  );
  expect(renderChangeText(changeExample(), plain)).not.toContain('quick: vm');
});

test('numbers near 1 are fine enough to be read as changes', () => {
  expect([costText(1.0042), costText(12.345), costText(null)]).toEqual(['1.004×', '12.3×', '–']);
  expect([growthText(0.1), growthText(-0.0312), growthText(2.5), growthText(20)]).toEqual([
    '+10 %',
    '-3.12 %',
    '+250 %',
    '21.0×',
  ]);
});

test('JSON reads back as the report, under a schema', () => {
  expect(JSON.parse(renderChangeJson(changeExample()))).toEqual({
    schema: 1,
    kind: 'compare',
    ...changeExample(),
  });
  expect(JSON.parse(renderGateJson(gateExample()))).toEqual({
    schema: 1,
    kind: 'gate',
    exitCode: 1,
    ...gateExample(),
  });
});

test('exit codes are those that are documented', () => {
  expect(gateExitCode).toEqual({ pass: 0, fail: 1, inconclusive: 5 });
});

test.each([
  [[checkOf({ state: 'pass' })], 'pass', 'PASS: 1 check passed.'],
  [[], 'pass', 'PASS: nothing was checked.'],
  [[checkOf()], 'fail', 'FAIL: 1 of 1 check failed.'],
  [
    [checkOf({ state: 'inconclusive' })],
    'inconclusive',
    'INCONCLUSIVE: none of 1 check failed, but 1 could not be decided.',
  ],
  [
    [checkOf({ level: 'warn' }), checkOf({ state: 'pass' })],
    'pass',
    'PASS: 1 check at level error passed. 1 check at level warn failed, which fails no gate.',
  ],
] as const)('the gate says in one sentence what it decided: %#', (checks, state, sentence) => {
  expect(renderGateText(gateExample({ checks, state }), plain)).toContain(sentence);
  expect(renderGateMarkdown(gateExample({ checks, state }))).toContain(sentence);
});

test('colour is added only when asked for', () => {
  expect(renderGateText(gateExample(), { color: true })).toContain('\u001b[31mFAIL');
  expect(renderGateText(gateExample(), plain)).not.toContain('\u001b');
});

test('what is remarked on several checks of a gate is said once, with how many', () => {
  const report = gateExample();
  const drift = { code: 'drift', message: 'Not separated from host drift.' };
  const checks = report.checks.map((check) => ({ ...check, remarks: [drift] }));
  const said = renderGateText({ ...report, checks }, { color: false });
  expect(said.split(drift.message)).toHaveLength(2);
  expect(said).toMatch(/\d checks: Not separated from host drift\./);
});
