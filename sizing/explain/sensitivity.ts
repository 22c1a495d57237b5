/**
 * What a step of each input costs in hosts: a MiB more per instance, a point of headroom, a vCPU more per thread, a
 * point of growth, a loss more. Whole hosts as packed, and the share of a host that the step asks for, which is
 * what many small steps add up to.
 */
import { byAlternative, countOf, difference, lightAnswer } from './counts.ts';
import type { SizingPolicy } from '../model.ts';
import type { Alternative } from '../problem.ts';
import type { Answer, Question } from '../size.ts';
import type { BothWeights, Form } from '../weights.ts';

const mib = 2 ** 20;

export interface Step {
  readonly id: string;
  readonly label: string;
  readonly apply: (question: Question) => Question;
  /** It asks for more than before. */
  readonly heavier: boolean;
}

export interface StepCost {
  /** Hosts more; null: one of both does not fit. */
  readonly hosts: number | null;
  /** Per month more. */
  readonly cost: number | null;
  /** Hosts' worth of the fullest resource that is asked for more. */
  readonly share: number | null;
}

export interface Sensitivity {
  readonly id: string;
  readonly label: string;
  readonly by: Readonly<Record<Alternative, StepCost>>;
}

/** Every instance so much heavier, in whatever form it runs. */
export function heavier(weights: BothWeights, bytes: number): BothWeights {
  const of = (form: Form) => {
    const { memory } = weights[form];
    return { ...weights[form], memory: { ...memory, more: memory.more + bytes } };
  };
  return { vm: of('vm'), container: of('container') };
}

const withPolicy =
  (change: (policy: SizingPolicy) => Partial<SizingPolicy>): Step['apply'] =>
  (question) => ({ ...question, policy: { ...question.policy, ...change(question.policy) } });

const withOvercommit = (key: 'cpu' | 'memory', more: number, forms: readonly Form[]): Step['apply'] =>
  withPolicy(({ overcommit }) => ({
    overcommit: {
      vm: forms.includes('vm') ? { ...overcommit.vm, [key]: overcommit.vm[key] + more } : overcommit.vm,
      container: forms.includes('container')
        ? { ...overcommit.container, [key]: overcommit.container[key] + more }
        : overcommit.container,
    },
  }));

export const steps: readonly Step[] = [
  ...[1, 12, 128].map((count): Step => ({
    id: `memory+${String(count)}MiB`,
    label: `${String(count)} MiB more per instance`,
    apply: (question) => ({ ...question, weights: heavier(question.weights, count * mib) }),
    heavier: true,
  })),
  {
    id: 'headroom.memory+1',
    label: '1 point more of memory headroom, on usage',
    apply: withPolicy(({ headroom }) => ({ headroom: { ...headroom, memory: headroom.memory + 0.01 } })),
    heavier: true,
  },
  {
    id: 'headroom.cpu+1',
    label: '1 point more of CPU headroom, on usage',
    apply: withPolicy(({ headroom }) => ({ headroom: { ...headroom, cpu: headroom.cpu + 0.01 } })),
    heavier: true,
  },
  {
    id: 'fill-1',
    label: '1 point less of a host filled',
    apply: withPolicy(({ fill }) => ({ fill: Math.max(0.01, fill - 0.01) })),
    heavier: true,
  },
  {
    id: 'overcommit.vm.cpu+1',
    label: '1 more vCPU per thread, of VMs of today',
    apply: withOvercommit('cpu', 1, ['vm']),
    heavier: false,
  },
  {
    id: 'overcommit.container.cpu+1',
    label: '1 more requested CPU per thread, of all others',
    apply: withOvercommit('cpu', 1, ['container']),
    heavier: false,
  },
  {
    id: 'overcommit.memory+10',
    label: '10 points more of memory promised than there is',
    apply: withOvercommit('memory', 0.1, ['vm', 'container']),
    heavier: false,
  },
  {
    id: 'growth+1',
    label: '1 point more of growth a year',
    apply: withPolicy(({ growth }) => ({
      growth: { perYear: growth.perYear + 0.01, years: Math.max(1, growth.years) },
    })),
    heavier: true,
  },
  {
    id: 'survive+1',
    label: 'one more loss survived',
    apply: withPolicy(({ survive }) => ({ survive: { ...survive, least: survive.least + 1 } })),
    heavier: true,
  },
];

/** Each step by itself from the question as it stands. */
export async function sensitivityOf(question: Question): Promise<readonly Sensitivity[]> {
  const plain = await byAlternative((name) => lightAnswer(name, question));
  const found: Sensitivity[] = [];
  for (const { id, label, apply, heavier: isHeavier } of steps) {
    const changed = apply(question);
    const by = await byAlternative(async (name): Promise<StepCost> => {
      const after = await lightAnswer(name, changed);
      const [a, b] = [countOf(after), countOf(plain[name])];
      const [hosts, cost] = [difference(a.hosts, b.hosts), difference(a.cost, b.cost)];
      const share = shareOf(plain[name], after);
      // A packing of the heavier demand holds for the lighter: less for more is the packer's luck, no saving.
      const gain = (cost ?? hosts ?? 0) * (isHeavier ? -1 : 1);
      const isLuck = hosts !== null && gain > 0;
      return isLuck ? { hosts: 0, cost: cost === null ? null : 0, share } : { hosts, cost, share };
    });
    found.push({ id, label, by });
  }
  return found;
}

/** In hosts as they are mixed before the step: what is asked for after it, less what was, of the fullest resource. */
function shareOf(before: Answer, after: Answer): number | null {
  const full = before.packing.fill[0];
  const later = after.packing.fill.find(({ dimension }) => dimension === full?.dimension);
  if (full === undefined || later === undefined || before.packing.count === 0 || later.capacity === 0)
    return null;
  if (before.hosts === null || after.hosts === null) return null;
  const roomBefore = roomOfMix(before, before, full.dimension);
  const roomAfter = roomOfMix(before, after, full.dimension);
  return roomBefore > 0 && roomAfter > 0 ? later.used / roomAfter - full.used / roomBefore : null;
}

/** Mean room of a host of `mix`, as `rules` leave it. */
function roomOfMix(mix: Answer, rules: Answer, dimension: string): number {
  const at = rules.problem.dimensions.indexOf(dimension);
  const rooms = new Map(
    rules.problem.bins.map(({ id, capacity, maxItems }) => [
      id,
      at === -1 ? (maxItems ?? 0) : (capacity[at] ?? 0),
    ]),
  );
  const sum = mix.packing.bins.reduce(
    (total, { type, copies }) => total + copies * (rooms.get(type) ?? 0),
    0,
  );
  return sum / mix.packing.count;
}
