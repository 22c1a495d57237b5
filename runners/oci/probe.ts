/**
 * What an OCI runtime is on this host: where it is, what it needs hidden, and whether it works, found out by
 * running a container of the host's own programs with the flags, the group and the mounts of an instance.
 */
import { existsSync, readFileSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import type { Ruler } from '../../host/cgroup/cgroup.ts';
import { parseLayout } from '../../host/cgroup/layout.ts';
import { runTool, toolPath } from '../../host/exec.ts';
import type { ToolResult } from '../../host/exec.ts';
import type { Group } from '../../host/cgroup/group.ts';
import { ociContainer } from '../../host/kept.ts';
import type { Resource } from '../../host/lease.ts';
import { utilLinuxVersion } from '../hosted.ts';
import type { Availability, Context } from '../runner.ts';
import { hostBootId, notAsked, substrateOf, substrateScript } from '../substrate.ts';
import type { OciOptions } from './options.ts';
import { ociSpec, waysOf } from './spec.ts';

/** The runtime's absolute path, or null where there is no such program. */
export async function findRuntime(runtime: string): Promise<string | null> {
  const places = runtime.includes('/') ? [''] : toolPath().split(':');
  for (const place of places) {
    const file = place === '' ? runtime : join(place, runtime);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return null;
}

/** Mount point of the cgroup2 tree where it lies beside v1 controllers. */
export function hybridTree(): string | null {
  const text = (file: string): string => readFileSync(`/proc/self/${file}`, 'utf8');
  const layout = parseLayout(text('mountinfo'), text('cgroup'));
  return layout.mode === 'hybrid' ? layout.unified : null;
}

export async function versionOf(binary: string): Promise<string> {
  const { stdout } = await runTool([binary, '--version'], { timeoutSeconds: 10 });
  return stdout.split('\n')[0]?.trim() ?? 'unknown';
}

/** "runc version 1.1.5+ds1" is "runc 1.1.5" to a reader; the identity keeps it to the letter. */
export function shortVersion(printed: string): string {
  return printed.replace(/\bversion /, '').replace(/\+\S*$/, '');
}

/** The container's own cgroup, below the instance's. On v2 the group's processes are in a leaf beside it. */
export function containerGroup(group: Group): string {
  const file = group.procsFiles[0] ?? '';
  const leaf = '/main/cgroup.procs';
  const above = file.endsWith(leaf)
    ? file.slice(0, -leaf.length).replace(/^\/sys\/fs\/cgroup/, '')
    : `/${group.path}`;
  return `${above}/box`;
}

/** Whether this runtime can be used here; everything it makes to find out is listed in the lease first. */
export async function probe(options: OciOptions, context: Context): Promise<Availability> {
  const binary = await findRuntime(options.runtime);
  if (binary === null) {
    const hint = options.runtime.includes('/') ? 'check the path' : `apt-get install ${options.runtime}`;
    return { usable: false, reason: `no program ${options.runtime}`, hint };
  }
  if (process.geteuid?.() !== 0) {
    return {
      usable: false,
      reason: 'OCI runtimes are run as root here',
      hint: 'run tare as root, or use the namespace runner with `user: rootless`',
    };
  }
  const ruler = createRuler();
  const tried = await tryContainer(binary, options, ruler, context);
  if (tried.exitCode !== 0) {
    const reason = tried.stderr.trim().split('\n').at(-1) ?? 'the runtime failed';
    return { usable: false, reason, hint: `try by hand: ${binary} --debug run` };
  }
  const asked = substrateOf(tried.stdout, hostBootId());
  if (asked === null) return notAsked(tried.stdout);
  return {
    usable: true,
    version: await versionOf(binary),
    ...asked,
    details: {
      binary,
      'util-linux': await utilLinuxVersion(),
      cgroups: ruler.mode,
      kernel: asked.substrate.kernel ?? 'unknown',
    },
  };
}

// Becomes the runtime in the bundle, where no other process sees the root. Arguments as of enter.sh.
const enter = `mkdir root && mount -t tmpfs tmpfs root && mkdir root/dev || exit 1
if [ "$1" != - ]; then umount "$1" || exit 1; fi
shift
exec "$@"`;

/** Runs one container of the host's own files to its end and removes what it made. */
async function tryContainer(
  binary: string,
  options: OciOptions,
  ruler: Ruler,
  { workDir, lease }: Context,
): Promise<ToolResult> {
  const ways = waysOf(options);
  await mkdir(workDir, { recursive: true });
  const folder = await mkdtemp(join(workDir, 'probe-'));
  const name = basename(folder);
  const id = `${lease.runId}-${name}`;
  const stateRoot = join(folder, 'state');
  const path = `tare/${lease.runId}/${name}`;
  const groups = ruler.usable && ways.ownGroup ? ruler : null;
  const container = ociContainer({ argv: [binary, '--root', stateRoot, ...ways.global], stateRoot, id });
  const owned: readonly Resource[] = [
    { kind: 'folder', path: folder },
    container,
    ...(groups === null ? [] : [{ kind: 'group', path } as const]),
  ];
  for (const resource of owned) lease.own(resource);
  const group = groups === null ? null : await groups.createGroup(path);
  try {
    const cgroupsPath = group === null ? null : containerGroup(group);
    await writeFile(join(folder, 'config.json'), JSON.stringify(trialSpec(cgroupsPath, options.seccomp)));
    const unified = ways.hidesUnified ? hybridTree() : null;
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc'];
    const command = [binary, '--root', 'state', ...ways.global, 'run', '--bundle', '.', id];
    return await runTool(['unshare', ...namespaces, 'sh', '-c', enter, 'sh', unified ?? '-', ...command], {
      timeoutSeconds: 30,
      cwd: folder,
    });
  } finally {
    if (existsSync(join(stateRoot, id))) {
      await runTool(container.argv, { timeoutSeconds: 30 });
    }
    const emptied = group === null || ((await group.kill(10)) && (await group.remove()));
    await rm(folder, { recursive: true, force: true });
    // What is left stays listed: `tare gc` tries again.
    if (emptied) for (const resource of owned) lease.release(resource);
  }
}

/** An instance's config.json over the host's programs: no image is needed to know that the runtime works. */
function trialSpec(cgroupsPath: string | null, seccomp: boolean) {
  const spec = ociSpec({ environment: {}, cgroupsPath, seccomp });
  const programs = ['/usr', '/bin', '/lib', '/lib64'].filter((place) => existsSync(place));
  return {
    ...spec,
    process: { ...spec.process, args: ['/bin/sh', '-c', substrateScript] },
    root: { path: 'root', readonly: false },
    mounts: [
      ...spec.mounts.filter(({ type }) => type === 'proc'),
      ...programs.map((place) => ({
        destination: place,
        type: 'bind',
        source: place,
        options: ['bind', 'ro'],
      })),
    ],
  };
}
