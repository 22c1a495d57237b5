/**
 * The rules of an answer (`policy.yaml`): YAML text -> policy, every number with where it comes from, or every
 * problem at once. A default is one that somebody published; a number only remembered is none.
 */
import { z } from 'zod';
import { parseChecked } from '../../model/yaml.ts';
import { formatValue } from '../../model/units.ts';
import { share, size, wholePositive } from './fields.ts';
import type { AssumedTare, PolicyChoice, ReservedByRule, SizingPolicy, UsageStatistic } from '../model.ts';
import { publishedTares, tareRules } from './assumptions.ts';
import { reserveSources } from './reserve.ts';

const kubev2v = 'kubev2v migration planner, cluster sizer';
const scheduler = 'Kubernetes scheduler: requests are never overcommitted';
const kubevirt = 'KubeVirt user guide, node overcommit';

/** A host keeps memory for its system whatever it runs: unequal in kind, the rule would decide and not the isolation. */
const sameSystem = "as for virtual machines: the host's own system";

/** Every default and its publication. */
const policyDefaults = {
  'headroom.cpu': { value: 0, source: 'KRR simple strategy: CPU at the percentile itself' },
  'headroom.memory': { value: 0.05, source: 'KRR simple strategy: memory maximum + 5 %' },
  'survive.least': {
    value: 1,
    source:
      'N+1 up to ten hosts, of which two would be a fifth or more; above, the 10 % of kubev2v are its two failover nodes and more',
  },
  'survive.share': { value: 0.1, source: `${kubev2v}: failover nodes = max(2, ceil(10 % of workers))` },
  'survive.unit': { value: 'host', source: kubev2v },
  'overcommit.vm.cpu': {
    value: 4,
    source: `${kubev2v}: 1:4, the middle of the ratios it offers (1:1 to 1:8)`,
  },
  'overcommit.vm.memory': { value: 1, source: `${kubevirt}: memory 100 %` },
  'overcommit.container.cpu': { value: 1, source: scheduler },
  'overcommit.container.memory': { value: 1, source: scheduler },
  fill: { value: 0.8, source: `${kubev2v}: 80 % of a node` },
  'reserved.vm.cpuThreads': { value: 0, source: 'none published: declare what your hypervisor needs' },
  'reserved.vm.memory': { value: 4e9, source: 'Red Hat hyper-converged infrastructure: 4 GB per host' },
  'reserved.container.rule': { value: 'none', source: sameSystem },
  'reserved.container.cpuThreads': { value: 0, source: 'nothing beside the rule' },
  'reserved.container.memory': { value: 0, source: 'nothing beside the rule' },
  'reserved.worker.rule': { value: 'gke', source: reserveSources.gke },
  'reserved.worker.cpuThreads': { value: 0, source: 'nothing beside the rule' },
  'reserved.worker.memory': { value: 0, source: 'nothing beside the rule' },
  'maxInstances.vm': { value: 200, source: `${kubev2v}: 200 VMs per worker` },
  'maxInstances.container': { value: 110, source: 'kubelet configuration, maxPods: 110' },
  'growth.perYear': { value: 0, source: 'nothing is assumed: declare it' },
  'growth.years': { value: 0, source: 'nothing is assumed: declare it' },
  smt: { value: 0.5, source: `${kubev2v}: cores + 0.5 x (threads - cores)` },
  'basis.kind': { value: 'auto', source: `${kubev2v}: usage only where it is known well enough` },
  'basis.statistic': { value: 'p95', source: 'Azure Migrate: 95th percentile' },
  'basis.leastConfidence': { value: 0.5, source: `${kubev2v}: 50 %` },
  'uncertainty.demandCv': { value: 0, source: 'nothing is assumed: declare it, or give usage that tells it' },
  'uncertainty.draws': { value: 40, source: 'the fewest of which 95 % are neither end' },
  'uncertainty.seed': { value: 1, source: 'any: the same draws for the same seed' },
  affinity: { value: true, source: 'what the demand asks for binds' },
  'worker.cpuThreads': {
    value: 8,
    source: 'none published: declare the virtual machines that hold containers',
  },
  'worker.memory': { value: 32 * 2 ** 30, source: 'none published: 4 GiB per vCPU, a common cloud shape' },
} as const;

const statistics = [
  'now',
  'mean',
  'p50',
  'p90',
  'p95',
  'p99',
  'max',
] as const satisfies readonly UsageStatistic[];
const ratio = z.number().min(1).max(100);
const threads = z.number().nonnegative();

const overcommitSchema = z.strictObject({
  cpu: ratio.optional().describe('vCPU or request per thread of the host: 4.'),
  memory: z.number().min(1).max(4).optional().describe('Bytes asked for per byte of the host: 1.'),
});

