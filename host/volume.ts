/**
 * Volumes of launches: a folder, or an image file, perhaps behind a loop device; each fresh, listed in the
 * lease before it is made, and proven gone afterwards. ext4 is made once per size and copied sparse, so a
 * launch does not wait for mkfs and every launch starts from the same blocks.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCode, messageOf, UserError } from '../model/errors.ts';
import type { Bytes } from '../model/quantities.ts';
import type { VolumeSpec } from '../model/scenario.ts';
import { formatValue } from '../model/units.ts';
import { runTool } from './exec.ts';
import type { Lease, Resource } from './lease.ts';
import { attachLoop, detachLoop } from './loop.ts';
import { fileSystemForVolumes, freeBytes, volumesParent } from './volume-place.ts';

/** What stands between an image file and its user: nothing, or a loop device of the host's kernel. */
export type Attachment = 'none' | 'loop' | 'loop-direct';

/** A volume as made. */
export interface MadeVolume {
  /** The folder, the image file, or the loop device in front of it. */
  readonly path: string;
  /** An empty folder of this volume's own, where a file system may be mounted out of others' sight. */
  readonly mountPoint: string;
}

/** Why there can be no such volume here, and what would help. */
export interface VolumeProblem {
  readonly reason: string;
  readonly hint: string;
}

export interface Volumes {
  /** The file system that volumes lie on, e.g. "ext4 (/dev/vda)". @throws UserError where there is none */
  describePlace(): string;
  /** Makes one and removes it again, once per sort: whether launches will get theirs. */
  check(spec: VolumeSpec, attachment: Attachment): Promise<VolumeProblem | null>;
  /** @throws UserError without space, without loop devices, without tools; nothing is left then */
  make(id: string, spec: VolumeSpec, attachment: Attachment): Promise<MadeVolume>;
  /** Removes what was made for an id, if anything; names what would not go. */
  remove(id: string): Promise<readonly string[]>;
  /** Removes the folder they were in. */
  close(): Promise<void>;
}

/** Left free below volumes: a host file system run full hurts others than us. */
const reserveBytes: Bytes = 64 * 2 ** 20;

export interface VolumesRequest {
  readonly lease: Lease;
  /** Default: $TMPDIR, else /var/tmp. */
  readonly parent?: string;
  readonly free?: (folder: string) => Promise<Bytes>;
}

export function openVolumes({ lease, parent = volumesParent(), free = freeBytes }: VolumesRequest): Volumes {
  const folder = join(parent, `tare-${lease.runId}`);
  const held = new Map<string, readonly Resource[]>();
  const checked = new Map<string, Promise<VolumeProblem | null>>();
  const templates = new Map<Bytes, Promise<string>>();
  let opened = false;

  const open = async (): Promise<void> => {
    if (opened) return;
    opened = true;
    lease.own({ kind: 'folder', path: folder });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  };
  const template = (bytes: Bytes): Promise<string> => {
    const made = templates.get(bytes) ?? makeTemplate(join(folder, `template-${String(bytes)}.ext4`), bytes);
    templates.set(bytes, made);
    return made;
  };
  const removeHeld = async (id: string): Promise<readonly string[]> => {
    const left: string[] = [];
    for (const resource of (held.get(id) ?? []).toReversed()) {
      if (await put(resource)) lease.release(resource);
      else left.push(resource.kind === 'loop' ? `loop device of ${resource.file}` : nameOf(resource));
    }
    held.delete(id);
    return left;
  };
  const volumes: Volumes = {
    describePlace() {
      const { type, source } = fileSystemForVolumes(parent);
      return `${type} (${source})`;
    },
    check(spec, attachment) {
      const sort = `${spec.kind} ${String(spec.sizeBytes)} ${attachment}`;
      const found = checked.get(sort) ?? tryOne(volumes, spec, attachment, checked.size);
      checked.set(sort, found);
      return found;
    },
    async make(id, spec, attachment) {
      fileSystemForVolumes(parent);
      await requireSpace(parent, spec.sizeBytes, free);
      await open();
      const place = join(folder, id);
      const file = join(place, 'image');
      const resources: Resource[] = [{ kind: 'folder', path: place }];
      if (spec.kind !== 'directory' && attachment !== 'none') resources.push({ kind: 'loop', file });
      for (const resource of resources) lease.own(resource);
      held.set(id, resources);
      try {
        const mountPoint = join(place, 'mount');
        await mkdir(mountPoint, { recursive: true });
        if (spec.kind === 'directory') {
          await mkdir(join(place, 'shared'));
          return { path: join(place, 'shared'), mountPoint };
        }
        if (spec.kind === 'filesystem') await copySparse(await template(spec.sizeBytes), file);
        else await makeBlank(file, spec.sizeBytes);
        const path = attachment === 'none' ? file : await attachLoop(file, attachment === 'loop-direct');
        return { path, mountPoint };
      } catch (error) {
        templates.delete(spec.sizeBytes);
        await removeHeld(id);
        throw asUserError(error, parent);
      }
    },
    remove: removeHeld,
    async close() {
      for (const id of [...held.keys()]) await removeHeld(id);
      if (!opened) return;
      opened = false;
      await rm(folder, { recursive: true, force: true });
      if (!existsSync(folder)) lease.release({ kind: 'folder', path: folder });
    },
  };
  return volumes;
}

