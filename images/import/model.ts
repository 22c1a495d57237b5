/**
 * The tree an image becomes, in memory: names, owners, modes and links, everything but content. Layers are
 * applied to this model alone, where a link is followed as it would be inside the image; the host's file system
 * is never asked where a name leads, so no archive can make it lead elsewhere.
 */
import type { Bytes } from '../../model/quantities.ts';
import type { Budget } from './budget.ts';
import { refusal, type Place } from './refusal.ts';

export interface Meta {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly attributes: Readonly<Record<string, Buffer>>;
}

export interface FolderNode {
  readonly kind: 'folder';
  meta: Meta;
  readonly slots: Map<string, Slot>;
  /** The last layer after which nothing of the layers below was left in here. */
  cleanSince: number;
}

export interface FileNode {
  readonly kind: 'file';
  readonly meta: Meta;
  /** Where the content lies: a number of the content store. */
  readonly content: number;
  readonly hash: string;
  readonly size: Bytes;
  /** Names it has; at 0 its content goes. */
  names: number;
}

export interface LinkNode {
  readonly kind: 'link';
  readonly meta: Meta;
  readonly target: string;
}

export type Node = FolderNode | FileNode | LinkNode;

/** A name in a folder and the layer that put it there. */
export interface Slot {
  node: Node;
  layer: number;
}

/** Where an entry goes: its folder, its name in there, and the full path without links. */
export interface Spot {
  readonly folder: FolderNode;
  readonly name: string;
  readonly path: string;
}

export interface Tree {
  readonly root: FolderNode;
  readonly budget: Budget;
  /** Called with the content of a file that lost its last name. */
  readonly release: (content: number) => void;
}

const plainFolder: Meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0, attributes: {} };
/** As many as the kernel follows. */
const mostLinks = 40;

function newFolder(meta: Meta, layer: number): FolderNode {
  return { kind: 'folder', meta, slots: new Map(), cleanSince: layer };
}

export function createTree(budget: Budget, release: (content: number) => void): Tree {
  return { root: newFolder(plainFolder, 0), budget, release };
}

/**
 * The parts of an entry's name. A leading slash is the root of the image: umoci, ko and others write it so.
 * @throws UserError where it leads out of the tree
 */
export function partsOf(path: string, place: Place): readonly string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) throw refusal(place, 'its path leads out of the image');
  }
  const long = parts.find((part) => Buffer.byteLength(part) > 255);
  if (long !== undefined) throw refusal(place, 'a name in its path has more than 255 bytes');
  return parts;
}

interface Step {
  readonly folder: FolderNode;
  readonly path: string;
}

/**
 * The folder that parts lead to from the root, links followed inside the tree alone (".." in them stops at the root).
 * @param make layer in which missing folders are made (files of lower layers give way); null: answers null then
 */
export function findFolder(
  tree: Tree,
  parts: readonly string[],
  make: number | null,
  place: Place,
): Step | null {
  // Reversed, so that the next one is taken off the end.
  const ahead = parts.toReversed();
  const trail: Step[] = [{ folder: tree.root, path: '' }];
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    tree.budget.step(place);
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const here = trail.at(-1) ?? { folder: tree.root, path: '' };
    const slot = here.folder.slots.get(part);
    const path = `${here.path}/${part}`;
    if (slot?.node.kind === 'folder') trail.push({ folder: slot.node, path });
    else if (slot?.node.kind === 'link') {
      links += 1;
      if (links > mostLinks) throw refusal(place, 'its path leads through too many links');
      if (slot.node.target.startsWith('/')) trail.length = 1;
      ahead.push(...slot.node.target.split('/').toReversed());
    } else if (make === null) return null;
    else {
      if (Buffer.byteLength(part) > 255) throw refusal(place, 'a name in its path has more than 255 bytes');
      if (slot !== undefined && slot.layer === make)
        throw refusal(place, `${JSON.stringify(path)}, a file in the same layer, is used as a folder`);
      const folder = newFolder(plainFolder, make);
      put(tree, { folder: here.folder, name: part, path }, folder, make, place);
      trail.push({ folder, path });
    }
  }
  return trail.at(-1) ?? null;
}

