/**
 * Verdicts as markdown, for notes, summaries of CI jobs and pull requests. Labels are escaped, so that none
 * can become a link, a mention, a comment or a tag.
 */
import { markdownBlock, markdownNotice, markdownRules, markdownText } from '../formats/markdown.ts';
import type { View } from '../parts/parts.ts';
import type { ChangeReport, GateReport } from '../../verdicts/model.ts';
import { changeView } from './change-view.ts';
import { gateView } from './gate-view.ts';
import { withoutCommands } from './text.ts';

export function changeMarkdown(report: ChangeReport): string {
  return joined(markdownParts(changeView(report)));
}

export function gateMarkdown(report: GateReport): string {
  return joined(markdownParts(gateView(report)));
}

/** A document by its parts, most important first, so that what must be short can leave out the last. */
export function markdownParts(view: View): readonly string[] {
  const { opening } = view;
  const [answer = '', ...more] = opening.answer;
  const title = opening.subtitle === '' ? opening.title : `${opening.title}: ${opening.subtitle}`;
  const parts = [
    `## ${markdownText(title)}`,
    `**${markdownText(answer)}**`,
    ...more.map(markdownText),
    opening.counts.map((item) => markdownText(item.text)).join(' · '),
    ...opening.notices.map(markdownNotice),
    ...view.sections.flatMap((section) => [
      ...(section.blocks.some((block) => block.kind !== 'table') || section.lead.length > 0
        ? [`### ${markdownText(section.title)}`]
        : []),
      ...section.lead.map(markdownText),
      ...section.blocks.map(markdownBlock),
    ]),
  ];
  const cited = markdownRules(parts.join('\n\n'));
  return [...parts, cited, `_${markdownText(view.footer)}_`].filter((part) => part !== '');
}

/** Parts as a document that may also be printed into the log of a build service. */
export function joined(parts: readonly string[]): string {
  return withoutCommands(`${parts.join('\n\n')}\n`);
}
