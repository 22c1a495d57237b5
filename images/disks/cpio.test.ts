import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCpio } from './cpio.ts';
import type { CpioEntry } from './cpio.ts';

async function archive(entries: readonly CpioEntry[]): Promise<Buffer> {
  const pieces = [];
  for await (const piece of writeCpio(entries)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Reads the format back by its definition: 110 bytes of hex fields, name, content, each padded to four. */
function read(bytes: Buffer): { name: string; mode: number; owner: number; content: string }[] {
  const entries = [];
  for (let at = 0; ;) {
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number): number =>
      Number.parseInt(bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const nameEnd = at + 110 + field(11);
    const name = bytes.toString('utf8', at + 110, nameEnd - 1);
    if (name === 'TRAILER!!!') return entries;
    const start = Math.ceil(nameEnd / 4) * 4;
    const content = bytes.toString('utf8', start, start + field(6));
    entries.push({ name, mode: field(1), owner: field(2) + field(3), content });
    at = Math.ceil((start + field(6)) / 4) * 4;
  }
}

test('folders, files, links and copied files, all of root', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tare-cpio-'));
  try {
    await writeFile(join(folder, 'big'), 'x'.repeat(70_001));
    const bytes = await archive([
      { path: 'tmp', what: { kind: 'folder', mode: 0o1777 } },
      { path: 'tmp/a', what: { kind: 'file', mode: 0o755, content: Buffer.from('hello') } },
      { path: 'é', what: { kind: 'link', target: 'tmp/a' } },
      { path: 'big', what: { kind: 'copy', mode: 0o644, from: join(folder, 'big'), size: 70_001 } },
      { path: 'empty', what: { kind: 'file', mode: 0o600, content: Buffer.alloc(0) } },
    ]);
    expect(read(bytes)).toEqual([
      { name: 'tmp', mode: 0o041777, owner: 0, content: '' },
      { name: 'tmp/a', mode: 0o100755, owner: 0, content: 'hello' },
      { name: 'é', mode: 0o120777, owner: 0, content: 'tmp/a' },
      { name: 'big', mode: 0o100644, owner: 0, content: 'x'.repeat(70_001) },
      { name: 'empty', mode: 0o100600, owner: 0, content: '' },
    ]);
    expect(bytes.length % 4).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('owners, and a file of several names whose content is there once', async () => {
  const shared = { identity: 'one', names: 2 };
  const what = { kind: 'file', mode: 0o644, content: Buffer.from('once') } as const;
  const bytes = await archive([
    { path: 'a', what, uid: 1000, gid: 4, shared },
    { path: 'between', what: { kind: 'folder' } },
    { path: 'b', what, uid: 1000, gid: 4, shared },
  ]);
  expect(read(bytes)).toMatchObject([
    { name: 'a', owner: 1004, content: 'once' },
    { name: 'between', owner: 0 },
    { name: 'b', owner: 1004, content: '' },
  ]);
  const field = (name: string, index: number): string => {
    const at = bytes.indexOf(`${name}\0`) - 110 + 6 + index * 8;
    return bytes.toString('latin1', at, at + 8);
  };
  expect([field('a', 4), field('b', 4), field('between', 4)]).toEqual(['00000002', '00000002', '00000001']);
  expect(field('b', 0)).toBe(field('a', 0));
  expect(field('between', 0)).not.toBe(field('a', 0));
});

test('a file that changes while it is read is not archived silently', async () => {
  const entry: CpioEntry = {
    path: 'x',
    what: { kind: 'copy', mode: 0o644, from: import.meta.filename, size: 1 },
  };
  await expect(archive([entry])).rejects.toThrow('changed while it was read');
});
