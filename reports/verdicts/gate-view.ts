/**
 * What `tare gate` says, as the parts that every format draws: what failed first, then what could not be
 * decided, then what passed, folded; what the gate could have seen; and the runs it rests on.
 */
import type { GateCheck, GateReport } from '../../verdicts/model.ts';
import type { Block, Notice, Opening, Section, Table, Tone, View } from '../parts/parts.ts';
import { badge, columns, narrow, number, table, text } from '../parts/parts.ts';
import { count } from '../parts/words.ts';
import { runsTable } from './change-view.ts';
import {
  checkWord,
  cellLabel,
  foundText,
  inUrgency,
  limitText,
  pText,
  severalScenarios,
  stateWord,
  valueText,
  fleetLines,
} from './words.ts';

export function gateView(report: GateReport): View {
  const sections = [checksSection(report), powerSection(report), runsSection(report)];
  return {
    opening: openingOf(report),
    sections: sections.filter((section) => section.blocks.length + section.lead.length > 0),
    footer: `Policy ${report.policy.name} (${report.policy.file}). Every number is recomputed from the records.`,
  };
}

/** "FAIL: 2 of 17 checks failed." with what else must be known to trust it. */
export function gateAnswer({ state, checks }: GateReport): string {
  const n = (wanted: GateCheck['state'], level: GateCheck['level']) =>
    checks.filter((check) => check.state === wanted && check.level === level).length;
  const of = count(checks.length, 'check');
  const open = n('inconclusive', 'error');
  const parts = [`${stateWord(state).text}: `];
  switch (state) {
    case 'fail':
      parts.push(`${n('fail', 'error')} of ${of} failed`, open > 0 ? `, ${open} could not be decided.` : '.');
      break;
    case 'inconclusive':
      parts.push(`none of ${of} failed, but ${open} could not be decided.`);
      break;
    case 'pass':
      parts.push(checks.length === 0 ? 'nothing was checked.' : `${passWords(checks)}.`);
      break;
  }
  const warned = n('fail', 'warn');
  if (warned > 0) parts.push(` ${count(warned, 'check')} at level warn failed, which fails no gate.`);
  const suspect = checks.filter((check) => check.implausible !== null).length;
  if (suspect > 0) parts.push(` ${suspect} too good to be believed.`);
  return parts.join('');
}

function passWords(checks: readonly GateCheck[]): string {
  const errors = checks.filter((check) => check.level === 'error');
  const many = `${errors.length === 1 ? '' : 'all '}${count(errors.length, 'check')}`;
  return errors.length === checks.length ? `${many} passed` : `${many} at level error passed`;
}

function openingOf(report: GateReport): Opening {
  const counts = new Map<string, { readonly tone: Tone; readonly n: number }>();
  for (const check of inUrgency(report.checks)) {
    const { text: word, tone } = checkWord(check);
    counts.set(word, { tone, n: (counts.get(word)?.n ?? 0) + 1 });
  }
  return {
    title: `Gate ${report.policy.name}`,
    subtitle: report.policy.file,
    answer: [gateAnswer(report)],
    acceleration: [],
    tilesTitle: '',
    tiles: [],
    counts: [...counts].map(([word, { tone, n }]) => ({ text: `${n} ${word}`, tone })),
    facts: [],
    headline: null,
    notices: noticesOf(report),
  };
}

function noticesOf(report: GateReport): Notice[] {
  const groups = new Map<string, { readonly tone: Tone; readonly lines: string[] }>();
  const { lineOf, remarks } = linesOf(report);
  for (const check of inUrgency(report.checks)) {
    const { text: word, tone } = checkWord(check);
    if (word === 'PASS') continue;
    const group = groups.get(word) ?? { tone, lines: [] };
    group.lines.push(lineOf(check));
    groups.set(word, group);
  }
  const notices = [...groups].map(([word, { tone, lines }]): Notice => ({
    kind: 'notice',
    tone,
    title: `${word}: ${count(lines.length, 'check')}`,
    lines,
  }));
  const plain = (title: string, tone: Tone, lines: readonly string[]): Notice[] =>
    lines.length === 0 ? [] : [{ kind: 'notice', tone, title, lines: [...new Set(lines)] }];
  return [
    ...notices,
    ...plain('In hosts', 'plain', fleetLines(report.fleet)),
    ...plain('Remarks', 'warn', remarks),
  ];
}

