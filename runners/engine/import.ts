/**
 * An image's tree into an engine's store: once per digest, which is also its tag. The archive is streamed by
 * tar(1) from the tree as it lies in the cache, owners and extended attributes included; nothing is added.
 */
import { readFile } from 'node:fs/promises';
import { UserError } from '../../model/errors.ts';
import { runTool } from '../../host/exec.ts';
import type { Image } from '../../images/image.ts';
import type { Client } from './instance.ts';

const repository = 'localhost/tare';
const importSeconds = 1800;

/** Reference of a digest in the store of an engine. */
const storedName = (digest: string): string => `${repository}:${digest}`;

// tar's end decides too: an archive that was cut is an image to the engine. Arguments: lock, folder of the
// tree, reference, client argv.
const script = `lock=$1 tree=$2 name=$3
shift 3
exec 9>"$lock" && flock 9 || exit 1
if "$@" image inspect "$name" >/dev/null 2>&1; then exit 0; fi
{ tar -C "$tree" --numeric-owner --format=pax --xattrs --xattrs-include='*' -cf - . 9>&-; echo $? >"$lock.status"; } |
  "$@" import - "$name" 9>&- || exit 1
[ "$(cat "$lock.status")" = 0 ] || { "$@" image rm "$name"; echo "tar failed" >&2; exit 1; }`;

/** Brings the image into the store, where it is not there yet. @throws UserError where that cannot be done */
export async function ensureStored(image: Image, client: Client, lock: string): Promise<string> {
  await refuseWhiteouts(image);
  const name = storedName(image.digest);
  const argv = ['sh', '-c', script, 'sh', lock, image.rootfs, name, ...client.argv];
  const { environment } = client;
  const { exitCode, stderr } = await runTool(argv, { timeoutSeconds: importSeconds, environment });
  if (exitCode === 0) return name;
  throw new UserError(
    `image ${image.name} cannot be brought into the store of ${client.argv[0] ?? ''}: ${stderr.trim()}`,
    'look for space on its disk, and try the command by hand',
  );
}

/** A file named as layers name a removal would be taken for one. */
async function refuseWhiteouts({ manifest, name }: Image): Promise<void> {
  const found = /^[fdl] \S+ \S+ (.*\/\.wh\.[^/\n]*)$/m.exec(await readFile(manifest, 'utf8'));
  if (found === null) return;
  throw new UserError(
    `image ${name} holds ${found[1] ?? ''}, which an engine would take for the removal of a file`,
    'use a runner without an engine (oci, namespace, qemu) for it',
  );
}

/** Removes images of tare's whose digest is not kept; returns the digests removed. */
export async function removeStored(client: Client, keep: ReadonlySet<string>): Promise<readonly string[]> {
  const { environment } = client;
  const listed = await runTool(
    [...client.argv, 'images', '--format', '{{.Repository}}:{{.Tag}}', repository],
    {
      timeoutSeconds: 60,
      environment,
    },
  );
  if (listed.exitCode !== 0) return [];
  const removed: string[] = [];
  for (const name of listed.stdout.split('\n')) {
    const digest = name.slice(repository.length + 1);
    if (!/^[0-9a-f]{64}$/.test(digest) || keep.has(digest)) continue;
    const { exitCode } = await runTool([...client.argv, 'image', 'rm', name], {
      timeoutSeconds: 60,
      environment,
    });
    if (exitCode === 0) removed.push(digest);
  }
  return removed;
}
