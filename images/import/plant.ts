/**
 * The finished model as a folder on disk, and its manifest. Every parent is a folder just made here, so no link
 * is ever followed; contents are moved, not copied. What the disk cannot hold (owners without root, attributes)
 * stands in the manifest, which is made from the model and not from the disk.
 */
import {
  chmodSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../model/quantities.ts';
import { formatManifestEntry, hashAttributes, sha256 } from '../tree.ts';
import { modeOnDisk, type ContentStore, type Honours } from './contents.ts';
import type { FileNode, FolderNode, Meta, Node } from './model.ts';

export interface PlantedTree {
  /** Text of the manifest. */
  readonly manifest: string;
  readonly digest: string;
  /** Sum of the sizes of regular files; a file with several names counts once. */
  readonly bytes: Bytes;
  readonly files: number;
  /** Path inside -> name -> value (base64), of entries that have extended attributes. */
  readonly attributes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Makes `rootfs`, which must not be there, and empties the content store into it. */
export function plantTree(
  root: FolderNode,
  contents: ContentStore,
  rootfs: string,
  honours: Honours,
): PlantedTree {
  const lines: { readonly path: Buffer; readonly line: string }[] = [];
  const attributes: Record<string, Record<string, string>> = {};
  const placed = new Map<FileNode, string>();
  let bytes = 0;

  const plant = (node: Node, path: string): void => {
    const place = join(rootfs, path);
    if (node.kind === 'folder') mkdirSync(place, 0o700);
    else if (node.kind === 'link') {
      symlinkSync(node.target, place);
      if (honours.owners) lchownSync(place, node.meta.uid, node.meta.gid);
      lutimesSync(place, node.meta.mtime, node.meta.mtime);
    } else {
      const first = placed.get(node);
      if (first === undefined) {
        renameSync(contents.pathOf(node.content), place);
        placed.set(node, place);
        bytes += node.size;
      } else linkSync(first, place);
    }
    lines.push({ path: Buffer.from(path), line: lineOf(node, path) });
    const named = Object.entries(node.meta.attributes);
    if (named.length > 0) {
      attributes[path] = Object.fromEntries(named.map(([name, value]) => [name, value.toString('base64')]));
    }
    if (node.kind === 'folder') {
      for (const [name, slot] of node.slots) plant(slot.node, `${path}/${name}`);
      finishFolder(place, node.meta, honours);
    }
  };

  mkdirSync(rootfs, 0o755);
  for (const [name, slot] of root.slots) plant(slot.node, `/${name}`);
  chmodSync(rootfs, 0o755);
  lines.sort((left, right) => Buffer.compare(left.path, right.path));
  const manifest = lines.map(({ line }) => `${line}\n`).join('');
  return { manifest, digest: sha256(manifest), bytes, files: placed.size, attributes };
}

/** Last, when all is in it: it may forbid writing, and its time would change. */
function finishFolder(place: string, meta: Meta, honours: Honours): void {
  if (honours.owners && (meta.uid !== 0 || meta.gid !== 0)) lchownSync(place, meta.uid, meta.gid);
  chmodSync(place, modeOnDisk(meta, 'folder', honours));
  utimesSync(place, meta.mtime, meta.mtime);
}

function lineOf(node: Node, path: string): string {
  const { mode, uid, gid, attributes } = node.meta;
  return formatManifestEntry({
    kind: node.kind,
    hash: node.kind === 'file' ? node.hash : node.kind === 'link' ? sha256(node.target) : null,
    mode: node.kind === 'link' ? null : mode,
    path,
    uid,
    gid,
    xattrs: Object.keys(attributes).length > 0 ? hashAttributes(attributes) : null,
  });
}
