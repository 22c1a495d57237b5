/**
 * Published rules for what a virtual machine costs its host, for who has not measured it. They speak of the host's
 * side alone: the guest's OS is not in them and is declared beside them (`guest`). Always marked as assumed.
 */
import type { AssumedTare } from '../model.ts';

export type TareRule = NonNullable<AssumedTare['rule']>;

export const tareRules = ['kubevirt', 'kata', 'red-hat-hci'] as const satisfies readonly TareRule[];

const mib = 2 ** 20;

type Rule = Pick<AssumedTare, 'memoryBytes' | 'perByte' | 'perThread' | 'idleThreads'> & {
  readonly source: string;
};

export const publishedTares: Readonly<Record<TareRule, Rule>> = {
  kubevirt: {
    // Monitor 25, launcher 100, virtlogd 25, virtqemud 40, QEMU 50, I/O thread 8; page tables 1/512; no graphics.
    memoryBytes: 248 * mib,
    perByte: 1 / 512,
    perThread: 8 * mib,
    idleThreads: 0,
    source: 'KubeVirt source, memory overhead of virt-launcher, without graphics',
  },
  kata: {
    memoryBytes: 160 * mib,
    perByte: 0,
    perThread: 0,
    idleThreads: 0.25,
    source: 'Kata Containers, RuntimeClass examples: pod overhead 160 MiB and 250m',
  },
  'red-hat-hci': {
    memoryBytes: 0.5e9,
    perByte: 0,
    perThread: 0,
    idleThreads: 0,
    source: 'Red Hat hyper-converged infrastructure: 0.5 GB per virtual machine',
  },
};
