/**
 * What a disk must be told beyond what was copied into it. The tree on the host has the owners, modes and
 * attributes that its maker could set there; the manifest has the right ones, and debugfs writes what differs
 * straight into the finished file, so neither root nor a user namespace is needed.
 */
import type { ManifestEntry } from '../tree.ts';

/** What lstat says of an entry of the tree, which is what mke2fs copied. */
export interface OnHost {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Path inside -> attribute -> name of a file that holds its value. */
export type AttributeFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

const typeBits = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** debugfs commands, one per line of a script. */
export function metadataCommands(
  entries: readonly (ManifestEntry & { readonly onHost: OnHost })[],
  attributes: AttributeFiles,
): readonly string[] {
  return entries.flatMap(({ kind, path, mode, uid, gid, onHost }) => {
    const name = quoted(path);
    return [
      ...(uid === onHost.uid ? [] : [`sif ${name} uid ${String(uid)}`]),
      ...(gid === onHost.gid ? [] : [`sif ${name} gid ${String(gid)}`]),
      ...(mode === null || mode === (onHost.mode & 0o7777)
        ? []
        : [`sif ${name} mode 0${(typeBits[kind] | mode).toString(8)}`]),
      ...Object.entries(attributes[path] ?? {}).map(
        ([attribute, file]) => `ea_set -f ${quoted(file)} ${name} ${quoted(attribute)}`,
      ),
    ];
  });
}

/** As debugfs reads arguments: in double quotes, a double quote inside written twice; nothing else is special. */
export function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
