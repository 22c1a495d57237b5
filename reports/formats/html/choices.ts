/**
 * Choices of a page that carries no script: a list of options for each, and style rules by which everything
 * tagged with another option is not shown. Only numbers of options enter the rules; words stay in the markup.
 */
import { element, type Markup } from './markup.ts';
import type { Choice, Tags } from '../../parts/parts.ts';

/** Those with something to choose between. */
const useful = (choices: readonly Choice[]) => choices.filter(({ options }) => options.length > 1);

/** Hidden until the page's style, and a browser that knows `:has`, make it work. */
export function choiceBar(choices: readonly Choice[]): Markup | null {
  const lists = useful(choices).map(({ id, title, options }) =>
    element(
      'label',
      {},
      `${title} `,
      element(
        'select',
        { id: `choice-${id}` },
        element('option', { value: '' }, 'all'),
        ...options.map((option, at) => element('option', { value: String(at) }, option)),
      ),
    ),
  );
  return lists.length === 0
    ? null
    : element('div', { class: 'choices', role: 'search', 'aria-label': 'Filters', hidden: true }, ...lists);
}

export function choiceStyle(choices: readonly Choice[]): string {
  return useful(choices)
    .flatMap(({ id, options }) =>
      options.map(
        (_, at) =>
          `body:has(#choice-${id} option[value="${at}"]:checked) [data-${id}]:not([data-${id}="${at}"]){display:none}`,
      ),
    )
    .join('\n');
}

/** What an element is tagged with, as attributes. */
export function tagAttributes(
  tags: Tags | undefined,
  choices: readonly Choice[],
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    useful(choices).map(({ id, options }) => {
      const at = options.indexOf(tags?.[id] ?? '');
      return [`data-${id}`, tags === undefined || at < 0 ? null : String(at)];
    }),
  );
}
