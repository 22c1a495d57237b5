/**
 * How a VM's memory is given and taken back, as QEMU arguments: what the options declare and nothing else.
 * QEMU offers its pages to the kernel for merging unless told not to, so that is always said.
 */
import type { Bytes } from '../../model/quantities.ts';
import { memoryPolicyTrait } from '../traits.ts';
import type { QemuOptions } from './options.ts';

export interface MemoryPolicy {
  /** Equal pages may be merged with those of other VMs (KSM). */
  readonly merge: boolean;
  /** The guest tells which pages it does not use, and the host takes them back. */
  readonly reporting: boolean;
  /** What a balloon leaves the guest once it is ready; null: no balloon. */
  readonly balloonBytes: Bytes | null;
  /** All of it touched before the guest starts. */
  readonly prealloc: boolean;
}

/** Nothing declared: on first touch, never merged, never given back. */
export const stockMemory: MemoryPolicy = {
  merge: false,
  reporting: false,
  balloonBytes: null,
  prealloc: false,
};

export function memoryPolicyOf(
  options: Pick<QemuOptions, 'ksm' | 'freePageReporting' | 'balloon' | 'prealloc'>,
): MemoryPolicy {
  return {
    merge: options.ksm,
    reporting: options.freePageReporting,
    balloonBytes: options.balloon ?? null,
    prealloc: options.prealloc,
  };
}

const mebibyte = 2 ** 20;

/** Properties of `-machine`. */
export function memoryProperties({ merge, prealloc }: MemoryPolicy): string {
  return `mem-merge=${merge ? 'on' : 'off'}${prealloc ? ',memory-backend=ram' : ''}`;
}

/** Memory taken beforehand needs a backend of its own. */
export function backendArguments({ prealloc }: MemoryPolicy, memoryMiB: number): readonly string[] {
  return prealloc ? ['-object', `memory-backend-ram,id=ram,size=${String(memoryMiB)}M,prealloc=on`] : [];
}

/** The balloon device, where one is declared. */
export function balloonArguments(policy: MemoryPolicy, bus: 'pci' | 'device'): readonly string[] {
  if (!hasBalloon(policy)) return [];
  const reporting = policy.reporting ? 'on' : 'off';
  return ['-device', `virtio-balloon-${bus},id=balloon,free-page-reporting=${reporting}`];
}

/** Free-page reporting is a power of the balloon device, whether or not it is ever inflated. */
export function hasBalloon({ reporting, balloonBytes }: MemoryPolicy): boolean {
  return reporting || balloonBytes !== null;
}

/** The same condition in the words that every runner uses. */
export function policyWords({ merge, reporting, balloonBytes, prealloc }: MemoryPolicy): string {
  return memoryPolicyTrait({
    taken: prealloc ? 'all before the start' : 'on first touch',
    merged: merge ? 'merged by KSM' : 'not merged',
    returned:
      [
        ...(reporting ? ['free pages reported'] : []),
        ...(balloonBytes === null ? [] : [`ballooned to ${String(Math.floor(balloonBytes / mebibyte))} MiB`]),
      ].join(' and ') || 'not ballooned',
  });
}
