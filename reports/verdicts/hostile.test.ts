/** Labels that try to break out, in every place where a label can stand, in every format. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as formats from './index.ts';
import { readCsv } from './testing/csv.ts';
import { hostileChange, hostileGate, hostileLabels } from './testing/hostile.ts';
import { readOpenMetrics } from './testing/openmetrics.ts';
import { readXml } from './testing/xml.ts';

/** The known ones, any letters at all, and pieces of markup strung together. */
const labels = fc.oneof(
  fc.constantFrom(...hostileLabels),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '\n',
        '::',
        '##[',
        '`',
        '|',
        '@a',
        '#1',
        '<',
        '>',
        '"',
        "'",
        '&',
        '\\',
        ',',
        '=',
        '-->',
        ' ',
        '\t',
        '\r',
        'x',
      ),
    )
    .map((pieces) => pieces.join('')),
);
const always = (check: (label: string) => void) => {
  for (const label of hostileLabels) check(label);
  fc.assert(fc.property(labels, check), { numRuns: 60 });
};

// eslint-disable-next-line no-control-regex
const invisible = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/;
const command = /^\s*::|##\w*\[/m;
const plain = { color: false };

test('text shows no escape, turns nothing around and commands no build service', () => {
  always((label) => {
    for (const text of [
      formats.renderChangeText(hostileChange(label), plain),
      formats.renderGateText(hostileGate(label), plain),
    ]) {
      expect(text).not.toMatch(invisible);
      expect(text).not.toMatch(command);
      expect(text.isWellFormed()).toBe(true);
    }
  });
});

test('a label takes one line, however many it has', () => {
  const lines = (label: string) => formats.renderGateText(hostileGate(label), plain).split('\n').length;
  expect(lines('a\nb\r\nc\u2028d\u0085e')).toBe(lines('a b c d e'));
});

test('JSON reads back the same and is clean on its way', () => {
  always((label) => {
    for (const [report, json] of [
      [hostileChange(label), formats.renderChangeJson(hostileChange(label))],
      [hostileGate(label), formats.renderGateJson(hostileGate(label))],
    ] as const) {
      expect(JSON.parse(json)).toMatchObject(JSON.parse(JSON.stringify(report)) as object);
      expect(json).not.toMatch(invisible);
      expect(json).not.toMatch(command);
    }
  });
});

describe('markdown', () => {
  /** What a reader of markdown obeys: our own signs taken away, and every escaped one. */
  const bare = (text: string) =>
    text
      .replaceAll(/\\[^\w\s]/g, '')
      .replaceAll(/^<!-- tare-gate [0-9a-f]{12} -->$/gm, '')
      .replaceAll(/<details><summary>\d+ checks? passed<\/summary>|<\/details>/g, '')
      // Our own list of the rules cited.
      .replaceAll(/^- \[C\d+\]\(https:\/\/[\w./-]+#c\d+\)(?=: )/gm, '')
      .replaceAll(/^> /gm, '');

  test.each([
    ['compare', (label: string) => formats.renderChangeMarkdown(hostileChange(label))],
    ['gate', (label: string) => formats.renderGateMarkdown(hostileGate(label))],
    ['summary', (label: string) => formats.renderGateSummary(hostileGate(label))],
    ['comment', (label: string) => formats.renderGateComment(hostileGate(label))],
  ])('of %s: no tag, no comment, no link, no mention, no reference, no code', (_name, render) => {
    always((label) => {
      const text = render(label);
      expect(text).not.toMatch(invisible);
      const obeyed = bare(text);
      expect(obeyed).not.toMatch(/[<>`[\]$~]/);
      expect(obeyed).not.toMatch(/@(?!&#8203;)|https?:\/\/|\bwww\./i);
      expect(text).not.toMatch(/\\#\d|\bGH-\d/i);
      expect(text.replaceAll(/&#8203;|&amp;|&lt;|&gt;|&quot;|&#39;/g, '')).not.toContain('&');
    });
  });

  test('what is printed commands no build service', () => {
    always((label) => {
      expect(formats.renderChangeMarkdown(hostileChange(label))).not.toMatch(command);
      expect(formats.renderGateMarkdown(hostileGate(label))).not.toMatch(command);
    });
  });

  test('tables keep their columns', () => {
    always((label) => {
      const rows = formats
        .renderGateMarkdown(hostileGate(label))
        .replaceAll(/\\./g, '')
        .split('\n')
        .filter((line) => line.startsWith('| '));
      const counts = new Set(rows.map((row) => row.split('|').length));
      expect([...counts].sort((a, b) => a - b)).toEqual([9, 12]);
    });
  });

  test('a comment is never too long, and has one mark', () => {
    always((label) => {
      const comment = formats.renderGateComment(hostileGate(label.repeat(40)));
      expect(comment.length).toBeLessThanOrEqual(65_536);
      expect(comment.match(/<!--/g)).toHaveLength(1);
    });
  });
});

test('JUnit stays well formed and keeps its cases', () => {
  always((label) => {
    const suites = readXml(formats.renderGateJunit(hostileGate(label))).children;
    const cases = suites.flatMap(({ children }) => children.filter(({ name }) => name === 'testcase'));
    expect(cases).toHaveLength(6);
    for (const each of [...suites, ...cases]) expect(each.attributes['name']).not.toBe('');
  });
});

test('annotations are one command a line, each of ours', () => {
  always((label) => {
    const lines = formats.renderGateAnnotations(hostileGate(label)).trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines) {
      expect(line).toMatch(/^::(error|warning|notice) (file=[^:,]*,)?(line=12,)?title=[^:,]*::/);
      expect(line).not.toMatch(invisible);
      expect(line).not.toMatch(/##\w*\[/);
    }
  });
});

test('GitLab gets a place and a clean description', () => {
  always((label) => {
    const text = formats.renderGateGitlabQuality(hostileGate(label));
    expect(text).not.toMatch(invisible);
    for (const issue of JSON.parse(text) as { location: { path: string }; description: string }[]) {
      expect(issue.location.path).not.toBe('');
      expect(issue.description.length).toBeLessThanOrEqual(2000);
    }
  });
});

test('OpenMetrics stays readable', () => {
  always((label) => {
    const families = readOpenMetrics(formats.renderGateOpenMetrics(hostileGate(label)));
    expect(families.map(({ name }) => name)).toContain('tare_gate_verdict');
  });
});

test('a spreadsheet computes no label, and numbers stay numbers', () => {
  always((label) => {
    const rows = readCsv(formats.renderChangeCsv(hostileChange(label)));
    expect(rows).toHaveLength(9);
    for (const cell of rows.slice(1).flat()) {
      expect(cell).not.toMatch(invisible);
      if (!/^-?\d+(\.\d+)?(e-?\d+)?$/.test(cell)) expect(cell).not.toMatch(/^\s*[=+\-@\t\r＝＋－＠]/);
    }
  });
  const [head = [], first = []] = readCsv(formats.renderChangeCsv(hostileChange('=1')));
  expect(first[head.indexOf('runner')]).toBe("'=1");
  expect(first[head.indexOf('cost_ratio')]).toBe('1.2136');
});
