/**
 * The image as a read-only disk of EROFS, as phones and some container platforms have it: denser than ext4, one
 * module more in the guest. mkfs.erofs takes owners and modes from the tree as it lies on the host, so the tree
 * has to have them: one imported without root may not.
 */
import { readFile } from 'node:fs/promises';
import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { UserError, exitCode } from '../../model/errors.ts';
import { runTool } from '../../host/exec.ts';
import { ensureFile } from '../cache.ts';
import { digestUuid } from './disk.ts';
import type { Image } from '../image.ts';
import { parseManifest, type ManifestEntry } from '../tree.ts';

const formVersion = 1;

/** Path of the raw EROFS file, made on first use. @throws UserError where this host or this tree cannot give one */
export async function ensureErofs(image: Image): Promise<string> {
  return await ensureFile(join(image.folder, 'forms', `disk-${String(formVersion)}.erofs`), async (path) => {
    const entries = parseManifest(await readFile(image.manifest, 'utf8'));
    const other = entries.find((entry) => !isAsManifest(entry, lstatSync(join(image.rootfs, entry.path))));
    if (other !== undefined)
      throw new UserError(
        `image ${image.name} cannot be an EROFS disk: ${other.path} has not its owner or mode in the tree on this host`,
        'import it as root into a cache of its own (TARE_CACHE_DIR), or use `rootFormat: ext4`',
        exitCode.hostCannot,
      );
    // Fixed times and identity: the same tree gives the same disk.
    const argv = ['mkfs.erofs', '--quiet', '-T0', `-U${digestUuid(image)}`, path, image.rootfs];
    const made = await runTool(argv, { timeoutSeconds: 3600 });
    if (made.exitCode === 0) return;
    throw new UserError(
      `the disk of the image could not be made: mkfs.erofs ended with ${String(made.exitCode)}: ${made.stderr.trim().slice(-1000)}`,
      'install its tools: sudo apt-get install erofs-utils; or use `rootFormat: ext4`',
      exitCode.hostCannot,
    );
  });
}

function isAsManifest({ kind, mode, uid, gid }: ManifestEntry, onHost: Stats): boolean {
  if (onHost.uid !== uid || onHost.gid !== gid) return false;
  return kind === 'link' || (onHost.mode & 0o7777) === mode;
}
