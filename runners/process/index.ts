/**
 * The baseline: the agent and the image's programs as plain host processes in a cgroup of their own. They
 * run from the image's files, through the image's own loader and libraries, so that the same bytes are
 * executed as everywhere else; nothing is isolated.
 */
import { mkdir, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { runTool } from '../../host/exec.ts';
import { fileSystemBelow } from '../../host/volume-place.ts';
import type { Image } from '../../images/image.ts';
import { startHosted } from '../hosted.ts';
import type { Job, Prepared, Runner } from '../runner.ts';
import { hostSubstrate } from '../substrate.ts';
import { kernelTrait, memoryLimitTrait, sharedTraits } from '../traits.ts';
import { createCellNetwork, networkTrait } from '../network.ts';
import { seenOutside } from '../watch.ts';
import { hostVolumeUse, loopDirectOption, refuseHostVolume } from '../volume-use.ts';

const processOptions = z.strictObject({ loopDirect: loopDirectOption });
export type ProcessOptions = z.infer<typeof processOptions>;

const agent = join(import.meta.dirname, '..', 'agent.sh');
const noRoot = {
  reason: 'a process of the host has no root of its own, which an image from elsewhere needs',
  hint: 'use runners with a root of their own: namespace, oci, qemu',
};
const acceleration = { class: 'none', reason: 'a host process: no guest CPU' } as const;

/** How the image's programs run outside it: its loader, and the folders its libraries are in. */
function loaderOf(image: Image): { readonly loader: string; readonly libraries: string } {
  const files = Object.values(image.closure).flat();
  const loader = files.find((path) => /\/ld[-\w]*\.so\.\d+$/.test(path) || /\/ld-musl-.*\.so/.test(path));
  if (loader === undefined) return { loader: '', libraries: '' };
  const folders = new Set(files.filter((path) => path.includes('.so')).map((path) => dirname(path)));
  const libraries = [...folders].map((folder) => join(image.rootfs, folder)).join(':');
  return { loader: join(image.rootfs, loader), libraries };
}

/** Environment of the agent on the host. Programs are looked for in the image alone. */
function processEnvironment(image: Image, scratch: string): Readonly<Record<string, string>> {
  const { loader, libraries } = loaderOf(image);
  const folders = ['usr/local/sbin', 'usr/local/bin', 'usr/sbin', 'usr/bin', 'sbin', 'bin'];
  return {
    TARE_PATH: folders.map((folder) => join(image.rootfs, folder)).join(':'),
    HOME: scratch,
    TARE_BUSYBOX: image.busybox,
    TARE_BESIDE: image.folder,
    TARE_SCRATCH: scratch,
    TARE_MODE: 'process',
    TARE_ROOT: image.rootfs,
    TARE_LOADER: loader,
    TARE_LIBRARIES: libraries,
  };
}

/**
 * A file system is mounted for the agent alone: in a mount namespace, which is all that unshare changes here
 * and which takes the mount with it when the last process is gone, however that comes about.
 */
export function mounting(volume: Job['volume']): readonly string[] {
  if (volume?.kind !== 'filesystem') return [];
  const script = 'mount -t ext4 "$1" "$2" || exit 1; shift 2; exec "$@"';
  const mounted = ['sh', '-c', script, 'sh', volume.path, volume.place];
  return ['unshare', '--mount', '--propagation', 'private', ...mounted];
}

export const process: Runner<ProcessOptions> = {
  kind: 'process',
  title: 'Host process in its own cgroup',
  options: processOptions,
  refuse: (_options, { volume, ownRoot }) =>
    ownRoot ? noRoot : refuseHostVolume(volume, globalThis.process.geteuid?.() !== 0),
  volumeUse: ({ loopDirect }, kind) => hostVolumeUse(kind, loopDirect, false),
  async probe() {
    const { exitCode, stdout, stderr } = await runTool(['setpriv', '--version'], { timeoutSeconds: 10 });
    if (exitCode !== 0) {
      return { usable: false, reason: stderr.trim(), hint: 'apt-get install util-linux' };
    }
    const ruler = createRuler();
    const version = stdout.trim().split(' ').at(-1) ?? '';
    return {
      usable: true,
      version: `Linux ${release()}`,
      acceleration,
      substrate: hostSubstrate('process'),
      details: { 'util-linux': version, cgroups: ruler.mode },
    };
  },
  prepare({ found, image, shape, pidsLimit }, context) {
    const ruler = createRuler();
    const network = createCellNetwork('host', 'slirp4netns');
    const prepared: Prepared = {
      ...found.substrate,
      product: 'host process',
      decisive: ['util-linux'],
      identity: {
        argv: `${image.busybox} sh agent.sh`,
        loader: loaderOf(image).loader || 'none (static)',
        readiness: seenOutside,
      },
      acceleration,
      sharedDiskBytes: image.treeBytes,
      traits: {
        ...sharedTraits(image, ruler),
        kernel: kernelTrait(found.substrate),
        acceleration: 'none',
        memoryLimit: memoryLimitTrait(ruler, shape.memoryBytes),
        rootFilesystem: "host folder, through the image's own loader",
        writableLayer: `host folder on ${fileSystemBelow(context.workDir)}`,
        network: networkTrait('host', 'container'),
        privileges: "those of tare's user",
        startState: 'cold',
      },
      async start(job, inner) {
        const attached = await network.attach(job, inner);
        const folder = join(inner.workDir, `process-${job.id}`);
        inner.lease.own({ kind: 'folder', path: folder });
        await mkdir(folder, { recursive: true });
        return startHosted({
          job,
          context: inner,
          limits: { shape, pidsLimit },
          argv: [...mounting(job.volume), image.busybox, 'sh', agent],
          environment: { ...processEnvironment(image, folder), ...job.environment },
          cwd: folder,
          folder,
          network: attached,
          seen: { output: () => join(folder, 'service.out'), busybox: image.busybox },
          async putAway() {
            await rm(folder, { recursive: true, force: true });
            if (existsSync(folder)) return [folder];
            inner.lease.release({ kind: 'folder', path: folder });
            return [];
          },
        });
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    return Promise.resolve(prepared);
  },
};
