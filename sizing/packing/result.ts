/** A packer's loads in the words of the problem: names instead of indices, and every unit split into its items. */
import { fewestFor, type Bound } from './bounds.ts';
import type { Content, Fill, PackedBin, Packing, Unplaced } from './model.ts';
import type { Prepared } from './prepare.ts';
import { costOf, countOf, type Attempt, type Load } from './stock.ts';

export function toPacking(prepared: Prepared, attempt: Attempt, bound: Bound): Packing {
  const hand = handOut(prepared);
  const bins = merged(attempt.loads.flatMap((load) => binsOf(prepared, load, hand)));
  const unplaced = [...prepared.impossible, ...leftOver(prepared, hand)];
  const cost = costOf(prepared, attempt.loads);
  const count = countOf(attempt.loads);
  const gap = bound.cost > 0 ? Math.max(0, cost - bound.cost) / bound.cost : cost > 0 ? 1 : 0;
  return {
    bins,
    cost,
    count,
    bound: bound.cost,
    countBound: Math.max(bound.count, fewestFor(prepared, bound.cost)),
    gap,
    optimal: unplaced.length === 0 && cost <= bound.cost * (1 + 1e-9),
    method: attempt.method,
    boundMethod: bound.method,
    fill: fillOf(prepared, attempt.loads),
    unplaced,
  };
}

/** Per group a queue of its members' items: which of the equal ones goes where does not matter. */
type Hand = readonly { readonly queue: { item: number; perUnit: number; left: number }[]; at: number }[];

function handOut({ groups }: Prepared): Hand {
  return groups.map(({ members }) => ({
    queue: members.map(({ item, perUnit, count }) => ({ item, perUnit, left: count })),
    at: 0,
  }));
}

function takeFrom(prepared: Prepared, hand: Hand, group: number, units: number): Map<number, number> {
  const taken = new Map<number, number>();
  const own = hand[group];
  if (own === undefined) return taken;
  const { queue } = own;
  const joint = queue.length > 1 && (prepared.counts[group] as number) === 1;
  let left = joint ? Infinity : units;
  for (let next = queue[own.at]; next !== undefined && left > 0; next = queue[own.at]) {
    const part = Math.min(next.left, left * next.perUnit);
    taken.set(next.item, part);
    next.left -= part;
    left -= part / next.perUnit;
    if (next.left > 0) break;
    own.at += 1;
  }
  return taken;
}

function binsOf(prepared: Prepared, load: Load, hand: Hand): PackedBin[] {
  const simple = [...load.contents.keys()].every((group) => prepared.groups[group]?.members.length === 1);
  const type = prepared.problem.bins[load.type]?.id ?? '';
  const one = (copies: number): PackedBin => {
    const counts = new Map<number, number>();
    for (const [group, units] of load.contents) {
      for (const [item, count] of takeFrom(prepared, hand, group, units * copies)) {
        counts.set(item, (counts.get(item) ?? 0) + count / copies);
      }
    }
    const contents: Content[] = [...counts]
      .sort((a, b) => a[0] - b[0])
      .map(([item, count]) => ({ item: prepared.problem.items[item]?.id ?? '', count }));
    return { type, contents, copies };
  };
  return simple ? [one(load.copies)] : Array.from({ length: load.copies }, () => one(1));
}

function merged(bins: readonly PackedBin[]): readonly PackedBin[] {
  const alike = new Map<string, PackedBin>();
  for (const bin of bins) {
    const key = JSON.stringify([bin.type, bin.contents]);
    const known = alike.get(key);
    alike.set(key, known === undefined ? bin : { ...known, copies: known.copies + bin.copies });
  }
  return [...alike.values()].filter(({ copies }) => copies > 0);
}

function leftOver(prepared: Prepared, hand: Hand): Unplaced[] {
  return hand.flatMap(({ queue }, group) =>
    queue
      .filter(({ left }) => left > 0)
      .map(({ item, left }) => ({
        item: prepared.problem.items[item]?.id ?? '',
        count: left,
        reason: whyLeft(prepared, group),
      })),
  );
}

/** Only a limit leaves something over: bins without one are opened as needed. */
function whyLeft({ groups, types, problem }: Prepared, group: number): string {
  const rules = groups[group];
  const open = types.filter(({ index }) => rules?.allowed[index] === true);
  const names = open.map(({ index }) => problem.bins[index]?.id ?? '').join(', ');
  const limited = open.every(({ available }) => available !== Infinity);
  if (!limited) return `its failure domains are full: at most ${String(rules?.domainMost)} in each`;
  const supply = open.reduce((sum, { available }) => sum + available, 0);
  return `no room found in the ${String(supply)} available bins of ${names}`;
}

function fillOf(prepared: Prepared, loads: readonly Load[]): readonly Fill[] {
  const fills = prepared.names.map((dimension, d) => {
    let capacity = 0;
    let used = 0;
    for (const { type, left, copies } of loads) {
      const full = prepared.types[type]?.capacity[d] ?? 0;
      capacity += copies * full;
      used += copies * (full - (left[d] as number));
    }
    return { dimension, used, capacity, share: capacity > 0 ? used / capacity : 0 };
  });
  return fills.sort((a, b) => b.share - a.share);
}
