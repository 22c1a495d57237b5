/**
 * The rules of guidance as data: on which needs each bears, which side it speaks for and which quantities must
 * show it. There are no weights. Hard rules decide; soft ones speak only where the evidence carries them.
 */
import type { Condition } from './facts.ts';
import type { Quantity } from './quantities.ts';
import type { Side } from './requirements.ts';

export interface Rule {
  readonly id: string;
  readonly side: Side;
  readonly strength: 'hard' | 'soft';
  readonly statement: string;
  /** All must hold. */
  readonly when: readonly Condition[];
  /**
   * Of these, one at least must show the side's gain and none its loss; empty: the needs alone decide, and what
   * is known of the technique is assumed.
   */
  readonly shownBy: readonly Quantity[];
  /** Facts seen from inside that, where a record has them, take the place of the assumption. */
  readonly confirmedBy: Quantity | null;
}

const hardVm = { side: 'vm', strength: 'hard', shownBy: [], confirmedBy: null } as const;

const softContainer = { side: 'container', strength: 'soft', confirmedBy: null } as const;

const softVm = { side: 'vm', strength: 'soft', shownBy: [], confirmedBy: null } as const;

export const rules: readonly Rule[] = [
  {
    ...hardVm,
    id: 'H1',
    statement: 'Another operating system than the server’s needs a VM.',
    when: [{ field: 'otherOs', equals: true }],
  },
  {
    ...hardVm,
    id: 'H2',
    statement: 'A container runs on the server’s kernel: another kernel needs a VM.',
    when: [{ field: 'otherKernel', equals: true }],
    confirmedBy: 'kernel',
  },
  {
    ...hardVm,
    id: 'H3',
    statement: 'A module that the server does not load needs a VM with a kernel of its own.',
    when: [{ field: 'missingModules', atLeast: 1 }],
    confirmedBy: 'kernel',
  },
  {
    ...hardVm,
    id: 'H4',
    statement: 'Untrusted tenants who must not share a kernel need a VM each.',
    when: [
      { field: 'trust', equals: 'untrusted' },
      { field: 'isolation', equals: 'own-kernel' },
    ],
    confirmedBy: 'kernel',
  },
  {
    ...hardVm,
    id: 'H5',
    statement: 'Another architecture than the server’s needs an emulated VM.',
    when: [{ field: 'otherArchitecture', equals: true }],
  },
  {
    ...hardVm,
    id: 'H6',
    statement: 'A kernel each, even among trusted tenants, needs VMs.',
    when: [
      { field: 'trust', equals: 'trusted' },
      { field: 'isolation', equals: 'own-kernel' },
    ],
    confirmedBy: 'kernel',
  },
  {
    ...softContainer,
    id: 'C1',
    statement: 'Density comes first: containers fit more apps on one kernel.',
    when: [{ field: 'priorities', contains: 'density' }],
    shownBy: ['fit', 'memory'],
  },
  {
    ...softContainer,
    id: 'C2',
    statement: 'Many instances of one app run: containers take less for each.',
    when: [
      { field: 'instances', atLeast: 10 },
      { field: 'hasImage', equals: true },
    ],
    shownBy: ['memory', 'start'],
  },
  {
    ...softContainer,
    id: 'C3',
    statement: 'The server’s CPU, memory and storage come first: containers take less of them.',
    when: [{ field: 'priorities', contains: 'resources' }],
    shownBy: ['memory', 'cpu', 'disk', 'io'],
  },
  {
    ...softVm,
    id: 'V1',
    statement: 'Apps of different operating systems share one server: VMs run them all.',
    when: [
      { field: 'mixedServer', equals: true },
      { field: 'otherOs', equals: true },
    ],
  },
  {
    ...softVm,
    id: 'V2',
    statement: 'An app needs a whole operating system: a VM has one.',
    when: [{ field: 'wholeSystem', equals: true }],
    confirmedBy: 'powers',
  },
  {
    ...softVm,
    id: 'V3',
    statement: 'Isolation comes first: less can be reached from inside a VM.',
    when: [{ field: 'priorities', contains: 'isolation' }],
    confirmedBy: 'kernel',
  },
  {
    ...softVm,
    id: 'V3-neighbours',
    statement: 'Isolation comes first: a noisy neighbour disturbs a VM less.',
    when: [{ field: 'priorities', contains: 'neighbours' }],
    shownBy: ['interference'],
  },
];
