/** A root filesystem of the host's static busybox alone, for tests of runners: made in a moment, no packages. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../images/image.ts';

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const applets = ['sh', 'cat', 'sleep', 'echo', 'setsid', 'true'];

/** @throws where the host has no static busybox (apt-get install busybox-static) */
export async function makeTinyImage(folder: string): Promise<Image> {
  const rootfs = join(folder, 'rootfs');
  for (const place of ['usr/bin', 'etc', 'tmp', 'proc', 'sys', 'dev', '.tare']) {
    await mkdir(join(rootfs, place), { recursive: true });
  }
  await symlink('usr/bin', join(rootfs, 'bin'));
  await copyFile('/usr/bin/busybox', join(rootfs, 'usr/bin/busybox'));
  await chmod(join(rootfs, 'usr/bin/busybox'), 0o755);
  for (const name of applets) await symlink('busybox', join(rootfs, 'usr/bin', name));
  await writeFile(join(rootfs, 'etc/issue'), 'tiny\n');
  const lines = [
    `f ${sha256('tiny\n')} 644 /etc/issue`,
    `f ${sha256(await readFile(join(rootfs, 'usr/bin/busybox')))} 755 /usr/bin/busybox`,
  ];
  const manifest = join(folder, 'manifest');
  await writeFile(manifest, `${lines.join('\n')}\n`);
  return {
    name: 'tiny',
    digest: sha256(`${lines.join('\n')}\n`),
    folder,
    rootfs,
    manifest,
    packages: {},
    programs: { busybox: '/usr/bin/busybox' },
    closure: { busybox: ['/usr/bin/busybox'] },
    treeBytes: 2_000_000,
    config: null,
    busybox: join(rootfs, 'usr/bin/busybox'),
  };
}
