/**
 * Text as markup, each rule that it cites a link to its entry at the end of the page. Only those entries link to
 * the repository: a page is read where there is no network, too.
 */
import { citations, isRule, repository, ruleAnchor, rules } from '../../../model/rules.ts';
import { element, fragment, type Markup } from './markup.ts';

const entryId = (rule: string) => `rule-${rule.toLowerCase()}`;

export function linked(text: string): Markup {
  const pieces = citations(text).map(({ text: words, rule }) =>
    rule === null ? words : element('a', { href: `#${entryId(rule)}` }, words),
  );
  return fragment(...pieces);
}

/** The rules that the markup links to, explained; null where there are none. */
export function ruleEntries({ markup }: Markup): Markup | null {
  const ids = new Set(
    Array.from(markup.matchAll(/href="#rule-([a-z]\d+)"/g), ([, id = '']) => id.toUpperCase()),
  );
  const cited = [...ids].filter(isRule);
  if (cited.length === 0) return null;
  const entries = cited.map((id) =>
    element(
      'div',
      { id: entryId(id) },
      element('dt', {}, element('a', { href: `${repository}/blob/main/${ruleAnchor(id)}` }, id)),
      element('dd', {}, `${rules[id].title}. ${rules[id].why} What lifts it: ${rules[id].lifts}`),
    ),
  );
  return element(
    'section',
    { id: 'rules', class: 'part', 'aria-labelledby': 'rules-title' },
    element('h2', { id: 'rules-title' }, 'Rules cited on this page'),
    element('dl', {}, ...entries),
  );
}
