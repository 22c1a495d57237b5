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
}

const typeBits = { folder: 0o040000, file: 0o100000, copy: 0o100000, link: 0o120000 } as const;

/** Bytes from the archive's start to the next multiple of four. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}

function header(path: string, inode: number, mode: number, size: number): Buffer {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
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
  let inode = 1;
  for (const { path, what } of entries) {
    const content =
      what.kind === 'file' ? what.content : what.kind === 'link' ? Buffer.from(what.target) : Buffer.alloc(0);
    const size = what.kind === 'copy' ? what.size : content.length;
    yield header(path, inode, modeOf(what), size);
    if (what.kind === 'copy') yield* copied(what.from, what.size);
    else yield content;
    yield padding(size);
    inode += 1;
  }
  yield header('TRAILER!!!', 0, 0, 0);
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
