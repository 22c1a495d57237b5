/**
 * What an app needs of the system under it (a kernel version, modules, an architecture, an operating
 * system) and whether an instance has it. A requirement that is not met is an answer, not a fault: some
 * runners can bring another kernel, the others run on the host's.
 */
import type { Requirements } from '../../model/scenario.ts';

/** ">=6.5", "6.1.*", "6.1": an operator, or a version whose given parts must be equal. */
export const kernelPattern = /^(?:(?:>=|<=|>|<|=)\s*\d+(?:\.\d+){0,2}|\d+(?:\.\d+){0,2}(?:\.\*)?)$/;

const machines: Readonly<Record<string, string>> = { amd64: 'x86_64', x64: 'x86_64', arm64: 'aarch64' };

/** One name per architecture: `uname -m`'s. */
export function machineName(name: string): string {
  return machines[name] ?? name;
}

/**
 * Whether a kernel release has a wanted version. Only the parts that are given count: 6.1.5 is neither
 * above nor below "6.1".
 */
export function hasVersion(release: string, wanted: string): boolean {
  const [, operator = '=', version = ''] = /^(>=|<=|>|<|=)?\s*([\d.]+)/.exec(wanted) ?? [];
  const parts = version.split('.').filter((part) => part !== '');
  const own = /^\d+(?:\.\d+)*/.exec(release)?.[0].split('.') ?? [];
  const order = parts.reduce(
    (found, part, index) => (found === 0 ? Math.sign(Number(own[index] ?? 0) - Number(part)) : found),
    0,
  );
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    default:
      return order === 0;
  }
}

/** "kernel 6.1.*, module dummy": what is needed, for the record and the reader. */
export function requirementWords({ kernel, modules, architecture, os }: Requirements): string {
  return [
    ...(kernel === null ? [] : [`kernel ${kernel}`]),
    ...modules.map((name) => `module ${name}`),
    ...(architecture === null ? [] : [`architecture ${architecture}`]),
    ...(os === null ? [] : [`system ${os}`]),
  ].join(', ');
}

/** What nothing here can run, whatever it is launched with; null: nothing stands in the way. */
export function unmeetable(
  { architecture, os }: Requirements,
  /** What instances have; null: not known here, found out inside. */
  machine: string | null,
  ownKernel: boolean,
): { readonly reason: string; readonly hint: string } | null {
  if (os !== null && os !== 'linux') {
    return {
      reason: ownKernel
        ? `needs the system ${os}; a VM could boot it, tare carries no guest of it yet`
        : `needs the system ${os}; it would run on the host's Linux kernel, and can bring no other`,
      hint: `a VM with a guest of ${os} would run it`,
    };
  }
  if (architecture !== null && machine !== null && machineName(architecture) !== machineName(machine)) {
    const [wanted, own] = [machineName(architecture), machineName(machine)];
    return {
      reason: ownKernel
        ? `needs architecture ${wanted}; this host is ${own}, and tare carries no VM of another one yet`
        : `needs architecture ${wanted}; it would run on the host's own CPU and kernel, which are ${own}`,
      hint: `a VM of qemu-system-${wanted} with a guest kernel of that architecture could run it, emulated`,
    };
  }
  return null;
}

/** First line of the script that looks; fakes know it by that. */
const requirementsTitle = '# tare requirements';

/** Prints the kernel inside and which of the modules it has. */
export function requirementsScript(modules: readonly string[]): string {
  const names = modules.map((name) => name.replaceAll('-', '_'));
  return `${requirementsTitle}
B=$TARE_BUSYBOX
echo "kernel $("$B" uname -r)"
echo "machine $("$B" uname -m)"
read -r id </proc/sys/kernel/random/boot_id && echo "boot $id"
for name in ${names.join(' ')}; do
  if [ -d /sys/module/$name ] || "$B" grep -q "^$name " /proc/modules 2>/dev/null; then echo "module $name"; fi
done
`;
}

/** The first requirement that what the script printed does not meet, in words; null: all are met. */
export function unmet(requires: Requirements, printed: string, hostBootId: string | null): string | null {
  const said = (key: string) => new RegExp(`^${key} (\\S+)$`, 'm').exec(printed)?.[1];
  const release = said('kernel') ?? 'unknown';
  // Where the site does not show its own kernel, whose it is inside is not said.
  const shared = hostBootId === null ? null : said('boot') === hostBootId;
  if (requires.kernel !== null && !hasVersion(release, requires.kernel)) {
    return `needs kernel ${requires.kernel}; inside is ${release}, ${
      shared === null
        ? 'and whose it is, its site does not report'
        : shared
          ? "the host's own: what runs on it can bring no other"
          : 'its own: give the runner another kernel'
    }`;
  }
  const machine = said('machine') ?? 'unknown';
  if (requires.architecture !== null && machineName(requires.architecture) !== machineName(machine)) {
    return `needs architecture ${requires.architecture}; inside is ${machine}`;
  }
  for (const name of requires.modules) {
    const there = printed.split('\n').includes(`module ${name.replaceAll('-', '_')}`);
    if (there) continue;
    return `needs module ${name}; ${
      shared === true
        ? "the host's own kernel has not loaded it, and what runs on it brings no modules"
        : `the kernel inside, ${release}, has none of that name in its package`
    }`;
  }
  return null;
}
