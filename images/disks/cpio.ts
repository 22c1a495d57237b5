/**
 * The kernel's initramfs format ("newc" cpio), written by hand: all owners are root without needing to be
 * root, and equal content gives equal bytes. Format: Documentation/driver-api/early-userspace/buffer-format.
 */
import { createReadStream } from 'node:fs';

export type CpioContent =
  | { readonly kind: 'folder'; readonly mode?: number }
  | { readonly kind: 'file'; readonly mode: number; readonly content: Buffer }
  /** Read from disk while writing; `size` must be its exact size. */
  | { readonly kind: 'copy'; readonly mode: number; readonly from: string; readonly size: number }
  | { readonly kind: 'link'; readonly target: string };

export interface CpioEntry {
  /** Path without a leading slash. */
  readonly path: string;
  readonly what: CpioContent;
  /** root's by default. */
  readonly uid?: number;
  readonly gid?: number;
  /**
   * Names of one file share an identity: the first entry brings the content, later ones only their names.
   * `names` is how many there are.
   */
  readonly shared?: { readonly identity: string; readonly names: number };
}

const typeBits = { folder: 0o040000, file: 0o100000, copy: 0o100000, link: 0o120000 } as const;

/** Bytes from the archive's start to the next multiple of four. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}

interface HeaderFields {
  readonly inode: number;
  readonly mode: number;
  readonly size: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly names?: number;
}

function header(path: string, { inode, mode, size, uid = 0, gid = 0, names = 1 }: HeaderFields): Buffer {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, uid, gid, names, 0, size, 0, 0, 0, 0, name.length, 0];
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, '0').toUpperCase()).join('')}`;
  const head = Buffer.concat([Buffer.from(text, 'latin1'), name]);
  return Buffer.concat([head, padding(head.length)]);
}

function modeOf(what: CpioContent): number {
  const permissions = what.kind === 'link' ? 0o777 : (what.mode ?? 0o755);
  return typeBits[what.kind] | permissions;
}

/** The archive in pieces, to be piped to a file. Folders must come before what is in them. */
export async function* writeCpio(entries: Iterable<CpioEntry>): AsyncGenerator<Buffer> {
  let next = 1;
  const inodes = new Map<string, number>();
  for (const { path, what, uid = 0, gid = 0, shared } of entries) {
    const earlier = shared === undefined ? undefined : inodes.get(shared.identity);
    const inode = earlier ?? next++;
    if (shared !== undefined) inodes.set(shared.identity, inode);
    const content =
      what.kind === 'file' ? what.content : what.kind === 'link' ? Buffer.from(what.target) : Buffer.alloc(0);
    const size = earlier !== undefined ? 0 : what.kind === 'copy' ? what.size : content.length;
    yield header(path, { inode, mode: modeOf(what), size, uid, gid, names: shared?.names ?? 1 });
    if (earlier !== undefined) continue;
    if (what.kind === 'copy') yield* copied(what.from, what.size);
    else yield content;
    yield padding(size);
  }
  yield header('TRAILER!!!', { inode: 0, mode: 0, size: 0 });
}

async function* copied(from: string, size: number): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of createReadStream(from)) {
    const piece = chunk as Buffer;
    sent += piece.length;
    yield piece;
  }
  if (sent !== size)
    throw new Error(`${from} changed while it was read: ${String(size)} bytes, then ${String(sent)}`);
}
