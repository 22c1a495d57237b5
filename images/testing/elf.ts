/** Smallest ELF files with given needs, for tests. Not shipped with any behaviour: imported by tests alone. */

export interface ElfParts {
  readonly interpreter: string | null;
  /** null: no dynamic section at all. */
  readonly needed: readonly string[] | null;
  readonly runPath?: string;
}

/** Addresses are 0x10000 above file offsets, so that a reader that mixes them up is caught. */
const base = 0x10000;

export function makeElf({ interpreter, needed, runPath }: ElfParts): Buffer {
  const tableAt = 64 + 3 * 56;
  const strings = ['', ...(needed ?? []), runPath ?? '', interpreter ?? ''];
  const offsets = strings.map((_, index) => strings.slice(0, index).join('\0').length + (index > 0 ? 1 : 0));
  const table = Buffer.from(`${strings.join('\0')}\0`);
  const dynamicAt = tableAt + table.length;
  const entries = [
    ...(needed ?? []).map((_, index) => [1, offsets[index + 1] ?? 0]),
    ...(runPath === undefined ? [] : [[29, offsets.at(-2) ?? 0]]),
    [5, base + tableAt],
    [0, 0],
  ];
  const dynamic = Buffer.alloc(entries.length * 16);
  for (const [index, [tag = 0, value = 0]] of entries.entries()) {
    dynamic.writeBigUInt64LE(BigInt(tag), index * 16);
    dynamic.writeBigUInt64LE(BigInt(value), index * 16 + 8);
  }
  const end = dynamicAt + dynamic.length;
  const segments = [
    [1, 0, base, end],
    ...(needed === null ? [] : [[2, dynamicAt, base + dynamicAt, dynamic.length]]),
    ...(interpreter === null ? [] : [[3, tableAt + (offsets.at(-1) ?? 0), 0, interpreter.length + 1]]),
  ];
  const head = Buffer.alloc(tableAt);
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(segments.length, 56);
  for (const [index, [type = 0, offset = 0, address = 0, size = 0]] of segments.entries()) {
    const at = 64 + index * 56;
    head.writeUInt32LE(type, at);
    head.writeBigUInt64LE(BigInt(offset), at + 8);
    head.writeBigUInt64LE(BigInt(address), at + 16);
    head.writeBigUInt64LE(BigInt(size), at + 32);
  }
  return Buffer.concat([head, table, dynamic]);
}
