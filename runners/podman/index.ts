/**
 * Containers by podman, as users start them: a client that leaves (`run --detach`), conmon and the container
 * that stay, both in the instance's group. Image, root and limits are the other runners'; what is podman's own
 * (writable layer on disk, seccomp, capabilities) is said in the traits.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { chown, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { runTool } from '../../host/exec.ts';
import { exitCode, UserError } from '../../model/errors.ts';
import { ownUlimits, runArguments } from '../engine/args.ts';
import type { RunPlan } from '../engine/args.ts';
import { makeEngineBeside } from '../engine/beside.ts';
import { ensureStored } from '../engine/import.ts';
import { startEngine } from '../engine/instance.ts';
import { joinBridge } from '../engine/bridge.ts';
import { mountsBelow, insideEnvironment } from '../hosted.ts';
import { createCellNetwork, networkTrait, refuseNetwork } from '../network.ts';
import { containerGroup, findRuntime, hybridTree, versionOf } from '../oci/probe.ts';
import { seenInside, seenOutside } from '../watch.ts';
import type { Resource } from '../../host/lease.ts';
import { killQuietly, processIdentity } from '../../host/process-identity.ts';
import type {
  Availability,
  Context,
  Instance,
  Job,
  Prepared,
  PrepareRequest,
  Runner,
  Unusable,
} from '../runner.ts';
import { hostBootId, notAsked, sharesKernel, substrateOf, substrateScript } from '../substrate.ts';
import { containerTraits } from '../traits.ts';
import { hostVolumeUse, refuseHostVolume } from '../volume-use.ts';
import { podmanOptions } from './options.ts';
import type { PodmanOptions } from './options.ts';
import { findAccount, isRootless, makeCellFolder, storeLock, storeOf, writeSettings } from './place.ts';
import { podmanClient, podmanWays, privateMounts } from './settings.ts';
import type { PodmanPlan } from './settings.ts';

/** podman and the runtime, found; a reason where something lacks. */
async function findPodman(options: PodmanOptions): Promise<Omit<PodmanPlan, 'folder'> | Unusable> {
  const binary = await findRuntime('podman');
  if (binary === null) return unusable('no program podman', 'apt-get install podman');
  const runtime = await findRuntime(options.runtime);
  if (runtime === null) {
    const hint = options.runtime.includes('/') ? 'check the path' : `apt-get install ${options.runtime}`;
    return unusable(`no program ${options.runtime}`, hint);
  }
  const rootless = isRootless(options);
  const isRoot = process.geteuid?.() === 0;
  if (!rootless && !isRoot)
    return unusable('only root may run it with `user: root`', 'run tare as root, or leave `user` out');
  const account = rootless && isRoot ? await findAccount(options) : null;
  if (typeof account === 'string')
    return unusable(account, 'name one with `account:`, or run tare as that user');
  return { binary, runtime, rootless, account, store: storeOf(account) };
}

const unusable = (reason: string, hint: string): Unusable => ({ usable: false, reason, hint });

/** A folder with everything that podman needs for one cell, and its end. */
async function openPodman(found: Omit<PodmanPlan, 'folder'>, { lease }: Context) {
  const folder = await makeCellFolder(found.account, found.rootless);
  lease.own({ kind: 'folder', path: folder });
  const plan: PodmanPlan = { ...found, folder };
  await writeSettings(plan);
  const images = podmanClient(plan, 'store');
  // Its database would hold on to the folders of an earlier cell; images are not in it.
  if (found.rootless) await rm(join(plan.store, 'root', 'libpod'), { recursive: true, force: true });
  // Any call makes the store, which the cell's own would miss.
  const client = podmanClient(plan, 'cell');
  for (const { argv, environment } of [images, client])
    await runTool([...argv, 'image', 'exists', 'none'], { timeoutSeconds: 60, environment });
  // Known by now: what stays of these calls is no launch's, so no group of one holds it.
  const pauses = pausesOf(plan).flatMap((pid): readonly Resource[] => {
    const identity = processIdentity(pid);
    return identity === null ? [] : [{ kind: 'process', ...identity }];
  });
  for (const pause of pauses) lease.own(pause);
  return {
    plan,
    client,
    images,
    async close() {
      await endPauses(plan);
      for (const pause of pauses) lease.release(pause);
      const mounts = mountsBelow(folder);
      if (mounts.length > 0) throw new Error(`mounts are left below ${folder}: ${mounts.join(', ')}`);
      await removeFolder(plan);
      lease.release({ kind: 'folder', path: folder });
    },
  };
}

/** Files of subordinate ids are not ours to remove: in its user namespace podman is their root. */
async function removeFolder(plan: PodmanPlan): Promise<void> {
  const { folder, rootless, account } = plan;
  if (rootless && account === null) {
    const { argv, environment } = podmanClient(plan, 'cell');
    await runTool([...argv, 'unshare', 'rm', '-rf', join(folder, 'root')], {
      timeoutSeconds: 60,
      environment,
    });
    await endPauses(plan);
  }
  await rm(folder, { recursive: true, force: true });
}

