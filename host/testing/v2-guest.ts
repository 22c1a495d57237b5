/**
 * A guest with nothing but cgroup v2, for hosts that have v1: busybox, this Node with its libraries and the
 * sources a driver imports as one file, in an initramfs. It goes in compiled, because emulated CPUs strip types slowly.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { rolldown } from 'rolldown';
import { findClosure, mergedFolders, mergedPath } from '../../images/closure.ts';
import { writeCpio } from '../../images/disks/cpio.ts';
import type { CpioEntry } from '../../images/disks/cpio.ts';
import type { Kernel } from '../../images/kernel.ts';
import { runTool } from '../exec.ts';

/** The source with all that it imports, packages too, as one compiled file. */
async function compiled(entry: string): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'node' });
  try {
    const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

/**
 * The result has a serial port of its own: the kernel may write into a line on the console, or power be cut
 * before a console that stays open has sent its last 4 KiB. Closing the other port waits until all is sent.
 */
function init(node: string, driver: string): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -m 1777 /tmp
touch /tmp/result
chmod 666 /tmp/result
${node} ${driver} /tmp/result
cat /tmp/result > /dev/ttyS1
poweroff -f
`;
}

/** Writes the archive; needs a static busybox and this Node's libraries on the host. */
async function writeArchive(path: string, busybox: string, driver: string): Promise<void> {
  const closure = await findClosure('/', process.execPath, []);
  const text = (place: string, content: string | Buffer): CpioEntry => ({
    path: place,
    what: { kind: 'file', mode: 0o755, content: Buffer.from(content) },
  });
  const copies = await Promise.all(
    [...closure].map(async ([inside, from]): Promise<CpioEntry> => {
      const { size } = await stat(from);
      return { path: inside.slice(1), what: { kind: 'copy', mode: 0o755, from, size } };
    }),
  );
  const files = [
    text('init', init(mergedPath(process.execPath), '/app/driver.js')),
    text('usr/bin/busybox', await readFile(busybox)),
    text('app/package.json', '{"type":"module"}'),
    text('app/driver.js', await compiled(driver)),
    ...copies,
  ];
  const needed = [
    'proc',
    'sys',
    'dev',
    ...mergedFolders.map((top) => `usr/${top}`),
    ...files.map((file) => dirname(file.path)),
  ];
  const folders = new Set(
    needed.flatMap((folder) =>
      folder.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/')),
    ),
  );
  folders.delete('.');
  const entries: CpioEntry[] = [
    ...[...folders].toSorted().map((folder) => ({ path: folder, what: { kind: 'folder' as const } })),
    ...mergedFolders.map((top) => ({ path: top, what: { kind: 'link' as const, target: `usr/${top}` } })),
    ...files,
  ];
  await pipeline(writeCpio(entries), createWriteStream(path));
}

export interface GuestRequest {
  readonly qemu: string;
  readonly kernel: Kernel;
  readonly busybox: string;
  /** Absolute path of a source file; it is given the file to write one line to. */
  readonly driver: string;
  readonly timeoutSeconds: number;
}

/** Boots, emulated, and resolves with the driver's line; throws with the console's end when there is none. */
export async function runInV2Guest(request: GuestRequest): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tare-v2-'));
  try {
    const archive = join(folder, 'initramfs.cpio');
    await writeArchive(archive, request.busybox, request.driver);
    const result = join(folder, 'result');
    const { stdout, stderr, timedOut } = await runTool(
      [
        request.qemu,
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
        ...['-serial', 'stdio', '-serial', `file:${result}`],
        ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '1024M'],
        ...['-kernel', request.kernel.vmlinuz, '-initrd', archive],
        ...['-append', 'console=ttyS0 quiet panic=-1 cgroup_no_v1=all psi=1'],
      ],
      { timeoutSeconds: request.timeoutSeconds },
    );
    const line = (await readFile(result, 'utf8').catch(() => '')).trim();
    if (line !== '') return line;
    const how = timedOut ? `nothing within ${request.timeoutSeconds} s` : 'ended without a result';
    throw new Error(`v2 guest: ${how}\n${stdout.slice(-3000)}\n${stderr.slice(-1000)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
