/**
 * Advice for a terminal: lists where the page has tables, since a reason is a sentence. Says what the view says,
 * and colours nothing but the answers.
 */
import type { Advice, AppAdvice } from '../../guidance/advise.ts';
import { oneLine } from '../../model/visible-text.ts';
import { ruleList } from '../parts/cited.ts';
import { noticeText, wrapped, type TextOptions } from '../formats/text.ts';
import { withoutCommands } from '../verdicts/text.ts';
import { adviceView, evidenceWords, itemEvidence, spoke } from './view.ts';

export function adviceText(advice: Advice, today: Date, options: TextOptions): string {
  const width = options.width ?? 100;
  const paint = (text: string, code: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const wrap = (line: string, indent = '') => wrapped(oneLine(line), width, indent);
  const bold = (line: string) => paint(oneLine(line), '1');
  const bullet = (line: string, indent: string) => `${indent}- ${wrap(line, `${indent}  `).trimStart()}`;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [[title, ...lines.map((line) => bullet(line, '  '))].join('\n')];
  const { opening, sections } = adviceView(advice, today);
  const caveats = sections
    .filter(({ id }) => id === 'caveats')
    .flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === 'notice' ? [block] : [])));
  const rulesOf = ({ findings }: AppAdvice) => {
    const lines = findings.filter(spoke).flatMap((finding) => {
      const { rule, side, state, why, items } = finding;
      return [
        bullet(`${rule} (for ${side}) ${state} [${evidenceWords(finding)}]: ${why}`, '  '),
        ...items.map((item) =>
          bullet(`${item.state} [${itemEvidence(item, today).text}]: ${item.words}`, '      '),
        ),
      ];
    });
    return lines.length === 0 ? [] : [['Rules:', ...lines].join('\n')];
  };
  const app = (one: AppAdvice) => [
    bold(`${one.app}: ${one.answer}`),
    wrap(`Confidence: ${one.confidence}.`),
    ...rulesOf(one),
    ...list(
      'What would change the recommendation:',
      one.flips.map(({ words, answer }) => `${words}: ${answer}`),
    ),
    ...list(
      'To raise the confidence, measure:',
      one.measureNext.map(
        ({ command, tells, couldTurn }) =>
          `${command}: ${tells}${couldTurn.length === 0 ? '' : ` (could change it to ${couldTurn.join(' or ')})`}`,
      ),
    ),
  ];
  const parts = [
    bold(`${opening.title}: ${opening.subtitle}`),
    ...opening.answer.map((line) => wrap(line)),
    ...opening.notices.map((notice) => noticeText(notice, wrap, paint)),
    ...advice.apps.flatMap(app),
    ...caveats.map((notice) => noticeText(notice, wrap, paint)),
    ...opening.facts.map(({ term, value }) => wrap(`${term}: ${value}.`)),
  ];
  const said = parts.join('\n\n');
  return withoutCommands([said, ruleList(said)].filter((part) => part !== '').join('\n\n'));
}
