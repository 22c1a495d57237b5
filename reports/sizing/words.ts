/** A planner's words for what the packing engine says: hosts and instances, not bins and items. */
import { formatValue, formatShare } from '../../model/units.ts';
import { blockerOf, type Blocker } from '../../sizing/explain/blocker.ts';
import type { Alternative } from '../../sizing/problem.ts';
import type { BothWeights } from '../../sizing/weights.ts';
import type { Answer } from '../../sizing/size.ts';

export const alternativeNames: Readonly<Record<Alternative, string>> = {
  vm: 'virtual machines',
  container: 'containers',
  'containers-in-vms': 'containers in VMs',
};

/** Said with every figure that rests on a weight that nobody measured or declared. */
export function assumedMark(name: Alternative, weights: BothWeights): string {
  const rests = name === 'containers-in-vms' ? [weights.vm, weights.container] : [weights[name]];
  return rests.some(({ isDefault }) => isDefault === true) ? ' (assumed)' : '';
}

/** "5 small, 3 large": hosts to have, by kind. */
export function kindsWords({ byType }: Pick<Answer, 'byType'>): string {
  return byType
    .map(({ type, hosts }) => `${String(hosts)} ${type}`)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .join(', ');
}

/** How the engine calls its limit of items per bin. */
const slots = 'items per bin';

export function dimensionName(dimension: string): string {
  if (dimension === slots) return 'instances per host';
  return dimension === 'cpu' ? 'CPU' : dimension === 'iops' ? 'IOPS' : dimension;
}

export function hostsWord(count: number): string {
  return `${String(count)} host${Math.abs(count) === 1 ? '' : 's'}`;
}

/** "memory 79 %, CPU 78 %": the fullest, and what is within a point of it. */
export function bindingWords({ why }: Answer): string {
  return (
    why.binding
      .map(({ dimension, share }) => `${dimensionName(dimension)} ${formatShare(share)}`)
      .join(', ') || '–'
  );
}

/** What is survived, and no more than was shown: see `Evidence` of the packing engine. */
export function lossWords({ survives, hosts, spared }: Answer): string {
  if (survives.losses === 0) return 'none asked for';
  const { losses, unit } = survives;
  const any = `any ${String(losses)} ${unit}${losses === 1 ? '' : 's'}`;
  if (hosts === null || spared === null) return `${any}: no`;
  switch (spared.survival.evidence) {
    case 'replayed':
      return `${any}, replayed`;
    case 'taken over':
      return `${any}: empty ones hold all of any`;
    case 'with the fullest':
      return `each host with the ${losses === 2 ? '' : `${String(losses - 1)} `}fullest, replayed`;
  }
}

/** What a bound rests on, and so what one host fewer would break. */
function boundWords(method: string): string {
  const volume = /^volume of (.*)$/.exec(method)?.[1];
  if (volume !== undefined)
    return volume === slots
      ? 'there are more instances than fewer hosts may hold'
      : `all the ${dimensionName(volume)} asked for fills them`;
  const large = /^large items in (.*)$/.exec(method)?.[1];
  if (large !== undefined) return `instances large in ${dimensionName(large)} find no partners on a host`;
  if (method === 'large items in the sum of all')
    return 'instances large in all resources together find no partners on a host';
  if (method === 'kinds that never share a bin')
    return 'kinds of instances that never fit on one host need so many';
  if (method === 'items kept apart') return 'instances that are kept apart need so many';
  if (method === 'column generation') return 'no mix of contents of hosts does with less (column generation)';
  if (method === 'sum over islands of bins') return 'hosts that share no instances, each by itself';
  return method;
}

/** Where sums alone say it: how many of the largest host in use the demand is worth in one resource. */
function volumeWords({ packing, problem }: Answer): string | null {
  const used = new Set(packing.bins.map(({ type }) => type));
  const bins = problem.bins.filter(({ id }) => used.has(id));
  const worth = [...problem.dimensions, slots].map((dimension, d) => {
    const sum = problem.items.reduce((total, { count, size }) => total + count * (size[d] ?? 1), 0);
    const room = Math.max(...bins.map(({ capacity, maxItems }) => capacity[d] ?? maxItems ?? Infinity));
    return { dimension, hosts: room > 0 ? sum / room : 0 };
  });
  const [most] = worth.toSorted((a, b) => b.hosts - a.hosts);
  if (most === undefined || Math.ceil(most.hosts - 1e-6) < packing.countBound) return null;
  return most.dimension === slots
    ? `they may hold no more instances each: ${most.hosts.toFixed(2)} hosts' worth of them`
    : `the ${dimensionName(most.dimension)} asked for fills ${most.hosts.toFixed(2)} of them to the fill target`;
}

/** The gap between what was found and what is proven. */
export function gapWords({ packing }: Answer): string {
  if (packing.unplaced.length > 0) return '–';
  return packing.optimal ? 'none' : formatShare(packing.gap);
}

/** Why not one host fewer: proven, or what blocks it in this packing, or what has no place at all. */
export function whyNotFewer(answer: Answer): string {
  const { packing, problem, unplaced } = answer;
  const [none] = unplaced;
  if (none !== undefined)
    return `${String(none.count)} of ${none.item} has no place: ${reasonWords(none.reason)}`;
  if (packing.count === 0) return 'there is nothing to place';
  const { boundMethod } = packing;
  if (packing.count <= packing.countBound)
    return `proven: fewer than ${hostsWord(packing.countBound)} of these kinds cannot hold the demand; ${volumeWords(answer) ?? boundWords(boundMethod)}`;
  const blocker = blockerOf(problem, packing);
  const blocked = blocker === null ? '' : `; ${blockerWords(blocker)}`;
  if (packing.optimal) return `proven: nothing is cheaper; ${boundWords(boundMethod)}${blocked}`;
  return `not proven: at least ${hostsWord(packing.countBound)} of these kinds, and nothing cheaper was found (gap ${gapWords(answer)})${blocked}`;
}

function blockerWords(blocker: Blocker): string {
  const { type, item, all, exceeded, rule } = blocker;
  const easiest = `without its easiest host (${type})`;
  if (rule === 'spread') return `${easiest} all would fit, but not spread over the failure domains`;
  const short =
    exceeded !== null
      ? `: ${dimensionName(exceeded)} is short`
      : rule === 'apart'
        ? ', which is kept apart from its like'
        : ': room is left, but in pieces';
  return `${easiest} ${String(all)} ${all === 1 ? 'instance has' : 'instances have'} no place, first ${item}${short}`;
}

export function reasonWords(reason: string): string {
  return reason
    .replace('larger than any bin', 'larger than any host')
    .replace('there are no bins', 'there are no hosts')
    .replace(/^no bin is a host with (.*)$/, 'no host carries $1 (labels of a host in the catalogue)')
    .replace(/^no bin is a host without/, 'every host has')
    .replace(/^no bin is /, 'no host is ')
    .replace('available bins of', 'available hosts of')
    .replace(slots, 'instances per host')
    .replaceAll('in one bin', 'on one host')
    .replaceAll(/memory (\d+(?:\.\d+)?) > (\d+(?:\.\d+)?)/g, (_, a: string, b: string) => {
      const bytes = (value: string) => formatValue(Number(value), 'B');
      return `memory ${bytes(a)} > ${bytes(b)}`;
    });
}
