/**
 * The embedded container: namespaces, an overlay of the image, dropped capabilities and cgroup limits from
 * util-linux and a shell script (enter.sh); no daemon, no runtime, and no root where user namespaces allow.
 * All mounts live in a private mount namespace, so nothing of them can outlive the instance.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { runTool } from '../../host/exec.ts';
import { makeBeside, makeInstanceFolder } from '../container-root.ts';
import { insideEnvironment, mountsBelow, outputInside, startHosted, utilLinuxVersion } from '../hosted.ts';
import type { Availability, Context, Instance, Job, Prepared, PrepareRequest, Runner } from '../runner.ts';
import { hostBootId, notAsked, substrateOf, substrateScript } from '../substrate.ts';
import { containerTraits } from '../traits.ts';
import type { Attachment } from '../network.ts';
import { bridgeArguments, createCellNetwork, networkTrait, refuseNetwork } from '../network.ts';
import { hostVolumeUse, refuseHostVolume } from '../volume-use.ts';
import { seenOutside } from '../watch.ts';
import { fstab, namespaceArguments } from './args.ts';
import { namespaceOptions } from './options.ts';
import type { NamespaceOptions } from './options.ts';

const agent = join(import.meta.dirname, '..', 'agent.sh');
const enterScript = join(import.meta.dirname, 'enter.sh');

function isRootless({ user }: NamespaceOptions): boolean {
  return user === 'rootless' || (user === 'auto' && process.geteuid?.() !== 0);
}

/** Everything enter.sh needs of the host, tried once: namespaces, tmpfs, overlay, proc, network. */
async function probe(options: NamespaceOptions, { workDir }: Context): Promise<Availability> {
  const rootless = isRootless(options);
  await mkdir(workDir, { recursive: true });
  const folder = await mkdtemp(join(workDir, 'probe-'));
  try {
    const overlay = `${rootless ? 'userxattr,' : ''}lowerdir=l/a,upperdir=l/u,workdir=l/w`;
    const script = [
      'set -e',
      'mkdir l; mount -t tmpfs tmpfs l; mkdir l/a l/u l/w l/m l/p',
      `mount -t overlay -o ${overlay} overlay l/m`,
      'mount -t proc proc l/p',
      'setpriv --no-new-privs --bounding-set=-all true',
      substrateScript,
    ].join('\n');
    const argv = namespaceArguments({ rootless, busybox: 'busybox', enterScript });
    const command = [...argv.slice(0, argv.indexOf('sh')), 'sh', '-c', script];
    const tried = await runTool(command, { timeoutSeconds: 20, cwd: folder });
    if (tried.exitCode !== 0) {
      const reason = tried.stderr.trim().split('\n').at(-1) ?? 'unshare failed';
      return { usable: false, reason, hint: hintFor(reason, rootless) };
    }
    const asked = substrateOf(tried.stdout, hostBootId());
    if (asked === null) return notAsked(tried.stdout);
    const version = await utilLinuxVersion();
    return {
      usable: true,
      version: `util-linux ${version}`,
      ...asked,
      details: {
        'util-linux': version,
        user: rootless ? 'rootless' : 'root',
        cgroups: createRuler().mode,
        kernel: asked.substrate.kernel ?? 'unknown',
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function hintFor(reason: string, rootless: boolean): string {
  if (/ENOENT|not found/.test(reason)) return 'apt-get install util-linux';
  if (!rootless) return 'run as root, or set `user: rootless` for this runner';
  return 'sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 (or run as root)';
}

async function prepare(request: PrepareRequest<NamespaceOptions>, context: Context): Promise<Prepared> {
  const { options, found, image, shape, pidsLimit } = request;
  const rootless = isRootless(options);
  const ruler = createRuler();
  await mkdir(context.workDir, { recursive: true });
  const beside = await mkdtemp(join(context.workDir, 'beside-'));
  context.lease.own({ kind: 'folder', path: beside });
  await makeBeside(beside, image, agent, !rootless);
  const hostNetwork = options.network === 'host';
  const argv = namespaceArguments({ rootless, busybox: image.busybox, enterScript, hostNetwork });
  const network = createCellNetwork(options.network, 'slirp4netns');
  const table = fstab(rootless);
  return {
    ...found.substrate,
    product: `namespaces (${found.version})`,
    identity: { argv: argv.join(' '), fstab: table, readiness: seenOutside },
    decisive: ['util-linux'],
    acceleration: found.acceleration,
    sharedDiskBytes: image.treeBytes,
    traits: {
      ...containerTraits(request, ruler, 'overlay on tmpfs'),
      network: networkTrait(options.network, 'container'),
      privileges: `root${rootless ? " of a user namespace, tare's user outside" : ''}, 13 capabilities, no new privileges, no seccomp`,
    },
    start: (job, inner) => start(job, inner),
    async [Symbol.asyncDispose]() {
      await network.close();
      await rm(beside, { recursive: true, force: true });
      context.lease.release({ kind: 'folder', path: beside });
    },
  };

  async function start(job: Job, inner: Context): Promise<Instance> {
    const attached = await network.attach(job, inner);
    const folder = join(inner.workDir, `namespace-${job.id}`);
    inner.lease.own({ kind: 'folder', path: folder });
    await makeInstanceFolder(folder, beside, image);
    await writeFile(join(folder, 'fstab'), job.volume === null ? table : fstab(rootless, job.volume));
    if (job.volume !== null) await symlink(job.volume.path, join(folder, 'volume'));
    return startHosted({
      job,
      context: inner,
      limits: { shape, pidsLimit },
      argv: [...argv, ...enterArguments(job, attached)],
      network: attached,
      seen: { output: outputInside, busybox: image.busybox },
      environment: { ...insideEnvironment, ...job.environment },
      cwd: folder,
      folder,
      async putAway() {
        const mounts = mountsBelow(folder);
        if (mounts.length > 0) return mounts.map((place) => `mount ${place}`);
        await rm(folder, { recursive: true, force: true });
        if (existsSync(folder)) return [folder];
        inner.lease.release({ kind: 'folder', path: folder });
        return [];
      },
    });
  }
}

/** What enter.sh is told beyond every start's: nothing, where there is nothing to tell. */
function enterArguments({ volume }: Job, attached: Attachment): readonly string[] {
  const network = attached.mode === 'host' ? ['host'] : bridgeArguments(attached.link);
  if (volume === null && network.length === 0) return [];
  return [volume?.place ?? '', ...network];
}

export const namespace: Runner<NamespaceOptions> = {
  kind: 'namespace',
  title: 'Container from plain namespaces',
  options: namespaceOptions,
  refuse: (options, { volume, reachable }) =>
    refuseHostVolume(volume, isRootless(options)) ??
    refuseNetwork(
      options.network,
      { reachable },
      isRootless(options) ? 'rootless container' : 'root container',
    ),
  volumeUse: ({ loopDirect }, kind) => hostVolumeUse(kind, loopDirect, true),
  probe,
  prepare,
};
