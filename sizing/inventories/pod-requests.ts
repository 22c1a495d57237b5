/**
 * What the scheduler counts a pod as: the sum of its containers and native sidecars or, if larger, its hungriest
 * init container with the sidecars started before it; plus the overhead of its RuntimeClass.
 */
import type { Source } from '../model.ts';
import { addProblem, type Notes } from './notes.ts';
import type { Pod } from './kubernetes-objects.ts';
import { parseQuantity } from './quantity.ts';

type Container = Pod['spec']['containers'][number];

export interface PodRequests {
  /** null where no container asks: the scheduler then counts none, and nobody knows what it needs. */
  readonly cpuThreads: number | null;
  readonly memoryBytes: number | null;
}

/** @returns requests in threads and bytes; quantities that make no sense are told and count as missing */
export function podRequests(pod: Pod, source: Source, notes: Notes): PodRequests {
  const cpu = requestOf(pod, 'cpu', source, notes);
  const memory = requestOf(pod, 'memory', source, notes);
  return { cpuThreads: cpu, memoryBytes: memory === null ? null : Math.ceil(memory) };
}

function requestOf(
  { metadata: { name }, spec }: Pod,
  field: 'cpu' | 'memory',
  source: Source,
  notes: Notes,
): number | null {
  const asked = ({ name: container, resources }: Container): number | null => {
    const got = resources?.requests?.[field] ?? resources?.limits?.[field];
    if (got === undefined) return null;
    const value = parseQuantity(got);
    const most = field === 'cpu' ? 1024 : 2 ** 46;
    if (value !== null && value >= 0 && value <= most) return value;
    addProblem(
      notes,
      source,
      `${container}.requests.${field}`,
      got,
      'is no sensible quantity',
      'mend the manifest',
      'value not used',
    );
    return null;
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
  const wholePod = spec.resources === undefined ? null : asked({ name: 'pod', resources: spec.resources });
  const missing = values.filter((value) => value === null).length;
  if (missing > 0 && wholePod === null) {
    addProblem(
      notes,
      source,
      `requests.${field}`,
      name,
      `${missing} of ${values.length} containers ask for none`,
      'give requests, or usage beside them: the pod counts as less than it needs',
      'value used',
    );
  }
  const none = [...values, ...inits.map(({ value }) => value)].every((value) => value === null);
  if (none && wholePod === null) return null;
  return (wholePod ?? Math.max(running, highest)) + (parseQuantity(spec.overhead?.[field]) ?? 0);
}
