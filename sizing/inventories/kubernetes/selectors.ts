/** Label selectors of Kubernetes: which labels they select, and themselves in one form. */
import type { LabelRule } from '../../model.ts';
import type { Selector } from './objects.ts';

export type Labels = Readonly<Record<string, string>>;

/** Requirements that must all hold, sorted; null: no selector, which selects nothing. An empty one selects all. */
export function requirementsOf(selector: Selector | undefined): readonly LabelRule[] | null {
  if (selector === undefined) return null;
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]): LabelRule => ({
    key,
    operator: 'In',
    values: [value],
  }));
  const others = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }): LabelRule => ({
    key,
    operator,
    values: values.toSorted(),
  }));
  const text = (rule: LabelRule) => JSON.stringify(rule);
  const distinct = new Map([...equal, ...others].map((rule) => [text(rule), rule]));
  return [...distinct].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}
