/** What an instance stands on, from texts that real ones printed, and from the script run on this host. */
import { execFileSync } from 'node:child_process';
import { machine, release } from 'node:os';
import { expect, test } from 'vitest';
import { hostBootId, substrateOf, substrateScript } from './substrate.ts';

const host = 'd1f6c3a0-0000-4000-8000-0123456789ab';

/** As Kata Containers 3 with QEMU and KVM prints it. */
const kata = `machine x86_64
release 6.1.62
boot 7b5c8e1a-1111-4111-8111-abcdefabcdef
cmdline tsc=reliable no_timer_check rcupdate.rcu_expedited=1 agent.log=debug systemd.unit=kata-containers.target
clocks kvm-clock tsc acpi_pm
`;
/** As runsc 20221219 prints it: no boot id, no clock sources. */
const gvisor = `machine x86_64
release 4.4.0
cmdline BOOT_IMAGE=/vmlinuz-4.4.0-gvisor quiet
`;

test('the same boot id means the kernel of the host, whatever else differs', () => {
  const printed = `machine aarch64\nrelease 6.18.5\nboot ${host}\ncmdline quiet\nclocks kvm-clock tsc\n`;
  expect(substrateOf(printed, host)).toEqual({
    substrate: { isolation: 'container', architecture: 'aarch64', kernel: '6.18.5' },
    acceleration: { class: 'none', reason: expect.stringContaining("on the host's kernel") },
  });
});

test('a runtime that makes virtual machines makes virtual machines, executed by what is seen inside', () => {
  const found = substrateOf(kata, host);
  expect(found?.substrate).toEqual({
    isolation: 'virtual machine',
    architecture: 'x86_64',
    kernel: '6.1.62',
  });
  expect(found?.acceleration.class).toMatch(/^kvm-(hw|nested)$/);
  const silent = substrateOf(kata.replace('kvm-clock ', ''), host);
  expect(silent?.substrate.isolation).toBe('virtual machine');
  // Not known is not "fast": what needs a real CPU is refused (C17).
  expect(silent?.acceleration).toMatchObject({ class: 'none', reason: expect.stringContaining('not seen') });
});

test('a kernel that is a program of the host is a sandbox', () => {
  expect(substrateOf(gvisor, host)).toMatchObject({
    substrate: { isolation: 'sandbox', kernel: '4.4.0' },
    acceleration: { class: 'none' },
  });
});

test('an instance that says too little is not taken for anything', () => {
  for (const printed of ['', 'machine x86_64\n', `release 6.1\nboot ${host}\n`])
    expect(substrateOf(printed, host)).toBeNull();
});

test('asked on the host itself, the script finds the host', () => {
  const printed = execFileSync('sh', ['-c', substrateScript], { encoding: 'utf8' });
  expect(substrateOf(printed, hostBootId())?.substrate).toEqual({
    isolation: 'container',
    architecture: machine(),
    kernel: release(),
  });
});
