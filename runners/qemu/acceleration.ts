/**
 * What accelerates a guest here, as a pure judgement of facts. Opening /dev/kvm proves nothing: it may be
 * served by a module that cannot run a kernel (kvm_pvm without hardware support), so the decisive fact is
 * whether a real guest kernel reached its first program under KVM within a deadline.
 */
import type { Acceleration } from '../../model/instance.ts';

export interface AccelerationFacts {
  /** Opening /dev/kvm for reading and writing. */
  readonly device: 'opens' | 'missing' | 'denied' | 'fails';
  /** vmx or svm among the CPU's flags; null where that is not how it shows. */
  readonly cpuVirtualization: 'vmx' | 'svm' | null;
  /** This host is itself a guest. */
  readonly underHypervisor: boolean;
  /** KVM modules loaded, e.g. `kvm_intel`; empty when built in or unknown. */
  readonly modules: readonly string[];
  /** Boots of a real guest kernel under KVM, in the order tried; empty without a device. */
  readonly boots: readonly GuestBoot[];
}

export interface GuestBoot {
  readonly cpuModel: string;
  readonly outcome: 'reached' | 'too-slow' | 'exited';
  readonly seconds: number;
  /** QEMU's last words where it exited. */
  readonly detail: string;
}

export interface AccelerationVerdict {
  readonly acceleration: Acceleration;
  /** Whether KVM runs guests here. */
  readonly kvm: boolean;
  /** -cpu that works under KVM; null where none does. */
  readonly kvmCpuModel: string | null;
  /** What would make KVM usable, or an empty text. */
  readonly hint: string;
}

/** Models to try under KVM: all of the host's CPU, and the same without what some nested hosts refuse. */
export const kvmCpuModels = ['host', 'host,-arch-capabilities'] as const;

const emulating = (reason: string, hint: string): AccelerationVerdict => ({
  acceleration: { class: 'tcg', reason },
  kvm: false,
  kvmCpuModel: null,
  hint,
});

export function classify(facts: AccelerationFacts): AccelerationVerdict {
  const booted = facts.boots.find((boot) => boot.outcome === 'reached');
  if (booted !== undefined) return accelerated(facts, booted);
  switch (facts.device) {
    case 'missing':
      return facts.cpuVirtualization === null
        ? emulating('there is no /dev/kvm and the CPU shows no virtualization: emulating', enableHint(facts))
        : emulating(
            'there is no /dev/kvm: emulating',
            'load the module: sudo modprobe kvm_intel (or kvm_amd)',
          );
    case 'denied':
      return emulating(
        '/dev/kvm may not be opened by this user: emulating',
        'join its group: sudo usermod -aG kvm "$USER", then log in again',
      );
    case 'fails':
      return emulating('/dev/kvm cannot be opened: emulating', enableHint(facts));
    case 'opens':
      return facts.boots.some((boot) => boot.outcome === 'too-slow')
        ? emulating('KVM answers but cannot run a guest: emulating', enableHint(facts))
        : emulating('KVM answers but QEMU cannot start a guest with it: emulating', enableHint(facts));
  }
}

/** What QEMU says when something else held KVM or the memory just then. */
const passing = /resource busy|EBUSY|temporarily unavailable|Cannot allocate memory/i;

/** Whether the boots say something of this host that will still be true in a minute. */
export function isLasting(boots: readonly GuestBoot[]): boolean {
  if (boots.some(({ outcome }) => outcome !== 'exited')) return true;
  return !boots.some(({ detail }) => passing.test(detail));
}

function enableHint(facts: AccelerationFacts): string {
  return facts.underHypervisor
    ? 'this host is a VM: use one with nested virtualization, or bare metal'
    : "switch on virtualization (VT-x or AMD-V) in the machine's firmware";
}

function accelerated(facts: AccelerationFacts, booted: GuestBoot): AccelerationVerdict {
  const yes = (acceleration: Acceleration): AccelerationVerdict => ({
    acceleration,
    kvm: true,
    kvmCpuModel: booted.cpuModel,
    hint: '',
  });
  if (facts.modules.includes('kvm_pvm') || facts.cpuVirtualization === null) {
    return yes({
      class: 'kvm-pvm',
      reason: "KVM runs guests in software (PVM), without the CPU's virtualization",
    });
  }
  if (facts.underHypervisor) {
    return yes({ class: 'kvm-nested', reason: 'KVM runs guests, and this host is itself a guest (nested)' });
  }
  return yes({ class: 'kvm-hw', reason: "KVM runs guests with the CPU's virtualization" });
}
