/**
 * The view as markdown for pull requests and notes: everything that is words or a table. Charts are
 * left to the HTML report. Labels are escaped, so that none can become a link, an image or a tag.
 */
import { escapeText, visibleText } from './markup.ts';
import type { Block, Notice, Table, TableCell, View } from './parts.ts';

/** Sections kept: what a reviewer needs beside the change; the rest is in the HTML report. */
const keptSections = new Set([
  'startup',
  'tare',
  'cpu',
  'memory',
  'io',
  'network',
  'comparisons',
  'claims',
  'fairness',
  'refusals',
  'failures',
]);

export function markdownOf(view: View): string {
  const { opening } = view;
  const parts = [`# ${plain(opening.title)}`];
  const [first, ...more] = opening.answer;
  if (first !== undefined) parts.push(`**${plain(first)}**`);
  parts.push(...more.map(plain), ...opening.acceleration.map(noticeOf));
  if (opening.headline !== null) parts.push(tableOf(opening.headline));
  parts.push(opening.counts.map((item) => plain(item.text)).join(' · '));
  parts.push(...opening.notices.map(noticeOf));
  parts.push(opening.facts.map((fact) => `- ${plain(fact.term)}: ${plain(fact.value)}`).join('\n'));
  for (const section of view.sections) {
    if (!keptSections.has(section.id)) continue;
    parts.push(`## ${plain(section.title)}`, ...section.lead.map(plain), ...section.blocks.map(blockOf));
  }
  parts.push(`_${plain(view.footer)}_`);
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function blockOf(block: Block): string {
  switch (block.kind) {
    case 'table':
      return `### ${plain(block.table.caption)}\n\n${tableOf(block.table)}`;
    case 'prose':
      return block.lines.map(plain).join('\n\n');
    case 'facts':
      return block.facts.map((fact) => `- ${plain(fact.term)}: ${plain(fact.value)}`).join('\n');
    case 'code':
      return `${plain(block.title)}:\n\n${block.text
        .split('\n')
        .map((line) => `    ${visibleText(line)}`)
        .join('\n')}`;
    case 'notice':
      return noticeOf(block);
    case 'fold':
      return [
        `<details><summary>${escapeText(block.title)}</summary>`,
        ...block.blocks.map(blockOf),
        '</details>',
      ].join('\n\n');
    case 'charts':
    case 'download':
      return '';
  }
}

function noticeOf(notice: Notice): string {
  return [`> **${plain(notice.title)}**`, ...notice.lines.map((line) => `> - ${plain(line)}`)].join('\n');
}

function tableOf(table: Table): string {
  const kept = table.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => !column.graphic);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = table.rows.map((row) => {
    const all: TableCell[] = [{ kind: 'text', text: row.head }, ...row.cells];
    return line(kept.map(({ index }) => plain(all[index]?.text ?? '')));
  });
  return [
    line(kept.map(({ column }) => plain(column.title))),
    line(kept.map(({ column }) => (column.numeric ? '---:' : '---'))),
    ...rows,
    ...table.notes.map((note) => `\n${plain(note)}`),
  ].join('\n');
}

/** Text with everything markdown or HTML would read as markup escaped, on one line. */
function plain(text: string): string {
  return visibleText(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>|#!~]/g, (sign) => `\\${sign}`)
    .replaceAll('&', '&amp;')
    .replaceAll(/(https?):\/\//g, '$1:&#8203;//')
    .trim();
}
