/**
 * Required anti-affinity between pods of one node as rules of a packing: of pods that select themselves one to a
 * host, and those that others avoid carry a mark. Both directions hold, as the scheduler keeps them.
 */
import { ruleWords, satisfies } from '../../labels.ts';
import type { DemandRow, LabelRule } from '../../model.ts';
import { uniqueIds } from '../rows.ts';
import type { AffinityTerm, Pod } from './objects.ts';
import { requirementsOf, type Labels } from './selectors.ts';

export const hostname = 'kubernetes.io/hostname';

interface Term {
  readonly rules: readonly LabelRule[];
  /** Sorted. */
  readonly namespaces: readonly string[];
}

export interface Affinities {
  /** Anti-affinity of this pod and against it. */
  readonly rulesOf: (pod: Pod) => Pick<DemandRow, 'apart' | 'marks' | 'avoids'>;
}

/** `namespaces`: labels of those that the dump holds; of others only the name is known, which is a label too. */
export function affinitiesOf(
  pods: readonly Pod[],
  namespaces: ReadonlyMap<string, Labels>,
  appOf: (pod: Pod) => string,
): Affinities {
  const terms: Term[] = [];
  const places = new Map<string, number>();
  const owned = new Map<Pod, ReadonlySet<number>>();
  for (const pod of pods) {
    const own = new Set<number>();
    for (const term of termsOf(pod, namespaces)) {
      const text = JSON.stringify(term);
      const at = places.get(text) ?? terms.length;
      if (at === terms.length) {
        places.set(text, at);
        terms.push(term);
      }
      own.add(at);
    }
    owned.set(pod, own);
  }
  const byLabels = new Map<string, ReadonlySet<number>>();
  const selectedBy = (pod: Pod): ReadonlySet<number> => {
    if (terms.length === 0) return nothing;
    const key = JSON.stringify([namespaceOf(pod), pod.metadata.labels]);
    const known = byLabels.get(key);
    if (known !== undefined) return known;
    const found = new Set(terms.flatMap((term, at) => (isSelected(term, pod) ? [at] : [])));
    byLabels.set(key, found);
    return found;
  };
  const own = (pod: Pod) => owned.get(pod) ?? nothing;
  // Who of a term's pods there is: a rule against nobody is none.
  const targets = new Set<number>();
  const outsiders = new Set<number>();
  const selfApps = new Map<number, Set<string>>();
  for (const pod of pods) {
    const selected = selectedBy(pod);
    for (const at of own(pod)) if (!selected.has(at)) outsiders.add(at);
    for (const at of selected) {
      if (!own(pod).has(at)) targets.add(at);
      else selfApps.set(at, (selfApps.get(at) ?? new Set()).add(appOf(pod)));
    }
  }
  const unique = uniqueIds();
  const names = terms.map((term) => unique(wordsOf(term)));
  const name = (at: number): string => names[at] ?? '';
  return {
    rulesOf: (pod) => {
      const [mine, selected] = [own(pod), selectedBy(pod)];
      const self = [...mine].filter((at) => selected.has(at));
      const outside = [...mine].filter((at) => !selected.has(at));
      const target = [...selected].filter((at) => !mine.has(at));
      const keyOf = (at: number) => (selfApps.get(at)?.size === 1 ? appOf(pod) : name(at));
      return {
        apart: [...new Set(self.map(keyOf))].sort().map((key) => ({ key, most: 1 })),
        marks: [
          ...self.filter((at) => outsiders.has(at)).map((at) => `${name(at)} (self)`),
          ...target.filter((at) => outsiders.has(at) || selfApps.has(at)).map(name),
        ].sort(),
        avoids: [
          ...self.filter((at) => targets.has(at)).map(name),
          ...outside.filter((at) => targets.has(at)).map(name),
          ...outside.filter((at) => selfApps.has(at)).map((at) => `${name(at)} (self)`),
        ].sort(),
      };
    },
  };
}

const nothing: ReadonlySet<number> = new Set();

export function namespaceOf({ metadata: { namespace } }: Pod): string {
  return namespace ?? 'default';
}

function termsOf(pod: Pod, namespaces: ReadonlyMap<string, Labels>): Term[] {
  const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.flatMap((term) => {
    if (term.topologyKey !== hostname) return [];
    const rules = requirementsOf(term.labelSelector);
    // A null selector selects no pod.
    if (rules === null) return [];
    return [
      { rules: [...rules, ...byKeys(term, pod)], namespaces: scopeOf(term, namespaceOf(pod), namespaces) },
    ];
  });
}

/** matchLabelKeys and mismatchLabelKeys: the pod's own values, or any but those. */
function byKeys({ matchLabelKeys = [], mismatchLabelKeys = [] }: AffinityTerm, pod: Pod): LabelRule[] {
  const { labels = {} } = pod.metadata;
  const rule = (operator: 'In' | 'NotIn') => (key: string) =>
    labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }];
  return [...matchLabelKeys.flatMap(rule('In')), ...mismatchLabelKeys.flatMap(rule('NotIn'))];
}

/** Named ones and selected ones together; the pod's own where neither is given; all where the selector is empty. */
function scopeOf(
  { namespaces: named = [], namespaceSelector }: AffinityTerm,
  own: string,
  namespaces: ReadonlyMap<string, Labels>,
): string[] {
  const rules = requirementsOf(namespaceSelector);
  if (rules === null) return named.length === 0 ? [own] : [...new Set(named)].sort();
  const selected = [...namespaces].flatMap(([name, labels]) =>
    rules.every((rule) => satisfies(rule, { 'kubernetes.io/metadata.name': name, ...labels })) ? [name] : [],
  );
  return [...new Set([...named, ...selected])].sort();
}

function isSelected({ rules, namespaces }: Term, pod: Pod): boolean {
  const { labels = {} } = pod.metadata;
  return namespaces.includes(namespaceOf(pod)) && rules.every((rule) => satisfies(rule, labels));
}

function wordsOf(term: Term): string {
  const rules = term.rules.map(ruleWords).join(', ');
  const [first = '', ...others] = term.namespaces;
  const where = others.length === 0 ? first : `${String(others.length + 1)} namespaces from ${first}`;
  return `${rules === '' ? 'every pod' : rules} in ${where}`;
}
