import { describe, expect, test } from 'vitest';
import { classify, isLasting } from './acceleration.ts';
import type { AccelerationFacts, GuestBoot } from './acceleration.ts';

const reached: GuestBoot = { cpuModel: 'host', outcome: 'reached', seconds: 0.4, detail: '' };
const hung: GuestBoot = { cpuModel: 'host,-arch-capabilities', outcome: 'too-slow', seconds: 10, detail: '' };
/** QEMU's words where the host refuses one of the CPU's registers. */
const aborted: GuestBoot = {
  cpuModel: 'host',
  outcome: 'exited',
  seconds: 0.1,
  detail: 'error: failed to set MSR 0x10a to 0x69',
};
const metal: AccelerationFacts = {
  device: 'opens',
  cpuVirtualization: 'vmx',
  underHypervisor: false,
  modules: ['kvm_intel'],
  boots: [reached],
};

describe('acceleration of recorded hosts', () => {
  test.each<[string, AccelerationFacts, string, boolean, string | null]>([
    ['bare metal, Intel', metal, 'kvm-hw', true, 'host'],
    ['bare metal, AMD', { ...metal, cpuVirtualization: 'svm', modules: ['kvm_amd'] }, 'kvm-hw', true, 'host'],
    ['KVM built into the kernel', { ...metal, modules: [] }, 'kvm-hw', true, 'host'],
    ['nested', { ...metal, underHypervisor: true }, 'kvm-nested', true, 'host'],
    [
      'nested, the host model refused',
      {
        ...metal,
        underHypervisor: true,
        boots: [aborted, { ...reached, cpuModel: 'host,-arch-capabilities' }],
      },
      'kvm-nested',
      true,
      'host,-arch-capabilities',
    ],
    [
      'kvm_pvm that works',
      { ...metal, cpuVirtualization: null, underHypervisor: true, modules: ['kvm_pvm'] },
      'kvm-pvm',
      true,
      'host',
    ],
    [
      'kvm_pvm that hangs',
      {
        ...metal,
        cpuVirtualization: null,
        underHypervisor: true,
        modules: ['kvm_pvm'],
        boots: [aborted, hung],
      },
      'tcg',
      false,
      null,
    ],
    ['QEMU aborts with every model', { ...metal, boots: [aborted, aborted] }, 'tcg', false, null],
    ['no device', { ...metal, device: 'missing', boots: [] }, 'tcg', false, null],
    ['permission denied', { ...metal, device: 'denied', boots: [] }, 'tcg', false, null],
    ['a device that cannot be opened', { ...metal, device: 'fails', boots: [] }, 'tcg', false, null],
  ])('%s', (_name, facts, expected, kvm, model) => {
    const verdict = classify(facts);
    expect(verdict.acceleration.class).toBe(expected);
    expect(verdict.kvm).toBe(kvm);
    expect(verdict.kvmCpuModel).toBe(model);
    expect(verdict.hint === '').toBe(kvm);
  });

  test('a device that answers and a guest that does not boot are told apart in words', () => {
    const pvm = { ...metal, cpuVirtualization: null, modules: ['kvm_pvm'], boots: [aborted, hung] } as const;
    expect(classify(pvm).acceleration.reason).toBe('KVM answers but cannot run a guest: emulating');
    expect(classify({ ...metal, boots: [aborted, aborted] }).acceleration.reason).toContain(
      'cannot start a guest',
    );
    expect(classify({ ...metal, device: 'denied', boots: [] }).hint).toContain('usermod -aG kvm');
    expect(classify({ ...metal, device: 'missing', boots: [] }).hint).toContain('modprobe');
  });
});

test("a moment's shortage is no lasting answer; a hang and a guest that boots are", () => {
  const busy = (outcome: 'exited' | 'reached' | 'too-slow') =>
    ({
      cpuModel: 'host',
      outcome,
      seconds: 0.1,
      detail: outcome === 'exited' ? 'failed to initialize kvm: Device or resource busy' : '',
    }) as const;
  expect(isLasting([busy('exited'), busy('exited')])).toBe(false);
  expect(isLasting([aborted, busy('exited')])).toBe(false);
  expect(isLasting([busy('exited'), busy('reached')])).toBe(true);
  expect(isLasting([aborted, hung])).toBe(true);
  expect(isLasting([aborted, aborted])).toBe(true);
});