/** Where an entry with these parts belongs; its last part is not followed. Parents are made where missing. */
export function findSpot(tree: Tree, parts: readonly string[], layer: number, place: Place): Spot | null {
  const name = parts.at(-1);
  const parent = findFolder(tree, parts.slice(0, -1), layer, place);
  if (name === undefined || parent === null) return null;
  return { folder: parent.folder, name, path: `${parent.path}/${name}` };
}

/** Puts a node at a spot, in place of what a lower layer or the same layer had there. */
export function put(tree: Tree, spot: Spot, node: Node, layer: number, place: Place): void {
  const { folder, name, path } = spot;
  const old = folder.slots.get(name);
  if (old?.layer === layer && old.node.kind !== node.kind)
    throw refusal(
      place,
      `is there twice in the same layer, first as a ${old.node.kind}, then as a ${node.kind}`,
    );
  tree.budget.enter(Buffer.byteLength(path), place);
  if (node.kind === 'file') node.names += 1;
  if (old !== undefined) forget(tree, old.node);
  folder.slots.set(name, { node, layer });
}

/** A folder that is there already keeps what is in it; only what is said about it changes. */
export function putFolder(tree: Tree, spot: Spot, meta: Meta, layer: number, place: Place): void {
  const old = spot.folder.slots.get(spot.name);
  if (old?.node.kind !== 'folder') {
    put(tree, spot, newFolder(meta, layer), layer, place);
    return;
  }
  old.node.meta = meta;
  old.layer = layer;
}

/** What is at a path, its last part not followed; null where nothing is. */
export function lookUp(tree: Tree, parts: readonly string[], place: Place): Node | null {
  const name = parts.at(-1);
  if (name === undefined) return tree.root;
  return findFolder(tree, parts.slice(0, -1), null, place)?.folder.slots.get(name)?.node ?? null;
}

/** A file of the image, links followed inside it; null where there is none. */
export function findFile(tree: Tree, path: string, place: Place): FileNode | null {
  let parts: readonly string[] = path.split('/').filter((part) => part !== '');
  for (let links = 0; links < mostLinks; links++) {
    const parent = findFolder(tree, parts.slice(0, -1), null, place);
    const node = parent?.folder.slots.get(parts.at(-1) ?? '')?.node;
    if (parent === null || node === undefined || node.kind === 'folder') return null;
    if (node.kind === 'file') return node;
    const base = node.target.startsWith('/') ? '' : parent.path;
    parts = `${base}/${node.target}`.split('/').filter((part) => part !== '');
  }
  return null;
}

/** Hides what lower layers have under a name; what this layer put there stays, wherever in the layer it stands. */
export function hide(tree: Tree, folder: FolderNode, name: string, layer: number): void {
  const slot = folder.slots.get(name);
  if (slot === undefined) return;
  if (slot.node.kind === 'folder') {
    hideContents(tree, slot.node, layer);
    if (slot.layer !== layer && slot.node.slots.size === 0) folder.slots.delete(name);
  } else if (slot.layer !== layer) {
    forget(tree, slot.node);
    folder.slots.delete(name);
  }
}

/** Hides all that lower layers have in a folder. Each folder is gone through once per layer, however often asked. */
export function hideContents(tree: Tree, folder: FolderNode, layer: number): void {
  if (folder.cleanSince === layer) return;
  folder.cleanSince = layer;
  for (const name of [...folder.slots.keys()]) hide(tree, folder, name, layer);
}

function forget(tree: Tree, node: Node): void {
  if (node.kind === 'folder') for (const slot of node.slots.values()) forget(tree, slot.node);
  if (node.kind !== 'file') return;
  node.names -= 1;
  if (node.names === 0) tree.release(node.content);
}
