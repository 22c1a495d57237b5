/**
 * Extended attributes onto the unpacked tree, as far as this user and file system allow: capabilities of programs
 * and `user.*`. Node cannot set them; `setfattr` can, in one go. Others (labels of a security policy, overlayfs's
 * own) would be the building host's business, and are only recorded.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../../host/exec.ts';

/** Path inside -> name -> value (base64). */
export type Attributes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Whether an attribute is the program's own affair and means the same on every host. */
export function isKept(name: string): boolean {
  return name === 'security.capability' || name.startsWith('user.');
}

/** @returns what could not be set, for the user; null where all was */
export async function setAttributes(
  rootfs: string,
  attributes: Attributes,
  work: string,
): Promise<string | null> {
  const named = Object.entries(attributes).flatMap(([path, values]) => {
    const kept = Object.entries(values).filter(([name]) => isKept(name));
    return kept.length === 0 ? [] : [{ path, kept }];
  });
  if (named.length === 0) return null;
  const script = join(work, 'attributes');
  const lines = named.map(
    ({ path, kept }) =>
      `# file: ${escaped(join(rootfs, path))}\n${kept.map(([name, value]) => `${escaped(name)}=0s${value}\n`).join('')}\n`,
  );
  await writeFile(script, lines.join(''));
  const result = await runTool(['setfattr', '-h', `--restore=${script}`], { timeoutSeconds: 300 });
  const count = `extended attributes of ${String(named.length)} ${named.length === 1 ? 'entry' : 'entries'}`;
  if (result.exitCode === 0) return null;
  const why = result.exitCode === 127 ? 'setfattr is not installed (package attr)' : firstLine(result.stderr);
  return `${count} stand in the manifest and in disks, but not in the unpacked tree: ${why}`;
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 300) ?? '';

/** As getfattr writes names: a backslash and what ends a name, in octal. */
function escaped(text: string): string {
  return text.replace(/[\\=\r\n]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
