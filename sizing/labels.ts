/** Rules on labels, as Kubernetes means them, and which host types carry what a row of the demand needs. */
import type { DemandRow, HostType, LabelRule, Taint, Toleration } from './model.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels satisfy a rule; a label that is not there satisfies NotIn and DoesNotExist. */
export function satisfies({ key, operator, values }: LabelRule, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

/** "pool in (gpu)" */
export function ruleWords({ key, operator, values }: LabelRule): string {
  const [first = ''] = values;
  if (operator === 'In' && values.length === 1) return `${key}=${first}`;
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `no ${key}`;
  if (operator === 'Gt' || operator === 'Lt') return `${key} ${operator === 'Gt' ? '>' : '<'} ${first}`;
  return `${key} ${operator === 'In' ? 'in' : 'not in'} (${values.join(', ')})`;
}

/**
 * Labels that the kubelet or the cloud gives every node: a host type that does not declare one is taken to have
 * whatever is asked for, as it will once it is a node.
 */
const givenToAll = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'node.kubernetes.io/windows-build',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);

export function isGivenToAll(key: string): boolean {
  return givenToAll.has(key);
}

type Asks = Pick<DemandRow, 'hostLabels' | 'hostRules' | 'tolerations'>;

/** May instances of this row run on hosts of this type, by labels and taints? */
export function mayRunOn(row: Asks, host: Pick<HostType, 'labels' | 'taints'>): boolean {
  const holds = (rule: LabelRule) =>
    (isGivenToAll(rule.key) && !Object.hasOwn(host.labels, rule.key)) || satisfies(rule, host.labels);
  const labels = equalRules(row).every(holds);
  const rules = row.hostRules.length === 0 || row.hostRules.some((all) => all.every(holds));
  return (
    labels && rules && host.taints.every((taint) => row.tolerations.some((one) => tolerates(one, taint)))
  );
}

function equalRules({ hostLabels }: Pick<DemandRow, 'hostLabels'>): LabelRule[] {
  return Object.entries(hostLabels).map(([key, value]) => ({ key, operator: 'In', values: [value] }));
}

function tolerates({ key, value, effect }: Toleration, taint: Taint): boolean {
  return (
    (effect === null || effect === taint.effect) &&
    (key === null || key === taint.key) &&
    (value === null || value === taint.value)
  );
}

/** What a host for it would be: "pool=gpu, tier in (gold, silver)"; null: any without a taint would do. */
export function hostWords(row: Asks): string | null {
  const equal = equalRules(row).map(ruleWords);
  const any = row.hostRules.map((all) => all.map(ruleWords).join(' and ')).join(', or ');
  const all = [...equal, ...(any === '' ? [] : [any])];
  return all.length === 0 ? null : all.join(', ');
}
