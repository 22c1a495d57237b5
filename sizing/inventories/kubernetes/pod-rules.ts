/**
 * Where a pod may run, as its manifest binds the scheduler: node selector and required node affinity, tolerations,
 * ports of the node, spread over zones. Preferences do not bind. What binds and is not applied is counted by name.
 */
import { isGivenToAll } from '../../labels.ts';
import type { DemandRow, LabelRule, Toleration } from '../../model.ts';
import { tally, type Notes } from '../notes.ts';
import { hostname, namespaceOf } from './affinity.ts';
import type { NodeTerm, Pod, Selector } from './objects.ts';
import { requirementsOf } from './selectors.ts';

export const zones = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];

type HostRules = Pick<DemandRow, 'hostLabels' | 'hostRules' | 'tolerations'>;

export function hostRulesOf({ spec }: Pod): HostRules {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return {
    hostLabels: spec.nodeSelector ?? {},
    hostRules: required === undefined ? [] : alternativesOf(required.nodeSelectorTerms ?? []),
    tolerations: (spec.tolerations ?? []).flatMap(({ key, operator, value, effect }): Toleration[] =>
      // Every pod tolerates the states of a node for a while.
      key?.startsWith('node.kubernetes.io/') === true
        ? []
        : [
            {
              key: key ?? null,
              value: operator === 'Exists' ? null : (value ?? ''),
              effect: effect ?? null,
            },
          ],
    ),
  };
}

/** An empty term selects no node; one of fields alone names a node of today, and any may be in its place. */
function alternativesOf(terms: readonly NodeTerm[]): readonly (readonly LabelRule[])[] {
  const filled = terms.filter(
    ({ matchExpressions = [], matchFields = [] }) => matchExpressions.length + matchFields.length > 0,
  );
  if (filled.length === 0) return [[{ key: 'a label that no node has', operator: 'In', values: [] }]];
  return filled.map(({ matchExpressions = [] }) =>
    matchExpressions.map(({ key, operator, values = [] }): LabelRule => ({ key, operator, values })),
  );
}

/** Two pods that want one port of their node cannot share it. */
export function portRulesOf({ spec }: Pod): DemandRow['apart'] {
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  const names = ports.flatMap(({ hostPort, protocol = 'TCP' }) =>
    hostPort === undefined || hostPort === 0 ? [] : [`port ${String(hostPort)}/${protocol} of the node`],
  );
  return [...new Set(names)].sort().map((key) => ({ key, most: 1, withinKernel: true }));
}

/** Pods of one app differ by at most so many between zones. */
export function spreadOf({ spec }: Pod, key: string): DemandRow['spread'] {
  const spread = spec.topologySpreadConstraints?.find(
    ({ topologyKey, whenUnsatisfiable }) =>
      whenUnsatisfiable === 'DoNotSchedule' && zones.includes(topologyKey),
  );
  return spread === undefined ? null : { key, skew: spread.maxSkew };
}

/** Counts, over all pods, what binds the scheduler and is not applied here. */
export function countUnread(
  pods: readonly Pod[],
  namespaces: ReadonlyMap<string, unknown>,
  notes: Notes,
): void {
  for (const pod of pods) {
    const name = `${namespaceOf(pod)}/${pod.metadata.name}`;
    for (const what of new Set(unreadOf(pod, namespaces))) tally(notes, what, name);
  }
}

function unreadOf(pod: Pod, namespaces: ReadonlyMap<string, unknown>): string[] {
  const { affinity, topologySpreadConstraints = [], nodeSelector = {}, resourceClaims = [] } = pod.spec;
  const anti = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const near = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const nodeTerms =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const keys = [
    ...Object.keys(nodeSelector),
    ...nodeTerms.flatMap(({ matchExpressions = [] }) => matchExpressions.map(({ key }) => key)),
  ];
  return [
    ...anti
      .filter(({ topologyKey }) => topologyKey !== hostname)
      .map(({ topologyKey }) => `not applied: required anti-affinity over ${topologyKey}`),
    ...near.map(({ topologyKey }) => `not applied: required affinity to other pods over ${topologyKey}`),
    ...[...anti, ...near].flatMap(({ namespaceSelector }) =>
      namespaceSelector !== undefined && !isEmpty(namespaceSelector) && namespaces.size === 0
        ? [
            'namespaces selected by labels, of which the dump knows the names alone (add kubectl get namespaces)',
          ]
        : [],
    ),
    ...topologySpreadConstraints
      .filter(
        ({ topologyKey, whenUnsatisfiable }) =>
          whenUnsatisfiable === 'DoNotSchedule' && !zones.includes(topologyKey),
      )
      .map(({ topologyKey }) => `not applied: spread over ${topologyKey}`),
    ...(nodeTerms.some(({ matchFields = [] }) => matchFields.length > 0)
      ? ['not applied: pinned to a node by its name']
      : []),
    ...(resourceClaims.length > 0 ? ['not counted: devices claimed by resourceClaims'] : []),
    ...keys
      .filter(isGivenToAll)
      .map((key) => `${key}, which every node has, binds only on hosts that declare it`),
  ];
}

function isEmpty(selector: Selector): boolean {
  return requirementsOf(selector)?.length === 0;
}