/** Rootless podman leaves processes that hold its user namespace, known by the environment of this cell alone. */
function pausesOf({ folder, rootless }: PodmanPlan): readonly number[] {
  if (!rootless) return [];
  const mine = `XDG_RUNTIME_DIR=${join(folder, 'user')}`;
  const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return names.filter((name) => environmentOf(name).includes(mine)).map(Number);
}

async function endPauses(plan: PodmanPlan): Promise<void> {
  const { folder, store, rootless } = plan;
  if (!rootless) return;
  for (const pid of pausesOf(plan)) killQuietly(pid);
  for (const place of [folder, store]) await rm(join(place, 'tmp', 'pause.pid'), { force: true });
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // gone meanwhile, or not ours to see
  }
}

/** A container of nothing but busybox, or of the host's own true: enough to know whether podman works. */
async function probe(options: PodmanOptions, context: Context): Promise<Availability> {
  const found = await findPodman(options);
  if ('usable' in found) return found;
  const opened = await openPodman(found, context);
  const { plan, client } = opened;
  const ruler = createRuler();
  const ways = podmanWays(plan.rootless, basename(plan.runtime));
  const path = `tare/${context.lease.runId}/${basename(plan.folder)}`;
  const group = ruler.usable ? ruler : null;
  if (group !== null) context.lease.own({ kind: 'group', path });
  const made = group === null ? null : await group.createGroup(path);
  try {
    const root = join(plan.folder, 'tree');
    for (const place of ['usr', 'proc', 'sys', 'dev', 'tmp', 'etc', 'run', 'bin', 'lib', 'lib64'])
      await mkdir(join(root, place), { recursive: true });
    if (plan.account !== null) {
      const owner = `${plan.account.uid}:${plan.account.gid}`;
      await runTool(['chown', '-R', owner, root], { timeoutSeconds: 10 });
    }
    const limits = ownUlimits();
    const argv = [
      ...joinGroup,
      made?.procsFiles.join('\n') ?? '',
      ...(plan.rootless ? [] : privateMounts(unifiedFor(plan))),
      ...client.argv,
      ...[
        'run',
        '--rm',
        '--name',
        'probe',
        '--network',
        'none',
        '--log-driver',
        'none',
        '--runtime',
        plan.runtime,
      ],
      ...['--ulimit', `nofile=${limits.nofile}`, '--ulimit', `nproc=${limits.nproc}`],
      ...(options.seccomp === 'default' ? [] : ['--security-opt', 'seccomp=unconfined']),
      ...(ways.ownGroup && made !== null ? ['--cgroup-parent', dirname(containerGroup(made))] : []),
      ...ways.run,
      ...['/usr', '/bin', '/lib', '/lib64'].flatMap((place) => ['--volume', `${place}:${place}:ro`]),
      ...['--rootfs', root, '/bin/sh', '-c', substrateScript],
    ];
    const { environment } = client;
    const tried = await runTool(argv, { timeoutSeconds: 60, environment });
    if (tried.exitCode !== 0) {
      const reason = tried.stderr.trim().split('\n').at(-1) ?? 'podman failed';
      return unusable(reason, hintFor(plan, options));
    }
    const asked = substrateOf(tried.stdout, hostBootId());
    if (asked === null) return notAsked(tried.stdout);
    const version = (await versionOf(plan.binary)).replace(/^podman version /, '');
    return {
      usable: true,
      version: `podman ${version}`,
      ...asked,
      details: {
        podman: version,
        runtime: await versionOf(plan.runtime),
        user: plan.rootless ? `rootless${plan.account === null ? '' : ` (${plan.account.name})`}` : 'root',
        cgroups: ruler.mode,
        kernel: asked.substrate.kernel ?? 'unknown',
      },
    };
  } finally {
    if (made !== null && (await made.kill(10)) && (await made.remove()))
      context.lease.release({ kind: 'group', path });
    await opened.close();
  }
}

// Joins the groups named in one argument, then becomes the rest.
const joinGroup = [
  'sh',
  '-c',
  'for file in $1; do echo 0 >"$file" || exit 125; done; shift; exec "$@"',
  'sh',
];

const unifiedFor = ({ runtime }: Pick<PodmanPlan, 'runtime'>): string | null =>
  basename(runtime) === 'crun' ? hybridTree() : null;

function hintFor({ rootless, account }: PodmanPlan, { runtime }: PodmanOptions): string {
  if (rootless) {
    const who = account?.name ?? 'this user';
    return `apt-get install uidmap slirp4netns; subordinate ids for ${who} in /etc/subuid and /etc/subgid; or \`user: root\``;
  }
  return `try by hand: podman --runtime ${runtime} run --rm IMAGE true`;
}

