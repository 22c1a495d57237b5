/**
 * What the scheduler counts a pod as: the sum of its containers and native sidecars or, if larger, its hungriest
 * init container with the sidecars started before it; plus the overhead of its RuntimeClass. While a pod is resized
 * in place, the largest of what is asked for, allocated and in force (KEP-1287); where the resize is infeasible,
 * what is asked for does not count. Huge pages are memory of the host that nobody else gets.
 */
import type { Source } from '../../model.ts';
import { addProblem, type Notes } from '../notes.ts';
import type { Container, Pod } from './objects.ts';
import { parseQuantity } from './quantity.ts';

export interface PodRequests {
  /** null where no container asks: the scheduler then counts none, and nobody knows what it needs. */
  readonly cpuThreads: number | null;
  readonly memoryBytes: number | null;
  /** Every other resource that is named: GPUs, network functions, ephemeral storage. */
  readonly devices: Readonly<Record<string, number>>;
}

type Amounts = Readonly<Record<string, unknown>>;

const hugePages = /^hugepages-/;

/** @returns requests in threads, bytes and units; quantities that make no sense are reported and count as missing */
export function podRequests(pod: Pod, source: Source, notes: Notes): PodRequests {
  const of = (field: string) => requestOf(pod, field, source, notes);
  const names = namesIn(pod);
  const [cpuThreads, memory] = [of('cpu'), of('memory')];
  const pages = names.filter((name) => hugePages.test(name)).reduce((sum, name) => sum + (of(name) ?? 0), 0);
  const others = names.filter((name) => !hugePages.test(name) && name !== 'cpu' && name !== 'memory');
  return {
    cpuThreads,
    memoryBytes: memory === null && pages === 0 ? null : Math.ceil((memory ?? 0) + pages),
    devices: Object.fromEntries(
      others.map((name) => [name, of(name) ?? 0] as const).filter(([, units]) => units > 0),
    ),
  };
}

function namesIn({ spec }: Pod): string[] {
  const asked = [...spec.containers, ...(spec.initContainers ?? []), { resources: spec.resources }];
  const named = asked.flatMap(({ resources }) => [resources?.requests ?? {}, resources?.limits ?? {}]);
  return [...new Set([...named, spec.overhead ?? {}].flatMap(Object.keys))].sort();
}

function requestOf(pod: Pod, field: string, source: Source, notes: Notes): number | null {
  const {
    metadata: { name },
    spec,
    status,
  } = pod;
  const read = (got: unknown, where: string): number | null => {
    if (got === undefined) return null;
    const value = parseQuantity(got);
    const most = field === 'cpu' ? 1024 : field === 'memory' || hugePages.test(field) ? 2 ** 46 : 1e15;
    if (value !== null && value >= 0 && value <= most) return value;
    addProblem(
      notes,
      source,
      `${where}.requests.${field}`,
      got,
      'is no sensible quantity',
      'fix the manifest',
      'value not used',
    );
    return null;
  };
  const isInfeasible =
    status?.resize === 'Infeasible' ||
    status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible') ===
      true;
  const largest = (asked: number | null, granted: readonly (Amounts | undefined)[]): number | null => {
    const others = granted.flatMap((amounts) => parseQuantity(amounts?.[field]) ?? []);
    const all = [...(asked === null || (isInfeasible && others.length > 0) ? [] : [asked]), ...others];
    return all.length === 0 ? null : Math.max(...all);
  };
  const statuses = new Map(
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((one) => [
      one.name,
      one,
    ]),
  );
  const asked = ({ name: container, resources }: Pick<Container, 'name' | 'resources'>): number | null => {
    const got = statuses.get(container);
    return largest(read(resources?.requests?.[field] ?? resources?.limits?.[field], container), [
      got?.allocatedResources,
      got?.resources?.requests,
    ]);
  };
  const values = spec.containers.map(asked);
  const inits = (spec.initContainers ?? []).map((it) => ({
    value: asked(it),
    stays: it.restartPolicy === 'Always',
  }));
  let sidecars = 0;
  let highest = 0;
  for (const { value, stays } of inits) {
    if (stays) sidecars += value ?? 0;
    else highest = Math.max(highest, sidecars + (value ?? 0));
  }
  const running = values.reduce<number>((sum, value) => sum + (value ?? 0), sidecars);
  const ownOfPod = read(spec.resources?.requests?.[field] ?? spec.resources?.limits?.[field], 'pod');
  const wholePod =
    spec.resources === undefined || ownOfPod === null
      ? null
      : largest(ownOfPod, [status?.allocatedResources, status?.resources?.requests]);
  const missing = values.filter((value) => value === null).length;
  const isCommon = field === 'cpu' || field === 'memory';
  if (isCommon && missing > 0 && wholePod === null) {
    addProblem(
      notes,
      source,
      `requests.${field}`,
      name,
      `${missing} of ${values.length} containers request none`,
      'give requests, or usage next to them: the pod counts as less than it needs',
      'value used',
    );
  }
  const none = [...values, ...inits.map(({ value }) => value)].every((value) => value === null);
  if (none && wholePod === null && isCommon) return null;
  return (wholePod ?? Math.max(running, highest)) + (parseQuantity(spec.overhead?.[field]) ?? 0);
}
