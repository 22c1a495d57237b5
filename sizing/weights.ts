/**
 * What one more instance weighs beyond its application, as a virtual machine and as a container: of a measured
 * profile, declared and marked so, or else
 * published and marked so on every line of the answer.
 */
import { UserError } from '../model/errors.ts';
import type { SizingPolicy } from './model.ts';
import { publishedTares } from './policy/assumptions.ts';
import { memoryPoints, type Profile, type Tare } from './profile.ts';
import type { MemoryCurve } from './tare-curve.ts';

export type Form = 'vm' | 'container';

/** Which value stands for the launches of a tare: its median, unless an uncertainty is drawn. */
export type PickTare = (tare: Tare) => number;

export interface Weights {
  readonly form: Form;
  readonly evidence: 'measured' | 'assumed';
  /** Neither measured nor declared: a published figure, or nothing where none is published. */
  readonly isDefault?: true;
  /** Measured without real virtualization: its memory holds, its CPU was not taken. */
  readonly emulated: boolean;
  /** "namespace, 3 shapes, 60 launches" or "policy.yaml". */
  readonly source: string;
  /** By size of the instance; data, so that a page can carry it. */
  readonly memory: MemoryCurve;
  readonly diskBytes: number;
  readonly idleThreads: number;
  /** What a reader must know of it. */
  readonly remarks: readonly string[];
}

export type BothWeights = Readonly<Record<Form, Weights>>;

export interface WeightOptions {
  /** Runner whose tare is taken, where a profile has several of a form. */
  readonly runners: readonly string[];
  readonly pick: PickTare;
  /** Added to the memory of every instance, to ask what it would cost. */
  readonly moreBytes: number;
}

/**
 * The tares to size with; what the policy assumes is used where no record tells, and what is published where neither does.
 * @throws UserError for a runner that no record weighs
 */
export function weightsOf(
  profile: Profile | null,
  policy: SizingPolicy,
  options: Partial<WeightOptions> = {},
): BothWeights {
  const { runners = [], pick = medianOf, moreBytes = 0 } = options;
  const known = new Set(profile?.tares.map(({ runner }) => runner));
  const strange = runners.find((runner) => !known.has(runner));
  if (strange !== undefined) {
    throw new UserError(
      `no record weighs the runner ${JSON.stringify(strange)}`,
      known.size === 0 ? 'give one: --profile RESULT' : `weighed are: ${[...known].join(', ')}`,
    );
  }
  const of = (form: Form): Weights => {
    const measured = measuredOf(profile, form, runners, pick);
    const weights = measured ?? assumedOf(policy, form);
    return { ...weights, memory: { ...weights.memory, more: moreBytes } };
  };
  return { vm: of('vm'), container: of('container') };
}

function measuredOf(
  profile: Profile | null,
  form: Form,
  runners: readonly string[],
  pick: PickTare,
): Weights | null {
  const fit = profile?.tares.filter((tare) => tare.form === form && tare.memoryBytes !== null) ?? [];
  const runner = fit.find((tare) => runners.includes(tare.runner))?.runner ?? fit[0]?.runner;
  if (runner === undefined) return null;
  const tares = fit.filter((tare) => tare.runner === runner);
  const others = [...new Set(fit.map((tare) => tare.runner))].filter((name) => name !== runner);
  const points = memoryPoints(tares, pick);
  const launches = tares.reduce((sum, { memoryBytes }) => sum + (memoryBytes?.launches.length ?? 0), 0);
  const most = (values: readonly (number | null)[]) =>
    values.reduce<number>((largest, value) => Math.max(largest, value ?? 0), 0);
  const gross = tares.some(({ memoryBytes }) => memoryBytes?.isNet === false);
  const noInterval = tares.some(({ memoryBytes }) => memoryBytes?.interval === null);
  return {
    form,
    evidence: 'measured',
    emulated: tares.some(({ acceleration }) => acceleration === 'tcg'),
    source: `${runner}, ${String(tares.length)} ${tares.length === 1 ? 'shape' : 'shapes'}, ${String(launches)} ${launches === 1 ? 'launch' : 'launches'}`,
    memory: { points, perByte: 0, perThread: 0, insideBytes: null, more: 0 },
    diskBytes: most(tares.map(({ diskBytes }) => diskBytes?.median ?? null)),
    idleThreads: most(tares.map(({ idleThreads }) => idleThreads?.median ?? null)),
    remarks: [
      ...(tares.some(({ acceleration }) => acceleration === 'tcg')
        ? [`${runner} was emulated: its memory is taken, its CPU is not (C17)`]
        : []),
      ...(gross
        ? [`${runner}: no plain process was weighed beside it, its program's own memory is in it`]
        : []),
      ...(noInterval ? [`${runner}: too few launches for an interval, the count has none either`] : []),
      ...(tares.length === 1
        ? [`${runner} was weighed at one size: an instance of another size is taken to weigh the same`]
        : []),
      ...(others.length > 0 ? [`also weighed: ${others.join(', ')}; choose with --runner`] : []),
    ],
  };
}

const medianOf: PickTare = ({ memoryBytes }) => memoryBytes?.median ?? 0;

/**
 * Of who neither measured nor declared: KubeVirt's published overhead of a virtual machine, and nothing for a
 * container, of which nobody publishes any.
 */
function publishedOf(form: Form): Weights {
  const { memoryBytes, perByte, perThread, idleThreads, source } = publishedTares.kubevirt;
  const declared = `measure it (tare run tare, --profile) or declare it (assume: ${form})`;
  const isVm = form === 'vm';
  return {
    form,
    evidence: 'assumed',
    isDefault: true,
    emulated: false,
    source: isVm ? `published: ${source}` : 'nothing is published, so nothing is added',
    memory: isVm
      ? { points: [{ at: 0, bytes: memoryBytes }], perByte, perThread, insideBytes: 0, more: 0 }
      : { points: [{ at: 0, bytes: 0 }], perByte: 0, perThread: 0, insideBytes: null, more: 0 },
    diskBytes: 0,
    idleThreads: isVm ? idleThreads : 0,
    remarks: [
      isVm
        ? `a virtual machine is assumed to cost its host what KubeVirt publishes, and its guest's OS nothing: ${declared}`
        : `a container is assumed to add nothing to its application: ${declared}`,
    ],
  };
}

function assumedOf(policy: SizingPolicy, form: Form): Weights {
  const assumed = policy.assume[form];
  if (assumed === null) return publishedOf(form);
  const { rule, insideBytes } = assumed;
  const withoutGuest = form === 'vm' && rule !== null && (insideBytes ?? 0) === 0;
  return {
    form,
    evidence: 'assumed',
    emulated: false,
    source: [policy.file ?? 'the policy', ...(rule === null ? [] : [publishedTares[rule].source])].join(': '),
    memory: {
      points: [{ at: 0, bytes: assumed.memoryBytes + (insideBytes ?? 0) }],
      perByte: assumed.perByte,
      perThread: assumed.perThread,
      insideBytes,
      more: 0,
    },
    diskBytes: assumed.diskBytes,
    idleThreads: assumed.idleThreads,
    remarks: withoutGuest
      ? [`the rule ${rule} is the host's side alone: declare the guest's OS beside it (assume: vm: guest)`]
      : [],
  };
}
