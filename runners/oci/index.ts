/**
 * Containers by an OCI runtime (runc, crun, ...), without an engine: what container platforms really run
 * below their daemons. The bundle is the instance's folder; root, limits and agent are the namespace runner's.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { runTool } from '../../host/exec.ts';
import { ociContainer } from '../../host/kept.ts';
import type { Resource } from '../../host/lease.ts';
import { makeBeside, makeInstanceFolder, overlayOptions } from '../container-root.ts';
import { insideEnvironment, mountsBelow, outputInside, startHosted } from '../hosted.ts';
import type { Context, Instance, Job, Prepared, PrepareRequest, Runner } from '../runner.ts';
import { sharesKernel } from '../substrate.ts';
import { containerTraits } from '../traits.ts';
import type { Attachment } from '../network.ts';
import { bridgeArguments, createCellNetwork, networkTrait, refuseNetwork } from '../network.ts';
import { hostVolumeUse, refuseHostVolume } from '../volume-use.ts';
import { seenInside, seenOutside } from '../watch.ts';
import { ociOptions } from './options.ts';
import type { OciOptions } from './options.ts';
import { containerGroup, findRuntime, hybridTree, probe, shortVersion, versionOf } from './probe.ts';
import { ociArguments, ociSpec, waysOf } from './spec.ts';
import type { OciPlan, OciVolume } from './spec.ts';

export { containerGroup };

const agent = join(import.meta.dirname, '..', 'agent.sh');
const enterScript = join(import.meta.dirname, 'enter.sh');

async function prepare(request: PrepareRequest<OciOptions>, context: Context): Promise<Prepared> {
  const { options, found, image, shape, pidsLimit } = request;
  const binary = (await findRuntime(options.runtime)) ?? options.runtime;
  const ways = waysOf(options);
  const unified = ways.hidesUnified ? hybridTree() : null;
  const ruler = createRuler();
  await mkdir(context.workDir, { recursive: true });
  const beside = await mkdtemp(join(context.workDir, 'beside-'));
  context.lease.own({ kind: 'folder', path: beside });
  await makeBeside(beside, image, agent, true);
  const network = createCellNetwork(options.network, 'slirp4netns');
  const givenNetwork = options.network === 'host' || options.network === 'bridge';
  const plan = { enterScript, busybox: image.busybox, binary, ways, unified };
  const { within, argv } = ociArguments({ ...plan, id: 'ID' });
  const table = `overlay layer/root overlay ${overlayOptions(false).join(',')} 0 0\n`;
  const seccomp = options.seccomp ? 'seccomp denylist' : 'no seccomp';
  const version = await versionOf(binary);
  return {
    ...found.substrate,
    product: shortVersion(version),
    decisive: ['runtime', 'util-linux'],
    identity: {
      runtime: version,
      argv: [...within, ...argv].join(' '),
      readiness: sharesKernel(found.substrate) ? seenOutside : seenInside,
      config: JSON.stringify(
        ociSpec({
          environment: insideEnvironment,
          cgroupsPath: null,
          seccomp: options.seccomp,
          givenNetwork,
        }),
      ),
    },
    acceleration: found.acceleration,
    sharedDiskBytes: image.treeBytes,
    traits: {
      ...containerTraits(request, ruler, 'overlay on tmpfs'),
      network: networkTrait(options.network, 'container'),
      privileges: `root, 13 capabilities, no new privileges, ${seccomp}`,
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
    const folder = join(inner.workDir, `oci-${job.id}`);
    const id = `${inner.lease.runId}-${job.id}`;
    const stateRoot = join(folder, 'state');
    const container = ociContainer({
      argv: [binary, '--root', stateRoot, ...ways.global],
      stateRoot,
      id,
    });
    const owned: readonly Resource[] = [{ kind: 'folder', path: folder }, container];
    for (const resource of owned) inner.lease.own(resource);
    await makeInstanceFolder(folder, beside, image);
    await mkdir(stateRoot);
    await writeFile(join(folder, 'fstab'), table);
    const environment = { ...insideEnvironment, ...job.environment };
    const cgroupsPath = ways.ownGroup && job.group !== null ? containerGroup(job.group) : null;
    const volume = await volumeOf(job.volume);
    const spec = ociSpec({ environment, cgroupsPath, seccomp: options.seccomp, volume, givenNetwork });
    await writeFile(join(folder, 'config.json'), JSON.stringify(spec));
    return startHosted({
      job,
      context: inner,
      limits: { shape, pidsLimit },
      ...ociArguments({ ...plan, id, bridge: bridgeOf(attached) }),
      network: attached,
      seen: sharesKernel(found.substrate) ? { output: outputInside, busybox: image.busybox } : null,
      environment: {},
      cwd: folder,
      folder,
      async putAway() {
        const mounts = mountsBelow(folder);
        if (mounts.length > 0) return mounts.map((place) => `mount ${place}`);
        if (existsSync(join(stateRoot, id))) {
          // Its processes are gone; this drops what the runtime noted elsewhere. What it refuses is found below.
          await runTool(container.argv, { timeoutSeconds: 30 });
        }
        await rm(folder, { recursive: true, force: true });
        if (existsSync(folder)) return [folder];
        for (const resource of owned) inner.lease.release(resource);
        return [];
      },
    });
  }
}

/** The bridge's namespace comes as a descriptor. */
function bridgeOf({ link }: Attachment): NonNullable<OciPlan['bridge']> | null {
  if (link === null) return null;
  return { argv: bridgeArguments({ ...link, path: '/proc/self/fd/9' }), namespace: link.path };
}

/** The volume with the numbers of its device, which a container's own node is made from. */
async function volumeOf(volume: Job['volume']): Promise<OciVolume | null> {
  if (volume?.kind !== 'block') return volume as OciVolume | null;
  const { rdev } = await stat(volume.path);
  // Linux's encoding in user space: 12 bits of major above 8 of the minor, whose other 12 lie higher.
  const [major, minor] = [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
  return { kind: 'block', place: volume.place, major, minor };
}

export const oci: Runner<OciOptions> = {
  kind: 'oci',
  title: 'Container by an OCI runtime',
  options: ociOptions,
  refuse: ({ network }, { volume, reachable }) =>
    refuseHostVolume(volume, false) ?? refuseNetwork(network, { reachable }, 'root container'),
  costs: () => ({ startSeconds: 0.2, serviceSeconds: 0.05, stopSeconds: 0.15, programSeconds: 0.05 }),
  volumeUse: ({ loopDirect }, kind) => hostVolumeUse(kind, loopDirect, true),
  probe,
  prepare,
};