async function prepare(request: PrepareRequest<PodmanOptions>, context: Context): Promise<Prepared> {
  const found = await findPodman(request.options);
  // Usable when it was probed: taken away since.
  if ('usable' in found) throw new UserError(found.reason, found.hint, exitCode.hostCannot);
  const opened = await openPodman(found, context);
  try {
    return await prepareIn(opened, request, context);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function prepareIn(
  opened: Awaited<ReturnType<typeof openPodman>>,
  request: PrepareRequest<PodmanOptions>,
  context: Context,
): Promise<Prepared> {
  const { options, found, image, shape, pidsLimit } = request;
  const { plan, client } = opened;
  const ruler = createRuler();
  const ways = podmanWays(plan.rootless, basename(plan.runtime));
  const beside = join(plan.folder, 'beside');
  const files = await makeEngineBeside(beside, image);
  const stored = await ensureStored(image, opened.images, await storeLock(plan.account));
  // The first call writes its databases: no launch should have to.
  const { argv: first, environment } = client;
  const listed = await runTool([...first, 'image', 'exists', stored], { timeoutSeconds: 60, environment });
  if (listed.exitCode !== 0) throw new Error(`podman does not see its own store: ${listed.stderr.trim()}`);
  const network = createCellNetwork(options.network, 'slirp4netns');
  const argvFor = (job: Job | null, name: string, channel: string): readonly string[] => {
    const volume = job?.volume ?? null;
    const mounted =
      volume?.kind === 'filesystem'
        ? { device: volume.path, place: join(plan.folder, `volume-${name}`) }
        : null;
    const prefix = plan.rootless ? [] : privateMounts(unifiedFor(plan), mounted);
    return runArguments({
      client: [...prefix, ...client.argv],
      name,
      runId: context.lease.runId,
      image: stored,
      beside,
      channel,
      cgroupParent:
        !ways.ownGroup || job === null || job.group === null ? null : dirname(containerGroup(job.group)),
      network: options.network === 'host' ? 'host' : 'none',
      runtime: plan.runtime,
      seccomp: options.seccomp,
      limits: ownUlimits(),
      environment: { ...insideEnvironment, ...job?.environment },
      files,
      volume:
        volume === null || mounted === null
          ? volume
          : { kind: 'directory', path: mounted.place, place: volume.place },
      more: ['--no-hosts', ...ways.run],
    } satisfies RunPlan);
  };
  return {
    ...found.substrate,
    product: found.version,
    decisive: ['runtime'],
    identity: {
      version: await versionOf(plan.binary),
      runtime: await versionOf(plan.runtime),
      argv: argvFor(null, 'NAME', 'CHANNEL').join(' '),
      readiness: sharesKernel(found.substrate) && ruler.usable ? seenOutside : seenInside,
    },
    acceleration: found.acceleration,
    sharedDiskBytes: image.treeBytes,
    traits: {
      ...containerTraits(request, ruler, "overlay on the host's disk"),
      network: networkTrait(options.network, 'container'),
      privileges: privilegesTrait(plan, options),
      environment: 'PATH, HOME, TARE_*, padding, and what engines set (HOSTNAME, TERM, container)',
    },
    start: (job, inner) => start(job, inner),
    async [Symbol.asyncDispose]() {
      await network.close();
      await opened.close();
    },
  };

  async function start(job: Job, inner: Context): Promise<Instance> {
    const attached = await network.attach(job, inner);
    const name = `tare-${job.id}-${randomBytes(3).toString('hex')}`;
    const channelFolder = join(plan.folder, `channel-${name}`);
    const { link } = attached;
    if (job.volume?.kind === 'directory' && plan.account !== null)
      await chown(job.volume.path, plan.account.uid, plan.account.gid);
    return startEngine({
      job,
      context: inner,
      limits: { shape, pidsLimit },
      client,
      name,
      argv: argvFor(job, name, channelFolder),
      channelFolder,
      owner: plan.account,
      network: attached,
      ...(link === null ? {} : { whenRunning: (pids) => joinBridge(link, pids) }),
      busybox: sharesKernel(found.substrate) ? image.busybox : null,
      layers: () => layersOf(name),
    });
  }

  async function layersOf(name: string): Promise<readonly string[] | null> {
    const format = '{{.GraphDriver.Data.UpperDir}}';
    const { stdout } = await runTool([...client.argv, 'container', 'inspect', '--format', format, name], {
      timeoutSeconds: 10,
      environment,
    });
    return stdout.trim() === '' ? null : [stdout.trim()];
  }
}

function privilegesTrait({ rootless }: PodmanPlan, { seccomp }: PodmanOptions): string {
  const who = rootless ? 'root of a user namespace, another user outside' : 'root';
  return `${who}, podman's default capabilities, seccomp ${seccomp === 'default' ? "podman's default" : 'none'}`;
}

export const podman: Runner<PodmanOptions> = {
  kind: 'podman',
  title: 'Container by podman',
  options: podmanOptions,
  refuse: (options, { volume, reachable }) =>
    refuseHostVolume(volume, isRootless(options)) ??
    refuseNetwork(
      options.network,
      { reachable },
      isRootless(options) ? 'rootless container' : 'root container',
    ),
  costs: () => ({ startSeconds: 0.5, serviceSeconds: 0.05, stopSeconds: 0.4, programSeconds: 0.05 }),
  volumeUse: ({ loopDirect }, kind) => hostVolumeUse(kind, loopDirect, true),
  probe,
  prepare,
};
