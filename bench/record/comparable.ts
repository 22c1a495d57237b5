/**
 * When two measurements were made under the same conditions: what a resumed run and a merged report must
 * agree on (METHODOLOGY C26). Pure comparisons of recorded facts.
 */
import { createHash } from 'node:crypto';
import type { HostFingerprint } from '../../model/instance.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { CellRecord } from '../../model/record.ts';
import type { WorkloadSpec } from '../../model/scenario.ts';

/** What of the cells' identities decides their numbers, as their runners said: keys in order, each once. */
export function decisiveIdentity(cells: readonly Pick<CellRecord, 'decisive'>[]): readonly string[] {
  return [...new Set(cells.flatMap(({ decisive }) => decisive))];
}

/** Identity of a cell that decides some of its numbers, and what it is called. */
const partlyDecisive: readonly {
  readonly key: string;
  readonly title: string;
  readonly decides: (metric: Pick<MetricDeclaration, 'id' | 'family' | 'unit'>) => boolean;
}[] = [
  {
    key: 'readiness',
    title: 'how a service is found ready',
    decides: ({ id }) => id === 'startup.cpu',
  },
  {
    key: 'translationBuffer',
    title: "the emulator's translation buffer",
    decides: ({ id, family, unit }) =>
      family === 'density' ||
      (unit === 'B' && (family === 'memory' || (family === 'tare' && !id.includes('disk')))),
  },
];

/** What decides this number of a cell and not all of its numbers, by title; `undefined`: its record does not know it. */
export function conditionsOf(
  { identity }: Pick<CellRecord, 'identity'>,
  metric: Pick<MetricDeclaration, 'id' | 'family' | 'unit'>,
): ReadonlyMap<string, string | undefined> {
  const deciding = partlyDecisive.filter(({ decides }) => decides(metric));
  return new Map(deciding.map(({ key, title }) => [title, identity[key]]));
}

/** Keys of identity that must be as they were for launches to be added to a record. */
export function resumedIdentity({ decisive }: Pick<CellRecord, 'decisive'>): readonly string[] {
  return [...decisive, ...partlyDecisive.map(({ key }) => key)];
}

/** Facts that must match but do not, with every host's value in turn; null where one does not know it. */
export function hostDifferences(
  hosts: readonly HostFingerprint[],
): readonly { readonly key: string; readonly values: readonly (string | null)[] }[] {
  const keys = new Set(hosts.flatMap(({ must }) => Object.keys(must)));
  return [...keys]
    .map((key) => ({ key, values: hosts.map(({ must }) => must[key] ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** The part of a version that changes when results are no longer comparable. */
export function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}

/**
 * sha256 over what is done in one launch: equal digests mean equal work. How often and on which runners it
 * is done, and where an image keeps its program, are not part of the work.
 */
export function workDigest(workload: WorkloadSpec): string {
  const { id: _id, blocks: _blocks, runners: _runners, baseline: _baseline, service, ...rest } = workload;
  const own = service?.own == null ? null : { ...service.own, program: '' };
  const work = { ...rest, service: service === null ? null : { ...service, own } };
  return createHash('sha256').update(canonical(work)).digest('hex');
}

/** JSON that is equal for equal contents, whatever the order of keys. */
export function canonical(value: unknown): string {
  const sorted = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(sorted);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(
      Object.entries(part)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [key, sorted(inner)]),
    );
  };
  return JSON.stringify(sorted(value));
}
