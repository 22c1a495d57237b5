/**
 * Just enough of the ELF format to know what a program needs before its first instruction: the
 * interpreter, the names of its libraries and the folders it says they are in. Read from the program
 * headers, as the loader does, so it works for stripped files. Little-endian 64-bit only (x86-64, arm64).
 */

export interface ElfNeeds {
  /** The dynamic loader, or null for a static program or a library. */
  readonly interpreter: string | null;
  readonly needed: readonly string[];
  /** RUNPATH or, where absent, RPATH; `$ORIGIN` unexpanded. */
  readonly runPath: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const segmentType = { load: 1, dynamic: 2, interpreter: 3 } as const;
const tag = { needed: 1, stringTable: 5, rpath: 15, runPath: 29 } as const;

function isElf(content: Buffer): boolean {
  return (
    content.length > 64 && content.readUInt32BE(0) === 0x7f454c46 && content[4] === 2 && content[5] === 1
  );
}

/** null for anything that is not a 64-bit little-endian ELF file (a script, data). */
export function readElfNeeds(content: Buffer): ElfNeeds | null {
  if (!isElf(content)) return null;
  const segments = readSegments(content);
  const interpreter = segments.find((segment) => segment.type === segmentType.interpreter);
  const dynamic = segments.find((segment) => segment.type === segmentType.dynamic);
  const entries = dynamic === undefined ? [] : readDynamic(content, dynamic);
  const tableAddress = entries.find((entry) => entry.tag === tag.stringTable)?.value;
  const table = tableAddress === undefined ? null : fileOffset(segments, tableAddress);
  const strings = (wanted: number): string[] =>
    table === null
      ? []
      : entries.filter((entry) => entry.tag === wanted).map((entry) => textAt(content, table + entry.value));
  const runPath = strings(tag.runPath);
  const folders = runPath.length > 0 ? runPath : strings(tag.rpath);
  return {
    interpreter: interpreter === undefined ? null : textAt(content, interpreter.offset),
    needed: strings(tag.needed),
    runPath: folders.flatMap((text) => text.split(':')).filter((folder) => folder !== ''),
  };
}

function readSegments(content: Buffer): Segment[] {
  const start = Number(content.readBigUInt64LE(32));
  const entrySize = content.readUInt16LE(54);
  const count = content.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * entrySize;
    return {
      type: content.readUInt32LE(at),
      offset: Number(content.readBigUInt64LE(at + 8)),
      address: Number(content.readBigUInt64LE(at + 16)),
      size: Number(content.readBigUInt64LE(at + 32)),
    };
  });
}

function readDynamic(content: Buffer, segment: Segment): { tag: number; value: number }[] {
  const entries = [];
  for (let at = segment.offset; at + 16 <= segment.offset + segment.size; at += 16) {
    const entry = { tag: Number(content.readBigInt64LE(at)), value: Number(content.readBigUInt64LE(at + 8)) };
    if (entry.tag === 0) break;
    entries.push(entry);
  }
  return entries;
}

function fileOffset(segments: readonly Segment[], address: number): number | null {
  const home = segments.find(
    (segment) =>
      segment.type === segmentType.load &&
      address >= segment.address &&
      address < segment.address + segment.size,
  );
  return home === undefined ? null : address - home.address + home.offset;
}

function textAt(content: Buffer, at: number): string {
  const end = content.indexOf(0, at);
  return content.toString('utf8', at, end < 0 ? content.length : end);
}
