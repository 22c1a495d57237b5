/**
 * Loop devices: an image file as a block device of the host's kernel. A device is found again by its file,
 * so what a killed run left can be named before it exists.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exitCode, UserError } from '../model/errors.ts';
import type { Seconds } from '../model/quantities.ts';
import { runTool } from './exec.ts';

/** How long the kernel may take to let go of a device whose last user has gone. */
const detachSeconds: Seconds = 10;

/**
 * Attaches a file; resolves with the device, e.g. `/dev/loop3`.
 * @param direct reads and writes of the file pass the host's page cache by
 * @throws UserError where there are no loop devices, or this user may not have one
 */
export async function attachLoop(file: string, direct: boolean): Promise<string> {
  const argv = ['losetup', '--find', '--show', `--direct-io=${direct ? 'on' : 'off'}`, file];
  const { exitCode: code, stdout, stderr } = await runTool(argv, { timeoutSeconds: 30 });
  const device = stdout.trim();
  if (code === 0 && !(direct && !passesCache(device))) return device;
  if (code === 0) await detachLoop(file);
  const reason =
    code === 0
      ? `the file system below ${file} allows no direct I/O`
      : (stderr.trim().split('\n').at(-1) ?? 'losetup failed');
  throw new UserError(`no loop device: ${reason}`, hintFor(reason, code), exitCode.hostCannot);
}

function hintFor(reason: string, code: number | null): string {
  if (code === 127) return 'apt-get install mount (losetup is in it)';
  if (/direct/i.test(reason))
    return 'set `loopDirect: false` for this runner, or TMPDIR to another file system';
  return 'run as root on a host with /dev/loop-control (modprobe loop), or use a volume of kind directory';
}

/** Devices attached to a file, deleted or not. */
export function loopsOf(file: string): readonly string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .filter((name) => backingFile(name)?.replace(/ \(deleted\)$/, '') === file)
    .map((name) => `/dev/${name}`);
}

/** Detaches every device of a file and waits until the kernel has let go; false: it has not in 10 s. */
export async function detachLoop(file: string): Promise<boolean> {
  const until = performance.now() + detachSeconds * 1000;
  for (;;) {
    const devices = loopsOf(file);
    if (devices.length === 0) return true;
    // While a mount of an ending instance still holds it, this only marks it for detaching at its last close.
    for (const device of devices) await runTool(['losetup', '--detach', device], { timeoutSeconds: 10 });
    if (loopsOf(file).length === 0) return true;
    if (performance.now() > until) return false;
    await delay(5);
  }
}

function attribute(name: string, file: string): string | null {
  try {
    return readFileSync(join('/sys/block', name, 'loop', file), 'utf8').trim();
  } catch {
    return null;
  }
}

/** The kernel's name of the file, with a newline and a backslash escaped as it prints them. */
const backingFile = (name: string): string | null => attribute(name, 'backing_file');

function passesCache(device: string): boolean {
  return attribute(device.replace('/dev/', ''), 'dio') === '1';
}