const assumedSchema = z.strictObject({
  memory: size.optional().describe('Of one instance, beyond what its application takes.'),
  perVcpu: size.optional().describe('On top, for each vCPU.'),
  disk: size.optional(),
  cpuThreads: threads.optional().describe('Taken by one instance that does nothing.'),
});
const assumedVmSchema = assumedSchema.extend({
  rule: z.enum(tareRules).optional().describe("A published rule for the host's side; memory overrides it."),
  guest: size
    .optional()
    .describe(
      "The guest's OS, on top: a VM of today holds it already. Without it all of memory is taken so.",
    ),
});
const tells = {
  message: 'must tell memory or name a rule; without either an instance would weigh nothing',
};

const reservedSchema = z.strictObject({
  rule: z.enum(['none', 'gke', 'eks', 'aks']).optional(),
  cpuThreads: threads.optional().describe('On top of what the rule keeps.'),
  memory: size.optional().describe('On top of what the rule keeps.'),
});

/** The form of a policy, for editors too. */
export const sizingPolicySchema = z.strictObject({
  name: z.string().min(1).default('sizing'),
  headroom: z.strictObject({ cpu: share.optional(), memory: share.optional() }).default({}),
  survive: z
    .strictObject({
      least: z
        .number()
        .int()
        .min(0)
        .max(100_000)
        .optional()
        .describe('Losses survived at least: the k of N+k.'),
      share: share.optional().describe('Of all hosts; the larger of both counts.'),
      unit: z.enum(['host', 'domain']).optional(),
    })
    .default({}),
  overcommit: z
    .strictObject({ vm: overcommitSchema.default({}), container: overcommitSchema.default({}) })
    .default({ vm: {}, container: {} }),
  fill: share
    .refine((value) => value > 0 && value <= 1, { message: 'must be more than 0 and at most 100%' })
    .optional(),
  reserved: z
    .strictObject({
      vm: z.strictObject({ cpuThreads: threads.optional(), memory: size.optional() }).default({}),
      container: reservedSchema
        .default({})
        .describe('Of a host that containers run on; without it what is reserved for virtual machines.'),
      worker: reservedSchema
        .default({})
        .describe('Of a virtual machine that holds containers; without it the rule of container, else gke.'),
    })
    .default({ vm: {}, container: {}, worker: {} }),
  maxInstances: z
    .strictObject({ vm: wholePositive.optional(), container: wholePositive.optional() })
    .default({}),
  growth: z
    .strictObject({ perYear: share.optional(), years: z.number().min(0).max(30).optional() })
    .default({}),
  smt: share
    .refine((value) => value <= 1, { message: 'must be at most 1: a thread is never two cores' })
    .optional(),
  basis: z
    .strictObject({
      kind: z.enum(['auto', 'requests', 'usage']).optional(),
      statistic: z.enum(statistics).optional(),
      leastConfidence: share.refine((value) => value <= 1, { message: 'must be at most 100%' }).optional(),
    })
    .default({}),
  affinity: z.boolean().optional(),
  worker: z
    .strictObject({ cpuThreads: z.number().positive().optional(), memory: size.optional() })
    .default({})
    .describe('The virtual machines that hold containers, where containers run in virtual machines.'),
  uncertainty: z
    .strictObject({
      demandCv: share
        .refine((value) => value <= 2, { message: 'must be at most 200%' })
        .optional()
        .describe('How far what an instance takes may be from its figure: a coefficient of variation.'),
      draws: z.number().int().min(0).max(2000).optional(),
      seed: z.number().int().nonnegative().optional(),
    })
    .default({}),
  assume: z
    .strictObject({
      vm: assumedVmSchema
        .refine(({ memory, rule }) => memory !== undefined || rule !== undefined, tells)
        .optional(),
      container: assumedSchema.refine(({ memory }) => memory !== undefined, tells).optional(),
    })
    .default({})
    .describe('What an instance costs, where no record tells: it is marked as assumed.'),
});

type Field = keyof typeof policyDefaults;

/** The policy of who declared none. */
export function defaultPolicy(): SizingPolicy {
  return { ...parseSizingPolicy('name: defaults\n', 'defaults'), file: null };
}

/**
 * Reads a policy; what it leaves out is the published default.
 * @throws UserError with every problem, one line each: `file:line:column: field: problem`
 */
