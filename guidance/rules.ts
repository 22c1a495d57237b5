/**
 * The rules of guidance as data: on which needs each bears, which side it speaks for and which measured quantity
 * must agree. There are no weights. Hard rules decide; soft ones speak only where the evidence carries them.
 */
import type { AppNeeds, Requirements } from './requirements.ts';

export type Side = 'vm' | 'container';
/** A quantity that the sides are compared by; each answers for itself. */
export type Quantity = 'memory' | 'start';

/** What is known of one app, flat, so that rules can be data. */
export type Facts = Readonly<Record<Field, string | number | boolean | readonly string[]>>;
export type Field =
  | 'otherOs'
  | 'otherArchitecture'
  | 'ownKernel'
  | 'modules'
  | 'trust'
  | 'isolation'
  | 'instances'
  | 'hasImage'
  | 'wholeSystem'
  | 'priorities'
  | 'mixedServer';

export type Condition =
  | { readonly field: Field; readonly equals: string | boolean }
  | { readonly field: Field; readonly contains: string }
  | { readonly field: Field; readonly atLeast: number };

export interface Rule {
  readonly id: string;
  readonly side: Side;
  readonly strength: 'hard' | 'soft';
  readonly statement: string;
  /** All must hold. */
  readonly when: readonly Condition[];
  /** The side's gain in this quantity must be shown; null: the needs alone decide. */
  readonly evidence: Quantity | null;
  /** Published numbers that may stand in, as VM and container; never where there is a measurement. */
  readonly published: readonly [vm: string, container: string] | null;
}

const nginxMemory = ['least-nginx-microvm', 'least-nginx-docker'] as const;
const needs = { evidence: null, published: null } as const;
const hardVm = { side: 'vm', strength: 'hard', ...needs } as const;

export const rules: readonly Rule[] = [
  {
    ...hardVm,
    id: 'H1',
    statement: 'Another operating system than that of the server needs a machine of its own.',
    when: [{ field: 'otherOs', equals: true }],
  },
  {
    ...hardVm,
    id: 'H2',
    statement: 'A container runs on the kernel of the server: another kernel needs a machine of its own.',
    when: [{ field: 'ownKernel', equals: true }],
  },
  {
    ...hardVm,
    id: 'H3',
    statement: 'Kernel modules of an app are loaded into a kernel of its own.',
    when: [{ field: 'modules', atLeast: 1 }],
  },
  {
    ...hardVm,
    id: 'H4',
    statement: 'Untrusted tenants who must not share a kernel get one each.',
    when: [
      { field: 'trust', equals: 'untrusted' },
      { field: 'isolation', equals: 'own-kernel' },
    ],
  },
  {
    ...hardVm,
    id: 'H5',
    statement: 'Another architecture than that of the server needs an emulated machine.',
    when: [{ field: 'otherArchitecture', equals: true }],
  },
  {
    id: 'C1',
    side: 'container',
    strength: 'soft',
    statement: 'Containers, where the most apps on one kernel are wanted.',
    when: [{ field: 'priorities', contains: 'density' }],
    evidence: 'memory',
    published: nginxMemory,
  },
  {
    id: 'C2',
    side: 'container',
    strength: 'soft',
    statement: 'Containers, where many instances of one app run.',
    when: [
      { field: 'instances', atLeast: 10 },
      { field: 'hasImage', equals: true },
    ],
    evidence: 'memory',
    published: nginxMemory,
  },
  {
    id: 'C3',
    side: 'container',
    strength: 'soft',
    statement: 'Containers, where the resources of the server come first.',
    when: [{ field: 'priorities', contains: 'resources' }],
    evidence: 'memory',
    published: nginxMemory,
  },
  {
    id: 'V1',
    side: 'vm',
    strength: 'soft',
    statement: 'Virtual machines, where apps of different operating systems share one server.',
    when: [
      { field: 'mixedServer', equals: true },
      { field: 'otherOs', equals: true },
    ],
    ...needs,
  },
  {
    id: 'V2',
    side: 'vm',
    strength: 'soft',
    statement: 'Virtual machines, where an app needs the whole of an operating system.',
    when: [{ field: 'wholeSystem', equals: true }],
    ...needs,
  },
  {
    id: 'V3',
    side: 'vm',
    strength: 'soft',
    statement: 'Virtual machines, where isolation comes first.',
    when: [{ field: 'priorities', contains: 'isolation' }],
    ...needs,
  },
];

export function factsOf(app: AppNeeds, { server, apps }: Requirements): Facts {
  return {
    otherOs: app.os !== server.os,
    otherArchitecture: app.architecture !== null && app.architecture !== server.architecture,
    ownKernel: app.kernel !== null,
    modules: app.modules.length,
    trust: app.trust,
    isolation: app.isolation,
    instances: app.instances,
    hasImage: app.image !== null,
    wholeSystem: app.wholeSystem,
    priorities: app.priorities,
    mixedServer: new Set(apps.map(({ os }) => os)).size > 1,
  };
}

export function holds(condition: Condition, facts: Facts): boolean {
  const fact = facts[condition.field];
  if ('equals' in condition) return fact === condition.equals;
  if ('atLeast' in condition) return typeof fact === 'number' && fact >= condition.atLeast;
  return Array.isArray(fact) && fact.includes(condition.contains);
}
