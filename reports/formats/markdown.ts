/**
 * The view as markdown for pull requests and notes: everything that is words or a table. Charts are
 * left to the HTML report. Labels are escaped, so that none can become a link, an image or a tag.
 */
import { families } from '../../bench/workloads/families.ts';
import type { Family } from '../../model/metric.ts';
import { visibleText } from '../../model/visible-text.ts';
import { citedRules, repository, ruleAnchor, rules } from '../../model/rules.ts';
import { escapeText } from './html/markup.ts';
import type { Block, Notice, Table, TableCell, View } from '../parts/parts.ts';
import { cellText } from '../parts/parts.ts';

/** Families kept: what a reviewer needs next to the change; the rest is in the HTML report. */
const keptFamilies: Readonly<Record<Family, boolean>> = {
  startup: true,
  tare: true,
  app: false,
  cpu: true,
  memory: true,
  io: true,
  network: true,
  density: false,
  'scale-out': false,
  isolation: false,
};

const keptSections: ReadonlySet<string> = new Set([
  ...families.filter((family) => keptFamilies[family]),
  'comparisons',
  'claims',
  'fairness',
  'refusals',
  'failures',
]);

export function markdownOf(view: View): string {
  const { opening } = view;
  const parts = [`# ${markdownText(opening.title)}`];
  const [first, ...more] = opening.answer;
  if (first !== undefined)
    parts.push(opening.few === true ? markdownText(first) : `**${markdownText(first)}**`);
  parts.push(...more.map(markdownText), ...opening.acceleration.map(markdownNotice));
  if (opening.headline !== null) parts.push(markdownTable(opening.headline));
  parts.push(opening.counts.map((item) => markdownText(item.text)).join(' · '));
  parts.push(...opening.notices.map(markdownNotice));
  parts.push(
    opening.facts.map((fact) => `- ${markdownText(fact.term)}: ${markdownText(fact.value)}`).join('\n'),
  );
  for (const section of view.sections) {
    if (!keptSections.has(section.id)) continue;
    parts.push(
      `## ${markdownText(section.title)}`,
      ...section.lead.map(markdownText),
      ...section.blocks.map(markdownBlock),
    );
  }
  parts.push(markdownRules(parts.join('\n\n')), `_${markdownText(view.footer)}_`);
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The rules that a finished text cites, each a link to the page that explains it. */
export function markdownRules(text: string): string {
  return citedRules(text)
    .map((id) => `- [${id}](${repository}/blob/main/${ruleAnchor(id)}): ${markdownText(rules[id].title)}`)
    .join('\n');
}

/** One block; charts and downloads are left out. */
export function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'table':
      return `### ${markdownText(block.table.caption)}\n\n${markdownTable(block.table)}`;
    case 'prose':
      return block.lines.map(markdownText).join('\n\n');
    case 'facts':
      return block.facts
        .map((fact) => `- ${markdownText(fact.term)}: ${markdownText(fact.value)}`)
        .join('\n');
    case 'code':
      return `${markdownText(block.title)}:\n\n${block.text
        .split('\n')
        .map((line) => `    ${visibleText(line)}`)
        .join('\n')}`;
    case 'notice':
      return markdownNotice(block);
    case 'fold':
      return [
        `<details><summary>${escapeText(block.title)}</summary>`,
        ...block.blocks.map(markdownBlock),
        '</details>',
      ].join('\n\n');
    case 'charts':
    case 'download':
      return '';
  }
}

export function markdownNotice(notice: Notice): string {
  return [
    `> **${markdownText(notice.title)}**`,
    ...notice.lines.map((line) => `> - ${markdownText(line)}`),
  ].join('\n');
}

export function markdownTable(table: Table): string {
  const kept = table.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => !column.graphic);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = table.rows.map((row) => {
    const all: TableCell[] = [{ kind: 'text', text: row.head }, ...row.cells];
    return line(
      kept.map(({ index }) => {
        const cell = all[index];
        return cell === undefined ? '' : markdownText(cellText(cell));
      }),
    );
  });
  return [
    line(kept.map(({ column }) => markdownText(column.title))),
    line(kept.map(({ column }) => (column.numeric ? '---:' : '---'))),
    ...rows,
    ...table.notes.map((note) => `\n${markdownText(note)}`),
  ].join('\n');
}

/**
 * Text with everything markdown or HTML would read as markup escaped, on one line. What forges link by
 * themselves (mentions, issue numbers, addresses) is split by a space of no width.
 */
export function markdownText(text: string): string {
  return visibleText(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll(/[\\`*_{}[\]<>|#!~$]/g, (sign) => `\\${sign}`)
    .replaceAll(/(https?|ftp):\/\//gi, '$1:&#8203;//')
    .replaceAll(/\bwww\./gi, (start) => `${start.slice(0, -1)}&#8203;.`)
    .replaceAll('@', '@&#8203;')
    .replaceAll(/(\\#|\bGH-)(?=\d)/gi, '$1&#8203;')
    .trim();
}
