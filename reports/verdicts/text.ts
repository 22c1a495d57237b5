/**
 * Verdicts for a terminal or a CI log. Words carry the meaning; colour is added only when asked for. No label
 * can move the cursor or be taken for a command by a program that reads logs.
 */
import type { Block, Section, View } from '../parts/parts.ts';
import { ruleList } from '../parts/cited.ts';
import type { TextOptions } from '../formats/text.ts';
import { oneLine } from '../../model/visible-text.ts';
import { noticeText, tableText, toneCodes, wrapped } from '../formats/text.ts';
import type { ChangeReport, GateReport } from '../../verdicts/model.ts';
import { changeView } from './change-view.ts';
import { linesOf, gateAnswer } from './gate-view.ts';
import { checkWord, countedMetrics, fleetLines, inUrgency } from './words.ts';

type Paint = (text: string, code: string) => string;

const bold = '1';

export function changeText(report: ChangeReport, options: TextOptions): string {
  const view = changeView(report);
  const paint = painter(options);
  return finished([
    paint(oneLine(`${view.opening.title}: ${view.opening.subtitle}`), bold),
    wrapped(oneLine(view.opening.answer.join(' ')), widthOf(options), ''),
    ...openingNotices(view, options, paint),
    ...view.sections.flatMap((section) => sectionText(section, options, paint)),
    wrapped(view.footer, widthOf(options), ''),
  ]);
}

/** A line for each check that did not simply pass, most urgent first; what passed is counted. */
export function gateText(report: GateReport, options: TextOptions): string {
  const paint = painter(options);
  const checks = inUrgency(report.checks);
  const { lineOf, remarks } = linesOf(report);
  const passed = checks.filter((check) => checkWord(check).text === 'PASS');
  const loud = checks
    .filter((check) => checkWord(check).text !== 'PASS')
    .map((check) => {
      const word = checkWord(check);
      return `${paint(word.text.padEnd(12), toneCodes[word.tone])} ${oneLine(lineOf(check))}`;
    });
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? '' : [title, ...lines.map((line) => `  - ${oneLine(line)}`)].join('\n');
  return finished([
    loud.join('\n'),
    passed.length === 0
      ? ''
      : `${paint('PASS'.padEnd(12), toneCodes.less)} ${passed.length}: ${oneLine(countedMetrics(passed))}`,
    list('In hosts:', fleetLines(report.fleet)),
    list('This gate can see:', report.power),
    list('Remarks:', remarks),
    `${paint(oneLine(gateAnswer(report)), bold)} Policy ${oneLine(report.policy.name)} (${oneLine(report.policy.file)}).`,
  ]);
}

function openingNotices({ opening }: View, options: TextOptions, paint: Paint): string[] {
  const wrap = (line: string, indent = '') => wrapped(oneLine(line), widthOf(options), indent);
  return opening.notices.map((notice) => noticeText(notice, wrap, paint));
}

function sectionText(section: Section, options: TextOptions, paint: Paint): string[] {
  const wrap = (line: string) => wrapped(oneLine(line), widthOf(options), '');
  return [...section.blocks.map((block) => blockText(block, wrap, paint)), ...section.lead.map(wrap)];
}

function blockText(block: Block, wrap: (line: string) => string, paint: Paint): string {
  switch (block.kind) {
    case 'table':
      return `${paint(oneLine(block.table.caption), bold)}\n${tableText(block.table, paint)}`;
    case 'prose':
      return block.lines.map(wrap).join('\n');
    case 'fold':
      return oneLine(block.title);
    case 'facts':
    case 'charts':
    case 'code':
    case 'download':
    case 'notice':
      return '';
  }
}

/** Parts apart by an empty line, and nothing in them that a log reader would obey. */
function finished(parts: readonly string[]): string {
  const text = parts.filter((part) => part !== '').join('\n\n');
  const cited = ruleList(text);
  return `${withoutCommands(cited === '' ? text : `${text}\n\n${cited}`)}\n`;
}

/**
 * Build services obey lines that begin with `::command::`, and `##[command]` or `##vso[…]` anywhere in a
 * line: all of them are split so that they read the same and mean nothing.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^(\s*):(?=:)/gm, '$1: ').replaceAll(/#(?=#\w*\[)/g, '# ');
}

function painter({ color }: TextOptions): Paint {
  return (text, code) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
}

const widthOf = (options: TextOptions) => options.width ?? 100;
