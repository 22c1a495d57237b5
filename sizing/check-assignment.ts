/**
 * Does an assignment do what the answer says it does? Every rule of the packing, hosts numbered without a gap and
 * each of one kind, every loss replayed on the hosts as they are in it, and machines on the hosts that are those
 * which the containers were put into.
 */
import { storageName, type Assigned } from './assignment.ts';
import { lossOf } from './losses.ts';
import { checkPacking } from './packing/check.ts';
import { binsOf, fleetOf } from './packing/losses/fleet.ts';
import { surviveLoss } from './packing/losses/replay.ts';
import type { PackedBin, Problem } from './packing/model.ts';
import type { Answer, Sizing } from './size.ts';
import type { StorageAnswer } from './storage/place.ts';

type Name = Assigned['alternative'];

/** An answer with the problem behind each of its levels. */
interface Certified {
  readonly name: Name;
  readonly levels: readonly { readonly level: string; readonly problem: Problem }[];
  /** Something of it has a place: a certificate of it has lines. */
  readonly isPlaced: boolean;
  /** Null: volumes on arrays, of which no loss is asked to be survived. */
  readonly answer: Answer | null;
}

/** Every fault of an assignment, in words; `only`: the answers to be judged, all unless named. */
export function checkAssignment(
  sizing: Pick<Sizing, 'answers'>,
  lines: readonly Assigned[],
  storage: StorageAnswer | null = null,
  only: readonly Name[] = [],
): string[] {
  const all = certifiedOf(sizing, storage);
  const asked = all.filter(({ name }) => only.length === 0 || only.includes(name));
  const by = Map.groupBy(lines, ({ alternative }) => alternative);
  const strange = [...by.keys()].filter((name) => !all.some((one) => one.name === name));
  return [
    ...strange.map((name) => `there is no answer ${JSON.stringify(name)}`),
    ...asked.flatMap((one) => {
      const own = by.get(one.name);
      if (own !== undefined) return faultsOf(one, own);
      return one.isPlaced ? [`${one.name}: not one line of it (--answer leaves out what is not there)`] : [];
    }),
  ];
}

/** Answers of which nothing has a place, so that an assignment says nothing of them, good or bad. */
export function unjudged(
  sizing: Pick<Sizing, 'answers'>,
  lines: readonly Assigned[],
  storage: StorageAnswer | null,
  only: readonly Name[] = [],
): string[] {
  const told = new Set<string>(lines.map(({ alternative }) => alternative));
  return certifiedOf(sizing, storage)
    .filter(({ name }) => !told.has(name) || (only.length > 0 && !only.includes(name)))
    .map(({ name }) => name);
}

function certifiedOf({ answers }: Pick<Sizing, 'answers'>, storage: StorageAnswer | null): Certified[] {
  const certified = answers.map((answer): Certified => ({
    name: answer.alternative,
    levels: [
      { level: 'hosts', problem: answer.problem },
      ...(answer.workers?.pools ?? []).map(({ id, problem }) => ({ level: id, problem })),
    ],
    isPlaced: answer.packing.bins.length > 0,
    answer,
  }));
  if (storage === null) return certified;
  const levels = [{ level: 'arrays', problem: storage.problem }];
  const isPlaced = storage.packing.bins.length > 0;
  return [...certified, { name: storageName, levels, isPlaced, answer: null }];
}

function faultsOf({ name, levels, answer }: Certified, lines: readonly Assigned[]): string[] {
  const known = new Set(levels.map(({ level }) => level));
  const by = Map.groupBy(lines, ({ level }) => level);
  const strange = [...by.keys()].filter((level) => !known.has(level));
  const bins = new Map<string, PackedBin[]>();
  const faults = levels.flatMap(({ level, problem }) => {
    const own = by.get(level) ?? [];
    const read = binsIn(own);
    bins.set(level, read);
    return [...numberFaults(own), ...checkPacking(problem, { bins: read })].map(
      (fault) => `${level}: ${fault}`,
    );
  });
  // What follows reads the bins by the problem's names: it is asked of an assignment that is one.
  if (faults.length === 0 && strange.length === 0 && answer !== null) {
    faults.push(...lossFaults(answer, bins.get('hosts') ?? []));
    for (const { id, problem } of answer.workers?.pools ?? [])
      faults.push(...machineFaults(answer.problem, id, problem, bins.get(id) ?? []));
  }
  return [
    ...strange.map((level) => `${name}: there is no level ${JSON.stringify(level)}`),
    ...faults.map((fault) => `${name}, ${fault}`),
  ];
}

