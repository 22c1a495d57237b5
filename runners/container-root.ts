/**
 * The root of a container: the image read-only, a layer of ours beside it (agent, manifest, static busybox,
 * device nodes, mount points) and a writable layer in memory over both, exactly as the virtual machine has
 * it. The image itself is never touched. Mounts are data here; fstab text and OCI mounts are made from them.
 */
import { statSync } from 'node:fs';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool } from '../host/exec.ts';
import { besideOf } from '../images/beside.ts';
import type { Image } from '../images/image.ts';

export interface Mount {
  readonly source: string;
  /** Path inside the container. */
  readonly place: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Device nodes of every container: name, major, minor. */
export const devices: readonly (readonly [string, number, number])[] = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
];

/** Capabilities a container keeps: what docker and podman leave by default, without mknod. */
export const keptCapabilities: readonly string[] = [
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'net_bind_service',
  'net_raw',
  'sys_chroot',
  'audit_write',
  'setfcap',
];

/** What container engines hide by default: the kernel's own, no namespace divides it. */
export const maskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];

/** What they leave for reading only: root inside owns these files, and what is written there changes the host. */
export const readOnlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** What this kernel has at a path of /proc or /sys: the container's own mounts of them show the same. */
export function kindOnHost(path: string): 'file' | 'folder' | 'absent' {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts === undefined ? 'absent' : facts.isDirectory() ? 'folder' : 'file';
}

/** Mounts over the root, in order. `ownDevices`: bind the host's nodes where this user cannot make any. */
export function rootMounts(ownDevices: boolean): readonly Mount[] {
  const bound = devices.map(([name]): Mount => ({
    source: `/dev/${name}`,
    place: `/dev/${name}`,
    type: 'none',
    options: ['bind'],
  }));
  return [
    { source: 'proc', place: '/proc', type: 'proc', options: ['nosuid', 'nodev', 'noexec'] },
    { source: 'sysfs', place: '/sys', type: 'sysfs', options: ['ro', 'nosuid', 'nodev', 'noexec'] },
    {
      source: 'devpts',
      place: '/dev/pts',
      type: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
    },
    {
      source: 'shm',
      place: '/dev/shm',
      type: 'tmpfs',
      options: ['nosuid', 'nodev', 'noexec', 'mode=1777'],
    },
    ...(ownDevices ? [] : bound),
  ];
}

/**
 * Options of the overlay. Names are relative to the instance's folder (links `beside` and `image`): no path
 * of the host shows in the container's /proc/mounts, none has to be escaped, none is too long.
 */
export function overlayOptions(rootless: boolean): readonly string[] {
  const layers = ['lowerdir=beside:image', 'upperdir=layer/upper', 'workdir=layer/work'];
  return rootless ? ['userxattr', ...layers] : layers;
}

/** The layer beside the image, made once per cell. With `ownDevices` by mknod, else empty files to bind over. */
export async function makeBeside(
  folder: string,
  image: Image,
  agent: string,
  ownDevices: boolean,
): Promise<void> {
  for (const place of ['.tare/scratch', 'dev/pts', 'dev/shm', 'proc', 'sys']) {
    await mkdir(join(folder, place), { recursive: true });
  }
  await copyFile(image.busybox, join(folder, '.tare/busybox'));
  await chmod(join(folder, '.tare/busybox'), 0o755);
  await copyFile(agent, join(folder, '.tare/agent.sh'));
  await copyFile(image.manifest, join(folder, '.tare/manifest'));
  for (const [name, major, minor] of devices) {
    const node = join(folder, 'dev', name);
    if (!ownDevices) await writeFile(node, '');
    else {
      const argv = ['mknod', '-m', '666', node, 'c', String(major), String(minor)];
      const { exitCode, stderr } = await runTool(argv, { timeoutSeconds: 10 });
      if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim()}`);
    }
  }
  await symlink('/dev/pts/ptmx', join(folder, 'dev/ptmx'));
  await symlink('/proc/self/fd', join(folder, 'dev/fd'));
  await addOwn(folder, image);
  // Not the creator's umask: inside, other users look too.
  for (const place of ['', '.tare', '.tare/scratch', 'dev', 'proc', 'sys']) {
    await chmod(join(folder, place), 0o755);
  }
}

/** What an image from elsewhere needs beside it. */
async function addOwn(folder: string, image: Image): Promise<void> {
  const own = await besideOf(image);
  if (own === null) return;
  for (const place of [...own.folders, ...Object.keys(own.texts).map((path) => dirname(path))]) {
    await mkdir(join(folder, place), { recursive: true, mode: 0o755 });
  }
  for (const [path, text] of Object.entries(own.texts))
    await writeFile(join(folder, path), text, { mode: 0o644 });
  for (const [name, target] of Object.entries(own.devices)) await symlink(target, join(folder, 'dev', name));
  await writeFile(join(folder, '.tare/as-user'), own.asUser, { mode: 0o755 });
  if (own.made !== '') await writeFile(join(folder, '.tare/folders'), own.made, { mode: 0o644 });
}

/** The instance's own folder: links to the two lower layers and a mount point for the upper one. */
export async function makeInstanceFolder(folder: string, beside: string, image: Image): Promise<void> {
  await mkdir(join(folder, 'layer'), { recursive: true });
  await symlink(beside, join(folder, 'beside'));
  await symlink(image.rootfs, join(folder, 'image'));
}
