/**
 * What is mounted into an engine's container beside its image: one folder that becomes /.tare, and the names
 * that the engine would otherwise lay over the image's own (hosts, resolv.conf, hostname).
 */
import { chmod, copyFile, lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { besideOf } from '../../images/beside.ts';
import type { Image } from '../../images/image.ts';
import { followInside } from '../../images/locate.ts';

const agent = join(import.meta.dirname, '..', 'agent.sh');
const init = join(import.meta.dirname, 'init.sh');

/** Fills the folder that becomes /.tare. Returns files to be shown over the container's, by path inside. */
export async function makeEngineBeside(
  folder: string,
  image: Image,
): Promise<Readonly<Record<string, string>>> {
  for (const place of ['', 'scratch', 'channel']) {
    await mkdir(join(folder, place), { recursive: true });
    // Not the creator's umask: inside, other users look too.
    await chmod(join(folder, place), 0o755);
  }
  await copyFile(image.busybox, join(folder, 'busybox'));
  await chmod(join(folder, 'busybox'), 0o755);
  const texts = { 'agent.sh': agent, 'init.sh': init, manifest: image.manifest };
  for (const [name, source] of Object.entries(texts)) {
    await copyFile(source, join(folder, name));
    await chmod(join(folder, name), 0o644);
  }
  const own = await besideOf(image);
  const files: Record<string, string> = {};
  if (own !== null) {
    await writeFile(join(folder, 'as-user'), own.asUser, { mode: 0o755 });
    if (own.made !== '') await writeFile(join(folder, 'folders'), own.made, { mode: 0o644 });
    for (const [path, text] of Object.entries(own.texts)) {
      files[`/${path}`] = join(folder, path.replaceAll('/', '-'));
      await writeFile(files[`/${path}`] ?? '', text, { mode: 0o644 });
    }
  }
  // An engine rewrites these for each container: the image's own are shown instead, where it has them.
  for (const path of ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf']) {
    const found = await followInside(image.rootfs, path);
    if (found === null || !(await lstat(join(image.rootfs, found))).isFile()) continue;
    files[path] = join(folder, path.slice(1).replaceAll('/', '-'));
    await copyFile(join(image.rootfs, found), files[path]);
  }
  return files;
}
