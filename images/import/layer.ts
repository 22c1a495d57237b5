/**
 * One layer applied to the tree: what its entries add, replace and hide. Whiteouts concern the layers below
 * alone, wherever in the layer they stand (OCI image specification, "Whiteouts").
 */
import type { ContentStore } from './contents.ts';
import {
  findFolder,
  findSpot,
  hide,
  hideContents,
  lookUp,
  partsOf,
  put,
  putFolder,
  type Meta,
  type Spot,
  type Tree,
} from './model.ts';
import { refusal, type Place } from './refusal.ts';
import type { Entry } from './tar/tar.ts';

export interface LayerSource {
  /** For messages: archive and layer. */
  readonly place: Place;
  /** Whether names beginning with ".wh." hide things; they are plain names in a root file system. */
  readonly whiteouts: boolean;
  entries(): AsyncGenerator<Entry>;
}

const opaque = '.wh..wh..opq';
const prefix = '.wh.';
const largestOwner = 0xffff_fffe;
const longestTarget = 4095;

/** Where a running system keeps device nodes, pipes and sockets; a container or machine gets its own there. */
const runtimeFolders = new Set(['dev', 'run']);

/**
 * @param index number of the layer, from 0 upwards
 * @returns how many device nodes, pipes and sockets below /dev and /run were left out
 */
export async function applyLayer(
  tree: Tree,
  contents: ContentStore,
  layer: LayerSource,
  index: number,
  signal?: AbortSignal,
): Promise<number> {
  const leftOut = new Set<string>();
  for await (const entry of layer.entries()) {
    signal?.throwIfAborted();
    const place = { ...layer.place, entry: entry.path };
    const parts = partsOf(entry.path, place);
    if (parts.length === 0) {
      if (entry.kind !== 'folder') throw refusal(place, 'the root of the image is no folder');
      continue;
    }
    if (layer.whiteouts && isHidden(tree, parts, index, place)) continue;
    if (isLeftOut(tree, entry, parts, index, leftOut, place)) continue;
    await applyEntry(tree, contents, entry, parts, index, place);
  }
  return leftOut.size;
}

/**
 * Whether an entry is a device node, pipe or socket below /dev or /run, or a further name of one. It takes the
 * place of what lower layers have there, as it would in a container.
 * @param leftOut paths left out so far in this layer, added to
 */
function isLeftOut(
  tree: Tree,
  { kind, device, target }: Entry,
  parts: readonly string[],
  layer: number,
  leftOut: Set<string>,
  place: Place,
): boolean {
  const isSpecial = kind === 'character' || kind === 'block' || kind === 'fifo' || kind === 'socket';
  const isWhiteout = kind === 'character' && device[0] === 0 && device[1] === 0;
  if (isWhiteout || !(isSpecial || kind === 'hardlink')) return false;
  const parent = findFolder(tree, parts.slice(0, -1), null, place);
  const path = parent === null ? `/${parts.join('/')}` : `${parent.path}/${parts.at(-1) ?? ''}`;
  const [, top = '', below] = path.split('/');
  if (below === undefined || !runtimeFolders.has(top)) return false;
  if (kind === 'hardlink' && !leftOut.has(`/${target.replace(/^(\.?\/)+/, '')}`)) return false;
  tree.budget.enter(Buffer.byteLength(path), place);
  leftOut.add(path);
  if (parent !== null) hide(tree, parent.folder, parts.at(-1) ?? '', layer);
  return true;
}

/** Whether an entry was a whiteout (or what aufs kept for itself), and so is no entry of the tree. */
function isHidden(tree: Tree, parts: readonly string[], layer: number, place: Place): boolean {
  const special = parts.findIndex((part) => part.startsWith(prefix));
  if (special < 0) return false;
  const name = parts[special] ?? '';
  if (name !== opaque && name.startsWith('.wh..wh.')) return true;
  if (special !== parts.length - 1) throw refusal(place, 'its path leads through a whiteout');
  const parent = findFolder(tree, parts.slice(0, -1), null, place);
  const hidden = name.slice(prefix.length);
  if (name !== opaque && (hidden === '' || hidden === '.' || hidden === '..'))
    throw refusal(place, 'is a whiteout of nothing');
  if (parent === null) return true;
  if (name === opaque) hideContents(tree, parent.folder, layer);
  else hide(tree, parent.folder, hidden, layer);
  return true;
}

async function applyEntry(
  tree: Tree,
  contents: ContentStore,
  entry: Entry,
  parts: readonly string[],
  layer: number,
  place: Place,
): Promise<void> {
  const { kind, uid, gid } = entry;
  if (kind === 'character' && entry.device[0] === 0 && entry.device[1] === 0) {
    // How overlayfs itself writes a whiteout.
    const parent = findFolder(tree, parts.slice(0, -1), null, place);
    if (parent !== null) hide(tree, parent.folder, parts.at(-1) ?? '', layer);
    return;
  }
  if (kind === 'character' || kind === 'block')
    throw refusal(place, 'is a device node; instances get their devices from their runner');
  if (kind === 'fifo' || kind === 'socket')
    throw refusal(place, `is a ${kind}; an image holds files, folders and links`);
  if (uid < 0 || gid < 0 || uid > largestOwner || gid > largestOwner)
    throw refusal(place, `its owner ${String(uid)}:${String(gid)} is impossible`);
  const spot = findSpot(tree, parts, layer, place);
  if (spot === null) throw new Error(`no place for ${entry.path}`);
  const { mode, mtime, attributes } = entry;
  const meta: Meta = { mode, uid, gid, mtime, attributes };
  if (kind === 'folder') putFolder(tree, spot, meta, layer, place);
  else if (kind === 'hardlink') putHardLink(tree, entry, spot, layer, place);
  else if (kind === 'link') {
    if (entry.target === '' || Buffer.byteLength(entry.target) > longestTarget)
      throw refusal(place, 'is a link to an empty or too long name');
    put(tree, spot, { kind: 'link', meta, target: entry.target }, layer, place);
  } else {
    const old = spot.folder.slots.get(spot.name);
    if (old?.layer === layer && old.node.kind !== 'file')
      throw refusal(place, `is there twice in the same layer, first as a ${old.node.kind}, then as a file`);
    const content = await contents.add(entry.content(), entry.size, entry.map, meta, place);
    const node = {
      kind: 'file' as const,
      meta,
      content: content.number,
      hash: content.hash,
      size: entry.size,
      names: 0,
    };
    put(tree, spot, node, layer, place);
  }
}

function putHardLink(tree: Tree, entry: Entry, spot: Spot, layer: number, place: Place): void {
  let target: readonly string[];
  try {
    target = partsOf(entry.target, place);
  } catch {
    throw refusal(place, `is a hard link out of the image, to ${JSON.stringify(entry.target)}`);
  }
  const node = lookUp(tree, target, place);
  if (node === null)
    throw refusal(place, `is a hard link to ${JSON.stringify(entry.target)}, which is not there`);
  if (node.kind === 'folder') throw refusal(place, 'is a hard link to a folder');
  if (spot.folder.slots.get(spot.name)?.node === node) return;
  put(tree, spot, node, layer, place);
}
