/**
 * Filters of a page that work without a script: a list to choose from for each, and style rules by which everything
 * tagged with another choice is not shown. Only numbers of choices enter the rules; words stay in the markup.
 */
import { element, type Markup } from './markup.ts';
import type { Filter, Tags } from './parts.ts';

/** Choosable filters: those with something to choose between. */
const useful = (filters: readonly Filter[]) => filters.filter(({ choices }) => choices.length > 1);

/** Hidden until the page's style, and a browser that knows `:has`, make it work. */
export function filterBar(filters: readonly Filter[]): Markup | null {
  const lists = useful(filters).map(({ id, title, choices }) =>
    element(
      'label',
      {},
      `${title} `,
      element(
        'select',
        { id: `filter-${id}` },
        element('option', { value: '' }, 'all'),
        ...choices.map((choice, at) => element('option', { value: String(at) }, choice)),
      ),
    ),
  );
  return lists.length === 0
    ? null
    : element('div', { class: 'filters', role: 'search', 'aria-label': 'Filters', hidden: true }, ...lists);
}

export function filterStyle(filters: readonly Filter[]): string {
  return useful(filters)
    .flatMap(({ id, choices }) =>
      choices.map(
        (_, at) =>
          `body:has(#filter-${id} option[value="${at}"]:checked) [data-${id}]:not([data-${id}="${at}"]){display:none}`,
      ),
    )
    .join('\n');
}

/** What an element is tagged with, as attributes. */
export function tagAttributes(
  tags: Tags | undefined,
  filters: readonly Filter[],
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    useful(filters).map(({ id, choices }) => {
      const at = choices.indexOf(tags?.[id] ?? '');
      return [`data-${id}`, tags === undefined || at < 0 ? null : String(at)];
    }),
  );
}
