/**
 * Advice for a terminal: lists where the page has tables, since a reason is a sentence. Says what the view says,
 * and colours nothing but the answers.
 */
import type { Advice, AppAdvice } from '../../guidance/advise.ts';
import { noticeText, oneLine, wrapped, type TextOptions } from '../text.ts';
import { withoutCommands } from '../verdicts/text.ts';
import { adviceView, spoke } from './view.ts';

export function adviceText(advice: Advice, options: TextOptions): string {
  const width = options.width ?? 100;
  const paint = (text: string, code: string) => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const wrap = (line: string, indent = '') => wrapped(oneLine(line), width, indent);
  const bold = (line: string) => paint(oneLine(line), '1');
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [[title, ...lines.map((line) => `  - ${wrap(line, '    ').trimStart()}`)].join('\n')];
  const { opening } = adviceView(advice);
  const app = (one: AppAdvice) => [
    bold(`${one.app}: ${one.answer}`),
    wrap(`Confidence: ${one.confidence}.`),
    ...list(
      'Rules:',
      one.findings
        .filter(spoke)
        .map(
          ({ rule, side, state, evidence, source, why }) =>
            `${rule} (for ${side}) ${state} [${evidence}${source === null ? '' : `: ${source}`}]: ${why}`,
        ),
    ),
    ...list(
      'The answer would turn with:',
      one.flips.map(({ words, answer }) => `${words}: ${answer}`),
    ),
    ...list(
      'To be surer, measure:',
      one.measureNext.map(
        ({ command, tells, couldTurn }) =>
          `${command}: ${tells}${couldTurn.length === 0 ? '' : ` (could turn it to ${couldTurn.join(' or ')})`}`,
      ),
    ),
  ];
  const parts = [
    bold(`${opening.title}: ${opening.subtitle}`),
    ...opening.answer.map((line) => wrap(line)),
    ...opening.notices.map((notice) => noticeText(notice, wrap, paint)),
    ...advice.apps.flatMap(app),
    ...opening.facts.map(({ term, value }) => wrap(`${term}: ${value}.`)),
  ];
  return withoutCommands(parts.join('\n\n'));
}