export function parseSizingPolicy(text: string, file: string): SizingPolicy {
  const { data, lineOf } = parseChecked(text, file, sizingPolicySchema, {
    what: 'policy',
    expected: 'a mapping such as fill: 80%',
    hint: 'fix the policy; docs/sizing/policy.yaml is an example',
  });
  const choices: PolicyChoice[] = [];
  const choose = <T extends string | number | boolean>(
    field: Field,
    given: T | undefined,
    fallback: { readonly value: unknown; readonly source: string } = policyDefaults[field],
  ): T => {
    const value = given ?? (fallback.value as T);
    choices.push({
      field,
      value:
        typeof value === 'number' && field.endsWith('.memory') && /^(reserved|worker)/u.test(field)
          ? formatValue(value, 'B')
          : String(value),
      from: given === undefined ? 'default' : 'policy',
      source: given === undefined ? fallback.source : `${file}:${lineOf(field.split('.'))}`,
    });
    return value;
  };
  const { headroom, survive, overcommit, reserved, maxInstances, growth, basis } = data;
  const overcommitOf = (form: 'vm' | 'container') => ({
    cpu: choose<number>(`overcommit.${form}.cpu`, overcommit[form].cpu),
    memory: choose<number>(`overcommit.${form}.memory`, overcommit[form].memory),
  });
  return {
    file,
    name: data.name,
    headroom: {
      cpu: choose('headroom.cpu', headroom.cpu),
      memory: choose('headroom.memory', headroom.memory),
    },
    survive: {
      least: choose('survive.least', survive.least),
      share: choose('survive.share', survive.share),
      unit: choose<'host' | 'domain'>('survive.unit', survive.unit),
    },
    overcommit: { vm: overcommitOf('vm'), container: overcommitOf('container') },
    fill: choose('fill', data.fill),
    reserved: reservedFrom(reserved, choose),
    maxInstances: {
      vm: choose('maxInstances.vm', maxInstances.vm),
      container: choose('maxInstances.container', maxInstances.container),
    },
    growth: {
      perYear: choose('growth.perYear', growth.perYear),
      years: choose('growth.years', growth.years),
    },
    smt: choose('smt', data.smt),
    basis: {
      kind: choose<SizingPolicy['basis']['kind']>('basis.kind', basis.kind),
      statistic: choose<UsageStatistic>('basis.statistic', basis.statistic),
      leastConfidence: choose('basis.leastConfidence', basis.leastConfidence),
    },
    affinity: choose('affinity', data.affinity),
    worker: {
      cpuThreads: choose('worker.cpuThreads', data.worker.cpuThreads),
      memoryBytes: choose('worker.memory', data.worker.memory),
    },
    uncertainty: {
      demandCv: choose('uncertainty.demandCv', data.uncertainty.demandCv),
      draws: choose('uncertainty.draws', data.uncertainty.draws),
      seed: choose('uncertainty.seed', data.uncertainty.seed),
    },
    assume: { vm: assumedOf(data.assume.vm), container: assumedOf(data.assume.container) },
    choices,
  };
}

type Choose = <T extends string | number | boolean>(
  field: Field,
  given: T | undefined,
  fallback?: { readonly value: unknown; readonly source: string },
) => T;

/** Hosts keep the same for their systems whatever they run, unless the policy says what containers' hosts keep. */
function reservedFrom(
  { vm, container, worker }: z.infer<typeof sizingPolicySchema>['reserved'],
  choose: Choose,
): SizingPolicy['reserved'] {
  const ofVms = {
    cpuThreads: choose<number>('reserved.vm.cpuThreads', vm.cpuThreads),
    memoryBytes: choose<number>('reserved.vm.memory', vm.memory),
  };
  const of = (
    where: 'container' | 'worker',
    given: typeof container,
    like: ReservedByRule | null,
    source: string,
  ): ReservedByRule => {
    // A rule is all that is kept, unless something is added to it.
    const base = Object.values(given).every((value) => value === undefined) ? like : null;
    const fallback = (value: unknown) => (base === null ? undefined : { value, source });
    return {
      rule: choose<ReservedByRule['rule']>(`reserved.${where}.rule`, given.rule, fallback(base?.rule)),
      cpuThreads: choose<number>(
        `reserved.${where}.cpuThreads`,
        given.cpuThreads,
        fallback(base?.cpuThreads),
      ),
      memoryBytes: choose<number>(`reserved.${where}.memory`, given.memory, fallback(base?.memoryBytes)),
    };
  };
  const onHosts = of('container', container, { rule: 'none', ...ofVms }, sameSystem);
  const likeHosts = container.rule === undefined ? null : onHosts;
  const inside = of('worker', worker, likeHosts, 'as for hosts of containers (reserved.container)');
  return { vm: ofVms, container: onHosts, worker: inside };
}

function assumedOf(
  given: z.infer<typeof assumedVmSchema> | z.infer<typeof assumedSchema> | undefined,
): AssumedTare | null {
  if (given === undefined) return null;
  const rule = 'rule' in given ? (given.rule ?? null) : null;
  const guest = 'guest' in given ? given.guest : undefined;
  const published = rule === null ? null : publishedTares[rule];
  return {
    rule,
    memoryBytes: given.memory ?? published?.memoryBytes ?? 0,
    perByte: published?.perByte ?? 0,
    perThread: given.perVcpu ?? published?.perThread ?? 0,
    // A rule speaks of the host's side: nothing of it is inside the guest but what is declared.
    insideBytes: guest ?? (rule === null ? null : 0),
    diskBytes: given.disk ?? 0,
    idleThreads: given.cpuThreads ?? published?.idleThreads ?? 0,
  };
}