/** A line for each check that did not simply pass; what is remarked on several of them is said once, with how many. */
export function linesOf(report: GateReport): {
  readonly lineOf: (check: GateCheck) => string;
  readonly remarks: readonly string[];
} {
  const counts = new Map<string, number>();
  for (const check of report.checks) {
    if (checkWord(check).text === 'PASS') continue;
    for (const message of new Set(check.remarks.map((remark) => remark.message))) {
      counts.set(message, (counts.get(message) ?? 0) + 1);
    }
  }
  const shared = new Map([...counts].filter(([, n]) => n > 1));
  const withScenario = manyScenarios(report);
  return {
    lineOf: (check) =>
      checkLine(
        { ...check, remarks: check.remarks.filter(({ message }) => !shared.has(message)) },
        withScenario,
      ),
    remarks: [
      ...new Set(report.remarks.map((remark) => remark.message)),
      ...[...shared].map(([message, n]) => `${count(n, 'check')}: ${message}`),
    ],
  };
}

/** True where rows must be told apart by their scenario too. */
export function manyScenarios({ checks }: GateReport): boolean {
  return severalScenarios(checks.map(({ key }) => key));
}

/** The whole story of one check on one line, led by the row's name, with what weakens it and where its limit stands. */
export function checkLine(check: GateCheck, withScenario: boolean): string {
  const { line, implausible, level, state, source, remarks } = check;
  const suspect = implausible === null || line.includes(implausible) ? [] : [`suspect: ${implausible}`];
  const warnOnly = level === 'warn' && state !== 'fail' ? ', level warn' : '';
  const row = `${check.key.metric} of ${cellLabel(check.key, withScenario)}`;
  return [
    `${row}: ${line} (${source}${warnOnly})`,
    ...suspect,
    ...remarks.map(({ message }) => message),
  ].join('; ');
}

function checksSection(report: GateReport): Section {
  const withScenario = manyScenarios(report);
  const checks = inUrgency(report.checks);
  const passed = checks.filter((check) => checkWord(check).text === 'PASS');
  const loud = checks.filter((check) => checkWord(check).text !== 'PASS');
  const blocks: Block[] = [];
  if (loud.length > 0) {
    const caption = 'Checks that did not simply pass';
    blocks.push({ kind: 'table', table: checksTable('loud', caption, loud, withScenario) });
  }
  if (passed.length > 0) {
    const title = `${count(passed.length, 'check')} passed`;
    const content = checksTable('passed', title, passed, withScenario);
    blocks.push({ kind: 'fold', title, blocks: [{ kind: 'table', table: content }] });
  }
  return { id: 'checks', title: 'Checks', lead: [], blocks };
}

function checksTable(
  id: string,
  caption: string,
  checks: readonly GateCheck[],
  withScenario: boolean,
): Table {
  return table(
    `checks-${id}`,
    caption,
    columns('Metric', 'Cell', 'State', '#Old', '#New', '#Found', '#Limit', '#n', '#p', 'Where'),
    checks.map((check) => {
      const word = checkWord(check);
      return {
        head: check.key.metric,
        cells: [
          narrow(cellLabel(check.key, withScenario)),
          badge(word.text, word.tone),
          number(valueText(check.old, check.metric, check.key)),
          number(valueText(check.value, check.metric, check.key)),
          number(foundText(check)),
          number(limitText(check)),
          number(String(check.n)),
          number(pText(check.pAdjusted)),
          text(check.source),
        ],
      };
    }),
  );
}

function powerSection({ power }: GateReport): Section {
  const blocks: Block[] = power.length === 0 ? [] : [{ kind: 'prose', lines: power }];
  return { id: 'power', title: 'What this gate can see', lead: [], blocks };
}

function runsSection({ base, head }: GateReport): Section {
  const blocks: Block[] =
    base.length + head.length === 0 ? [] : [{ kind: 'table', table: runsTable(base, head) }];
  return { id: 'runs', title: 'What this rests on', lead: [], blocks };
}
