/**
 * What an instance stands on, asked from inside: whose kernel answers there, of which architecture, and what
 * executes it. A runtime's name proves nothing (`runtime:` takes any program), so what it made is looked at.
 */
import { readFileSync } from 'node:fs';
import { machine, release } from 'node:os';
import type { Acceleration, Isolation, Substrate } from '../model/instance.ts';
import type { Unusable } from './runner.ts';

/** Run by any POSIX shell inside; needs `uname`, or the agent's busybox. A file that is not there prints nothing. */
export const substrateScript = `echo "machine $($TARE_BUSYBOX uname -m)"
echo "release $($TARE_BUSYBOX uname -r)"
line() { if [ -r "$2" ]; then read -r text <"$2"; echo "$1 $text"; fi; }
line boot /proc/sys/kernel/random/boot_id
line cmdline /proc/cmdline
line clocks /sys/devices/system/clocksource/clocksource0/available_clocksource`;

/** What this host is to an instance that is nothing but a process of it. */
export function hostSubstrate(isolation: Isolation): Substrate {
  return { isolation, architecture: machine(), kernel: release() };
}

/** Whether what runs inside is seen by the host's kernel. */
export function sharesKernel({ isolation }: Substrate): boolean {
  return isolation === 'process' || isolation === 'container';
}

/** An instance on this host's kernel, with no CPU of its own. */
export const sharedKernel: Acceleration = {
  class: 'none',
  reason: "a container on the host's kernel: no guest CPU",
};

export interface Asked {
  readonly substrate: Substrate;
  readonly acceleration: Acceleration;
}

/**
 * From what the script printed inside. The same boot id means the host's kernel; none at all, or another one, a
 * kernel of its own: gVisor, by the name on its command line, is a program of the host, any other one a machine's.
 * @param hostBootId /proc/sys/kernel/random/boot_id of the host
 */
export function substrateOf(printed: string, hostBootId: string): Asked | null {
  const said = (key: string) => new RegExp(`^${key} (.*)$`, 'm').exec(printed)?.[1]?.trim();
  const [architecture, kernel] = [said('machine'), said('release')];
  if (architecture === undefined || kernel === undefined) return null;
  const of = (isolation: Isolation, acceleration: Acceleration): Asked => ({
    substrate: { isolation, architecture, kernel },
    acceleration,
  });
  if (said('boot') === hostBootId) return of('container', sharedKernel);
  if (/\bgvisor\b/i.test(said('cmdline') ?? '')) {
    const reason = "a kernel that is a program of the host (gVisor): it executes on the host's CPU";
    return of('sandbox', { class: 'none', reason });
  }
  return of('virtual machine', guestAcceleration(said('clocks') ?? ''));
}

/** KVM gives its guests a clock of its own; what else executes a guest does not show in one. */
function guestAcceleration(clocks: string): Acceleration {
  const who = 'the runtime made a virtual machine';
  return clocks.split(' ').includes('kvm-clock')
    ? { class: isGuest() ? 'kvm-nested' : 'kvm-hw', reason: `${who}, and KVM executes it (kvm-clock inside)` }
    : { class: 'none', reason: `${who}; what executes its CPU is not seen from inside` };
}

/** Whether this host is itself a guest. */
function isGuest(): boolean {
  return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
}

export const hostBootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** A probe whose instance ran and did not say what it stands on. */
export function notAsked(printed: string): Unusable {
  return {
    usable: false,
    reason: `what its instances stand on is not known: one printed ${JSON.stringify(printed.slice(0, 120))}`,
    hint: 'sh, uname and /proc have to work inside an instance',
  };
}