async function tryOne(
  volumes: Volumes,
  spec: VolumeSpec,
  attachment: Attachment,
  serial: number,
): Promise<VolumeProblem | null> {
  const id = `check-${String(serial)}`;
  try {
    await volumes.make(id, spec, attachment);
    const left = await volumes.remove(id);
    return left.length === 0
      ? null
      : { reason: `a trial volume would not go: ${left.join(', ')}`, hint: 'see `losetup -a` and `mount`' };
  } catch (error) {
    if (error instanceof UserError) return { reason: error.message, hint: error.hint };
    throw error;
  }
}

/** @throws UserError naming the place, what is wanted and what is free */
async function requireSpace(
  parent: string,
  bytes: Bytes,
  free: (folder: string) => Promise<Bytes>,
): Promise<void> {
  const available = await free(parent);
  if (available >= bytes + reserveBytes) return;
  throw new UserError(
    `no space for a volume of ${formatValue(bytes, 'B')} in ${parent}: ${formatValue(available, 'B')} free, ` +
      `${formatValue(reserveBytes, 'B')} of them kept`,
    'set TMPDIR to a folder with more, or make `volume.size` smaller',
    exitCode.hostCannot,
  );
}

/** ext4 with everything initialised: no kernel thread writes tables while a launch is being measured. */
async function makeTemplate(file: string, bytes: Bytes): Promise<string> {
  await writeFile(file, '');
  await truncate(file, bytes);
  const lazy = 'lazy_itable_init=0,lazy_journal_init=0';
  await need(['mke2fs', '-q', '-F', '-t', 'ext4', '-E', lazy, file], 'no ext4 could be made');
  return file;
}

async function copySparse(from: string, to: string): Promise<void> {
  await need(['cp', '--sparse=always', from, to], 'the ext4 template could not be copied');
}

/** Of the right size and without content: what is measured on it is written first, from inside. */
async function makeBlank(file: string, bytes: Bytes): Promise<void> {
  // One block of noise, so that nobody takes the device for a known file system.
  await writeFile(file, randomBytes(4096));
  await truncate(file, bytes);
}

async function need(argv: readonly string[], failed: string): Promise<void> {
  const { exitCode: code, stderr } = await runTool(argv, { timeoutSeconds: 120 });
  if (code === 0) return;
  throw new UserError(
    `${failed}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    'install the file system tools (apt-get install e2fsprogs), or see that the volume has at least 8MiB',
    exitCode.hostCannot,
  );
}

async function put(resource: Resource): Promise<boolean> {
  if (resource.kind === 'loop') return detachLoop(resource.file);
  if (resource.kind !== 'folder') return false;
  await rm(resource.path, { recursive: true, force: true }).catch(() => undefined);
  return !existsSync(resource.path);
}

const nameOf = (resource: Resource): string =>
  resource.kind === 'folder' ? `folder ${resource.path}` : resource.kind;

function asUserError(error: unknown, parent: string): unknown {
  if (error instanceof UserError || !(error instanceof Error && 'syscall' in error)) return error;
  return new UserError(
    `a volume could not be made in ${parent}: ${messageOf(error)}`,
    'set TMPDIR to a folder you can write',
    exitCode.hostCannot,
    error,
  );
}