/** Numbers run from 1 without a gap, each with one kind; a line without an item is that bin's only one. */
function numberFaults(lines: readonly Assigned[]): string[] {
  const faults: string[] = [];
  let highest = 0;
  const by = Map.groupBy(lines, ({ bin }) => bin);
  for (const [bin, own] of by) {
    highest = Math.max(highest, bin);
    const types = new Set(own.map(({ type }) => type));
    if (types.size > 1)
      faults.push(`bin ${String(bin)} is of ${String(types.size)} kinds: ${[...types].join(', ')}`);
    if (own.some(({ item, count }) => item === '' && count > 0))
      faults.push(`bin ${String(bin)}: a count without an item`);
    if (own.some(({ item }) => item === '') && own.length > 1)
      faults.push(`bin ${String(bin)}: empty in one line and not in another`);
  }
  if (by.has(0)) faults.push('bin 0: bins are numbered from 1');
  const missing: number[] = [];
  for (let bin = 1; bin <= highest && missing.length < 20; bin += 1) if (!by.has(bin)) missing.push(bin);
  return [
    ...faults,
    ...missing.map((bin) => `bin ${String(bin)} is missing: bins are numbered from 1 to ${String(highest)}`),
  ];
}

function binsIn(lines: readonly Assigned[]): PackedBin[] {
  const bins = new Map<number, { type: string; contents: { item: string; count: number }[] }>();
  for (const { bin, type, item, count } of lines) {
    const found = bins.get(bin) ?? { type, contents: [] };
    if (item !== '') found.contents.push({ item, count });
    bins.set(bin, found);
  }
  return [...bins]
    .sort((a, b) => a[0] - b[0])
    .map(([, { type, contents }]) => ({ type, contents, copies: 1 }));
}

/** Fleets of more hosts are replayed by the packers' word: each placement judged by itself would take minutes. */
const mostWitnessed = 300;

/** Losses that the hosts of the assignment do not survive; a placement that a replay came to is judged as well. */
function lossFaults({ problem, survives }: Answer, bins: readonly PackedBin[]): string[] {
  const working = bins.filter(({ contents }) => contents.some(({ count }) => count > 0)).length;
  const loss = lossOf(survives, working);
  if (loss === null) return [];
  const fleet = fleetOf(problem, { bins });
  const faults: string[] = [];
  // After a loss there are fewer domains to spread over, and of items that are alike one stands for all.
  const rules = { ...problem, items: problem.items.map(({ domains: _domains, ...item }) => item) };
  const isWitnessed = bins.length <= mostWitnessed;
  const { replays } = surviveLoss(fleet, loss, {
    ...(isWitnessed
      ? {
          witness: (loads) => {
            const after = checkPacking(rules, { bins: binsOf(fleet.prepared, loads) });
            faults.push(
              ...after.filter((fault) => fault.startsWith('bin ')).map((fault) => `after a loss, ${fault}`),
            );
          },
        }
      : {}),
  });
  for (const { lost, homeless } of replays) {
    const [first] = homeless;
    if (first === undefined) continue;
    const count = homeless.reduce((sum, one) => sum + one.count, 0);
    faults.push(
      `hosts: the loss of ${lost} is not survived: ${String(count)} without a place, first ${String(first.count)} of ${first.item}`,
    );
  }
  return faults;
}

/** The machines that hold containers and those that the hosts hold are the same, with what is kept apart in them. */
function machineFaults(hosts: Problem, id: string, inside: Problem, bins: readonly PackedBin[]): string[] {
  const signature = (apart: ReadonlyMap<string, number>) => {
    const words = [...apart]
      .sort((a, b) => (a[0] < b[0] ? -1 : 1))
      .map(([key, n]) => `${String(n)} of ${key}`);
    return words.length === 0 ? '' : ` with ${words.join(' and ')}`;
  };
  const there = new Map<string, number>();
  const add = (key: string, count: number) => there.set(key, (there.get(key) ?? 0) + count);
  for (const item of hosts.items) {
    if (item.id !== id && !item.id.startsWith(`${id}.`)) continue;
    add(signature(new Map((item.apart ?? []).map(({ key, weight = 1 }) => [key, weight]))), item.count);
  }
  const ruleOf = new Map(inside.items.map((item) => [item.id, item.apart ?? []]));
  for (const { contents } of bins) {
    const keys = new Map<string, number>();
    for (const { item, count } of contents)
      for (const { key, weight = 1 } of ruleOf.get(item) ?? [])
        keys.set(key, (keys.get(key) ?? 0) + weight * count);
    add(signature(keys), -1);
  }
  return [...there]
    .filter(([, difference]) => difference !== 0)
    .map(([what, difference]) =>
      difference > 0
        ? `${id}: the hosts hold ${String(difference)} machines${what} more than the containers are in`
        : `${id}: the containers are in ${String(-difference)} machines${what} more than the hosts hold`,
    );
}
