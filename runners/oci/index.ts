/**
 * Containers by an OCI runtime (runc, crun, ...), without an engine: what container platforms really run
 * below their daemons. The bundle is the instance's folder; root, limits and agent are the namespace runner's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { createRuler } from '../../host/cgroup.ts';
import { parseLayout } from '../../host/cgroup-layout.ts';
import { runTool, toolPath } from '../../host/exec.ts';
import type { Group } from '../../host/group.ts';
import type { Resource } from '../../host/lease.ts';
import { makeBeside, makeInstanceFolder, overlayOptions } from '../container-root.ts';
import { insideEnvironment, mountsBelow, startHosted, utilLinuxVersion } from '../hosted.ts';
import { busyboxOf } from '../process/index.ts';
import type { Availability, Context, Instance, Job, Prepared, PrepareRequest, Runner } from '../runner.ts';
import { memoryLimitTrait, sharedTraits } from '../traits.ts';
import { ociOptions } from './options.ts';
import type { OciOptions } from './options.ts';
import { ociArguments, ociSpec, waysOf } from './spec.ts';

const agent = join(import.meta.dirname, '..', 'agent.sh');
const enterScript = join(import.meta.dirname, 'enter.sh');
const acceleration = { class: 'none', reason: "a container on the host's kernel: no guest CPU" } as const;

/** The runtime's absolute path, or null where there is no such program. */
async function findRuntime(runtime: string): Promise<string | null> {
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
function hybridTree(): string | null {
  const text = (file: string): string => readFileSync(`/proc/self/${file}`, 'utf8');
  const layout = parseLayout(text('mountinfo'), text('cgroup'));
  return layout.mode === 'hybrid' ? layout.unified : null;
}

async function versionOf(binary: string): Promise<string> {
  const { stdout } = await runTool([binary, '--version'], { timeoutSeconds: 10 });
  return stdout.split('\n')[0]?.trim() ?? 'unknown';
}

/** Runs one container of the host's own files to its end, with the flags that instances will have. */
async function probe(options: OciOptions, { workDir }: Context): Promise<Availability> {
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
  await mkdir(workDir, { recursive: true });
  const folder = await mkdtemp(join(workDir, 'probe-'));
  try {
    const ways = waysOf(options);
    const id = `tare-probe-${process.pid}-${Date.now()}`;
    const spec = ociSpec({
      environment: {},
      cgroupsPath: ways.ownGroup ? `/${id}` : null,
      seccomp: options.seccomp,
    });
    // The host's programs over an empty root: no image is needed to know that the runtime works.
    const programs = ['/usr', '/bin', '/lib', '/lib64'].filter((place) => existsSync(place));
    const trial = {
      ...spec,
      process: { ...spec.process, args: ['/bin/true'] },
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
    await writeFile(join(folder, 'config.json'), JSON.stringify(trial));
    const unified = ways.hidesUnified ? hybridTree() : null;
    const hide = unified === null ? '' : `umount '${unified}' && `;
    const flags = [binary, '--root', 'state', ...ways.global];
    const script = `mkdir root && mount -t tmpfs tmpfs root && mkdir root/dev && ${hide}"$@"; code=$?; ${flags.map((word) => `'${word}'`).join(' ')} delete -f ${id} 2>/dev/null; exit $code`;
    const around = [
      'unshare',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child=SIGKILL',
      '--mount-proc',
      'sh',
      '-c',
      script,
      'sh',
    ];
    const tried = await runTool([...around, ...flags, 'run', '--bundle', '.', id], {
      timeoutSeconds: 30,
      cwd: folder,
    });
    if (tried.exitCode !== 0) {
      const reason = tried.stderr.trim().split('\n').at(-1) ?? 'the runtime failed';
      return { usable: false, reason, hint: `try by hand: ${binary} --debug run` };
    }
    return {
      usable: true,
      version: await versionOf(binary),
      acceleration,
      details: {
        binary,
        'util-linux': await utilLinuxVersion(),
        cgroups: createRuler().mode,
        kernel: release(),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

async function prepare(
  { options, image, shape, pidsLimit }: PrepareRequest<OciOptions>,
  context: Context,
): Promise<Prepared> {
  const binary = (await findRuntime(options.runtime)) ?? options.runtime;
  const ways = waysOf(options);
  const unified = ways.hidesUnified ? hybridTree() : null;
  const ruler = createRuler();
  await mkdir(context.workDir, { recursive: true });
  const beside = await mkdtemp(join(context.workDir, 'beside-'));
  context.lease.own({ kind: 'folder', path: beside });
  await makeBeside(beside, image, agent, true);
  const plan = { enterScript, busybox: busyboxOf(image), binary, ways, unified };
  const table = `overlay layer/root overlay ${overlayOptions(false).join(',')} 0 0\n`;
  const seccomp = options.seccomp ? 'seccomp denylist' : 'no seccomp';
  return {
    identity: {
      runtime: await versionOf(binary),
      argv: ociArguments({ ...plan, id: 'ID' }).join(' '),
      config: JSON.stringify(
        ociSpec({ environment: insideEnvironment, cgroupsPath: null, seccomp: options.seccomp }),
      ),
    },
    acceleration,
    sharedDiskBytes: image.treeBytes,
    traits: {
      ...sharedTraits(image, ruler),
      kernel: `host's (${release()})`,
      acceleration: 'none',
      memoryLimit: memoryLimitTrait(ruler, shape.memoryBytes),
      rootFilesystem: 'overlay of a host folder',
      writableLayer: 'overlay on tmpfs',
      network: 'loopback of its own network namespace',
      privileges: `root, 13 capabilities, no new privileges, ${seccomp}`,
      startState: 'cold',
    },
    start: (job, inner) => start(job, inner),
    async [Symbol.asyncDispose]() {
      await rm(beside, { recursive: true, force: true });
      context.lease.release({ kind: 'folder', path: beside });
    },
  };

  async function start(job: Job, inner: Context): Promise<Instance> {
    const folder = join(inner.workDir, `oci-${job.id}`);
    const id = `${inner.lease.runId}-${job.id}`;
    const stateRoot = join(folder, 'state');
    const owned: readonly Resource[] = [
      { kind: 'folder', path: folder },
      { kind: 'oci', binary, stateRoot, id },
    ];
    for (const resource of owned) inner.lease.own(resource);
    await makeInstanceFolder(folder, beside, image);
    await mkdir(stateRoot);
    await writeFile(join(folder, 'fstab'), table);
    const environment = { ...insideEnvironment, ...job.environment };
    const cgroupsPath = ways.ownGroup && job.group !== null ? containerGroup(job.group) : null;
    const spec = ociSpec({ environment, cgroupsPath, seccomp: options.seccomp });
    await writeFile(join(folder, 'config.json'), JSON.stringify(spec));
    return startHosted({
      job,
      context: inner,
      limits: { shape, pidsLimit },
      argv: ociArguments({ ...plan, id }),
      environment: {},
      cwd: folder,
      folder,
      async putAway() {
        const mounts = mountsBelow(folder);
        if (mounts.length > 0) return mounts.map((place) => `mount ${place}`);
        if (existsSync(join(stateRoot, id))) {
          // Its processes are gone; this drops what the runtime noted elsewhere. What it refuses is found below.
          const argv = [binary, '--root', stateRoot, ...ways.global, 'delete', '-f', id];
          await runTool(argv, { timeoutSeconds: 30 });
        }
        await rm(folder, { recursive: true, force: true });
        if (existsSync(folder)) return [folder];
        for (const resource of owned) inner.lease.release(resource);
        return [];
      },
    });
  }
}

export const oci: Runner<OciOptions, 'oci'> = {
  kind: 'oci',
  title: 'Container by an OCI runtime',
  options: ociOptions,
  probe,
  prepare,
};
