/**
 * `tare doctor`: every runner and tool, whether it can be used here, why not, and the command that
 * fixes it. Runners answer by use (their own probe), not by the presence of a file.
 */
import { join } from 'node:path';
import { exitCode, messageOf } from '../../model/errors.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

interface DoctorArguments {
  json: boolean;
}

/** One line of the examination. */
interface Finding {
  readonly area: 'runner' | 'tool' | 'host';
  readonly name: string;
  readonly state: 'ok' | 'limited' | 'missing';
  readonly detail: string;
  /** The command or step that fixes it; empty where nothing needs fixing. */
  readonly fix: string;
}

export const doctor: Command<DoctorArguments> = {
  command: 'doctor',
  describe: 'Check which runners work on this host, and print how to fix those that do not.',
  builder: (yargs) =>
    yargs
      .option('json', { type: 'boolean', default: false, describe: 'Print the findings as JSON.' })
      .example('$0 doctor', 'the first KVM probe takes up to ten seconds; its result is cached until reboot'),
  run: async ({ json }, output) => {
    const findings = [
      ...(await examineHost()),
      ...(await examineTools()),
      // Without a terminal that can be redrawn, a line for each, so that no long probe is silent.
      ...(await examineRunners(output.live ? output.status : output.err)),
    ];
    output.status('');
    if (json) output.out(JSON.stringify(findings, null, 2));
    else {
      output.out(table(findings.map(({ area, name, state, detail }) => [area, name, state, detail])));
      // One command may fix several findings.
      const fixes = findings.filter(
        ({ fix }, index) => fix !== '' && findings.findIndex((other) => other.fix === fix) === index,
      );
      if (fixes.length > 0)
        output.out(`\nHow to fix:\n${table(fixes.map(({ name, fix }) => [`  ${name}:`, fix]))}`);
    }
    return findings.some(({ area, state }) => area === 'runner' && state === 'ok')
      ? exitCode.ok
      : exitCode.hostCannot;
  },
};

async function examineHost(): Promise<Finding[]> {
  const { createRuler } = await import('../../host/cgroup/cgroup.ts');
  const { cacheFolder } = await import('../../images/cache.ts');
  const { readHostCounters } = await import('../../host/drift.ts');
  const ruler = createRuler();
  const { stolenSeconds, totalSeconds, load1 } = readHostCounters();
  const steal = (stolenSeconds / totalSeconds) * 100;
  const os = await import('node:os');
  return [
    {
      area: 'host',
      name: 'cgroups',
      state: ruler.usable ? 'ok' : 'limited',
      detail: ruler.usable ? `${ruler.mode}: ${ruler.controllers.join(', ')}` : ruler.reason,
      fix: ruler.usable ? '' : ruler.hint,
    },
    {
      area: 'host',
      name: 'processor',
      state: 'ok',
      detail: `${os.availableParallelism()} CPUs, ${os.cpus()[0]?.model ?? 'unknown model'}, load ${load1.toFixed(2)}`,
      fix: '',
    },
    {
      area: 'host',
      name: 'steal',
      state: steal > 1 ? 'limited' : 'ok',
      detail: `${steal.toFixed(1)} % of CPU time since boot went to others below this host${steal > 1 ? ': it is itself a busy guest' : ''}`,
      fix: '',
    },
    { area: 'host', name: 'cache', state: 'ok', detail: cacheFolder(), fix: '' },
  ];
}

/** Programs by the Debian package that brings them. */
const tools: readonly (readonly [string, string, string])[] = [
  ['unshare', 'util-linux', 'namespaces'],
  ['setpriv', 'util-linux', 'dropping privileges, dying with the tool'],
  ['flock', 'util-linux', 'the lease of a run'],
  ['taskset', 'util-linux', 'keeping instances on their CPUs'],
  ['qemu-system-x86_64', 'qemu-system-x86', 'virtual machines'],
  ['runc', 'runc', 'OCI containers'],
  ['crun', 'crun', 'OCI containers'],
  ['mke2fs', 'e2fsprogs', 'VM disks'],
  ['debugfs', 'e2fsprogs', 'VM disks made without root'],
  ['xz', 'xz-utils', 'guest kernels with packed modules (from Debian 13 on)'],
  ['dpkg-deb', 'dpkg', 'assembling the built-in image'],
  ['apt-get', 'apt', 'fetching packages for the built-in image and the guest kernel'],
];

async function examineTools(): Promise<Finding[]> {
  const { runTool } = await import('../../host/exec.ts');
  const { listImages } = await import('../../images/store.ts');
  const programs = await Promise.all(
    tools.map(async ([name, debian, purpose]): Promise<Finding> => {
      const found = await runTool(['sh', '-c', 'command -v "$1"', 'sh', name], { timeoutSeconds: 5 });
      const path = found.exitCode === 0 ? found.stdout.trim() : null;
      return path === null
        ? {
            area: 'tool',
            name,
            state: 'missing',
            detail: `needed for ${purpose}`,
            fix: `apt-get install ${debian}`,
          }
        : { area: 'tool', name, state: 'ok', detail: path, fix: '' };
    }),
  );
  const images = await listImages().catch(() => []);
  const built = images.some(({ image }) => image.name === 'builtin');
  return [
    ...programs,
    {
      area: 'tool',
      name: 'image',
      state: built ? 'ok' : 'missing',
      detail: built ? 'the built-in image is in the cache' : 'the built-in image is not assembled yet',
      fix: built ? '' : 'tare images build',
    },
  ];
}

/** KVM is tried once per boot of this host; a host that was too busy just then is judged too harshly. */
function retryHint(reason: string, probes: string): string {
  if (!reason.startsWith('KVM answers')) return '';
  return `if this host was busy when KVM was tried, try again: rm -r '${probes}'`;
}

async function examineRunners(status: (text: string) => void): Promise<Finding[]> {
  const { exampleRunners, runners } = await import('../../runners/index.ts');
  const { withScratch } = await import('../edges.ts');
  const { cacheFolder } = await import('../../images/cache.ts');
  const { runnerOf } = await import('../../runners/runner.ts');
  return withScratch(async (context) => {
    const findings: Finding[] = [];
    for (const { id, kind, options } of exampleRunners) {
      status(`probing ${id} ...`);
      try {
        const runner = runnerOf(runners, kind);
        const found = await runner.probe(runner.options.parse(options), context);
        findings.push(
          found.usable
            ? {
                area: 'runner',
                name: id,
                state: 'ok',
                detail: [found.version, found.acceleration.class === 'none' ? '' : found.acceleration.reason]
                  .filter((text) => text !== '')
                  .join('; '),
                fix: retryHint(found.acceleration.reason, join(cacheFolder(), 'probes')),
              }
            : { area: 'runner', name: id, state: 'missing', detail: found.reason, fix: found.hint },
        );
      } catch (error) {
        findings.push({ area: 'runner', name: id, state: 'missing', detail: messageOf(error), fix: '' });
      }
    }
    return findings;
  });
}
