/** Advice and the rules as text and Markdown: answer first, then what it rests on, then what would turn it. */
import type { Advice } from './advise.ts';
import type { Condition, Rule } from './rules.ts';

export function adviceText(advice: Advice, form: 'text' | 'markdown'): string {
  const head = (text: string, level: number) => (form === 'markdown' ? `${'#'.repeat(level)} ${text}` : text);
  const list = (title: string, items: readonly string[]) =>
    items.length === 0
      ? []
      : ['', title, ...(form === 'markdown' ? [''] : []), ...items.map((item) => `- ${item}`)];
  const apps = advice.apps.flatMap((app) => {
    const spoke = app.findings.filter(
      ({ state, rule }) => state !== 'does not fire' || !/^[HCV]\d/.test(rule),
    );
    return [
      '',
      head(`${app.app}: ${app.answer}`, 2),
      '',
      `Confidence: ${app.confidence}.`,
      ...list(
        'Rules:',
        spoke.map(
          ({ rule, side, state, evidence, why, source }) =>
            `${rule} (for ${side}) ${state} [${evidence}${source === null ? '' : `: ${source}`}]: ${why}`,
        ),
      ),
      ...list('The answer would turn with:', app.flips),
      ...list('To be surer, measure:', app.measureNext),
    ];
  });
  return [
    head(`Advice for ${advice.name}: ${advice.answer}`, 1),
    '',
    advice.summary,
    ...apps,
    ...list('Measured, and not used or only with care:', advice.refused),
  ].join('\n');
}

export function rulesText(rules: readonly Rule[]): string {
  const all = rules.map(
    ({ id, side, strength, statement, when, evidence, published }) =>
      `${id}  ${strength}, for ${side}: ${statement}\n    when ${when.map(conditionWords).join(' and ')}${
        evidence === null ? '' : `\n    and ${evidence} shows it, VM over container`
      }${published === null ? '' : `; else published: ${published.join(', ')}`}`,
  );
  return [
    'Hard rules decide; soft rules speak where evidence carries them. There are no weights.',
    ...all,
  ].join('\n');
}

function conditionWords(condition: Condition): string {
  if ('equals' in condition) return `${condition.field} is ${condition.equals}`;
  if ('contains' in condition) return `${condition.field} has ${condition.contains}`;
  return `${condition.field} >= ${condition.atLeast}`;
}
