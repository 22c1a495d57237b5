/**
 * Reads tar as a stream: ustar, PAX and GNU headers, long names, sparse files, sizes beyond 8 GiB. Own code
 * rather than a package: the known readers lose what an import must judge or keep (sparse maps, raw attribute
 * bytes, what is behind the end), and are lenient exactly where a hostile archive needs strictness.
 */
import type { Bytes } from '../../../model/quantities.ts';
import type { ByteReader } from './reader.ts';
import { refusal, type Place } from '../refusal.ts';
import { checkMap, leadingMap, oldMap, paxMap, type SparseMap } from './sparse.ts';
import { decimal, nameOf, numberField, paxRecords, textField } from './numbers.ts';

export type EntryKind = 'file' | 'folder' | 'link' | 'hardlink' | 'character' | 'block' | 'fifo' | 'socket';

/** One entry of a layer, whatever it came from. */
export interface Entry {
  readonly kind: EntryKind;
  /** As the archive has it. */
  readonly path: string;
  /** Of a link and a hard link; else empty. */
  readonly target: string;
  /** Permissions, set-id and sticky bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Apparent size of a file; 0 for anything else. */
  readonly size: Bytes;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly attributes: Readonly<Record<string, Buffer>>;
  /** Major and minor number of a device. */
  readonly device: readonly [number, number];
  /** Which parts are stored; null: all. */
  readonly map: SparseMap | null;
  /** The stored bytes, to be read before the next entry is asked for. */
  content(): AsyncIterable<Buffer>;
}

export interface TarOptions {
  /** Whether the two empty blocks at the end must be there; not where a digest proves the archive whole. */
  readonly trailer: 'required' | 'optional';
}

const block = 512;
const mostHeaderBytes = 4 * 1024 * 1024;
const readPiece = 1024 * 1024;
const noBytes = Buffer.alloc(readPiece);
const kinds: Readonly<Record<string, EntryKind>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'link',
  '3': 'character',
  '4': 'block',
  '5': 'folder',
  '6': 'fifo',
};

type Records = readonly (readonly [string, Buffer])[];

/** What headers before an entry say about it. */
interface Pending {
  pax: Records;
  name: Buffer | null;
  link: Buffer | null;
}

export async function* readTar(reader: ByteReader, place: Place, options: TarOptions): AsyncGenerator<Entry> {
  let globals: Records = [];
  let pending: Pending = { pax: [], name: null, link: null };
  for (;;) {
    const header = await reader.take(block);
    if (header.length < block || isEmpty(header)) {
      const dangling = pending.pax.length > 0 || pending.name !== null || pending.link !== null;
      if (dangling) throw refusal(place, 'the archive is cut short');
      await finish(reader, header, place, options);
      return;
    }
    checkSum(header, place);
    const type = header.toString('latin1', 156, 157);
    const here = { ...place, entry: headerName(header).toString('utf8') };
    const stored = numberField(header.subarray(124, 136), 'size', here);
    if (stored < 0) throw refusal(here, 'its header gives a negative size');
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      const body = await headerBody(reader, stored, here);
      if (type === 'L') pending.name = textField(body);
      else if (type === 'K') pending.link = textField(body);
      else if (type === 'x') pending.pax = paxRecords(body, here);
      else globals = [...globals, ...globalRecords(body, here)].slice(-100);
    } else if (type === 'V') {
      await reader.skip(padded(stored));
    } else {
      const { entry, rest } = await readEntry(
        header,
        type,
        stored,
        reader,
        { ...pending, globals },
        place,
        options,
      );
      pending = { pax: [], name: null, link: null };
      yield entry;
      await rest();
    }
  }
}

const padded = (size: number): number => Math.ceil(size / block) * block;
const isEmpty = (header: Buffer): boolean => header[0] === 0 && header.every((byte) => byte === 0);

/** The sum over the header with its own field as blanks; some old writers summed signed bytes. */
function checkSum(header: Buffer, place: Place): void {
  let unsigned = 8 * 32;
  let signed = 8 * 32;
  for (let index = 0; index < block; index++) {
    if (index >= 148 && index < 156) continue;
    const byte = header[index] ?? 0;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const stated = numberField(header.subarray(148, 156), 'checksum', place);
  if (stated !== unsigned && stated !== signed)
    throw refusal(place, 'is damaged or no tar archive: the checksum of a header is wrong');
}

async function headerBody(reader: ByteReader, size: number, place: Place): Promise<Buffer> {
  if (size > mostHeaderBytes) throw refusal(place, 'an extended header is too long');
  const body = await reader.take(padded(size));
  if (body.length < padded(size)) throw refusal(place, 'the archive is cut short');
  return body.subarray(0, size);
}

/** Records for all that follow; names and sizes cannot be the same for all. */
function globalRecords(body: Buffer, place: Place): Records {
  return paxRecords(body, place).filter(([key]) => /^(uid|gid|mtime)$/.test(key));
}

async function readEntry(
  header: Buffer,
  type: string,
  stated: number,
  reader: ByteReader,
  pending: Readonly<Pending> & { readonly globals: Records },
  archive: Place,
  options: TarOptions,
): Promise<{ readonly entry: Entry; readonly rest: () => Promise<void> }> {
  const records = [...pending.globals, ...pending.pax];
  const pax = new Map(records);
  const value = (key: string): string | null => {
    const bytes = pax.get(key);
    return bytes === undefined || bytes.length === 0 ? null : bytes.toString('utf8');
  };
  const path = nameOf(
    nonEmpty(pax.get('GNU.sparse.name')) ?? nonEmpty(pax.get('path')) ?? pending.name ?? headerName(header),
    'name',
    archive,
  );
  const place = { ...archive, entry: path };
  const number = (key: string, from: number, to: number, what: string): number => {
    const text = value(key);
    return text === null ? numberField(header.subarray(from, to), what, place) : decimal(text, what, place);
  };
  const listed = kinds[type];
  if (listed === undefined)
    throw refusal(place, `is of a kind that no image holds (tar type ${JSON.stringify(type)})`);
  const kind = listed === 'file' && type !== 'S' && path.endsWith('/') ? 'folder' : listed;
  const sizeText = value('size');
  // Only files have content, whatever the header of a link or folder says.
  let stored = kind !== 'file' ? 0 : sizeText === null ? stated : decimal(sizeText, 'size', place);
  let toSkip = padded(stored) - stored;
  let size = stored;
  let map: SparseMap | null = null;
  if (kind === 'file' && type === 'S') ({ map, size } = await oldMap(header, reader, place));
  else if (kind === 'file' && value('GNU.sparse.major') === '1') {
    const leading = await leadingMap(reader, padded(stored), place);
    map = leading.map;
    // The map is part of the stored size.
    stored -= leading.taken;
    if (stored < 0) throw refusal(place, 'its sparse map is damaged');
    toSkip = padded(stored) - stored;
  } else if (kind === 'file') map = paxMap(records, place);
  if (map !== null && type !== 'S') {
    size = decimal(value('GNU.sparse.realsize') ?? value('GNU.sparse.size') ?? '', 'size', place);
  }
  if (map !== null) checkMap(map, size, stored, place);
  const target = kind === 'link' || kind === 'hardlink' ? linkTarget(header, pax, pending.link, place) : '';
  let left = stored;
  const entry: Entry = {
    kind,
    path,
    target,
    mode: numberField(header.subarray(100, 108), 'mode', place) & 0o7777,
    uid: number('uid', 108, 116, 'owner'),
    gid: number('gid', 116, 124, 'group'),
    size,
    mtime: mtimeOf(header, value('mtime'), place),
    attributes: attributesOf(records, place),
    device:
      kind === 'character' || kind === 'block'
        ? [
            numberField(header.subarray(329, 337), 'device', place),
            numberField(header.subarray(337, 345), 'device', place),
          ]
        : [0, 0],
    map,
    content: async function* () {
      while (left > 0) {
        const piece = await reader.some(Math.min(left, readPiece));
        if (piece.length === 0) throw refusal(place, 'the archive is cut short in its content');
        left -= piece.length;
        yield piece;
      }
    },
  };
  const rest = async (): Promise<void> => {
    const missing = left;
    left = 0;
    const isWhole = (await reader.skip(missing)) === missing;
    // umoci leaves the last entry's filling out with the end; a digest proves such an archive whole.
    const isFilled = (await reader.skip(toSkip)) === toSkip || options.trailer === 'optional';
    if (!isWhole || !isFilled) throw refusal(place, 'the archive is cut short in its content');
  };
  return { entry, rest };
}

const nonEmpty = (bytes: Buffer | undefined): Buffer | null =>
  bytes === undefined || bytes.length === 0 ? null : bytes;

/** The name of 100 bytes, behind a prefix where the header is POSIX ustar (GNU's has other things there). */
function headerName(header: Buffer): Buffer {
  const name = textField(header.subarray(0, 100));
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textField(header.subarray(345, 500)) : Buffer.alloc(0);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

/** A link's target may hold line ends: it is hashed, never written on a line. */
function linkTarget(
  header: Buffer,
  pax: ReadonlyMap<string, Buffer>,
  long: Buffer | null,
  place: Place,
): string {
  const bytes = nonEmpty(pax.get('linkpath')) ?? long ?? textField(header.subarray(157, 257));
  const target = nameOf(Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0x20 : byte))), 'target', place);
  return bytes.includes(0x0a) ? bytes.toString('utf8') : target;
}

function mtimeOf(header: Buffer, text: string | null, place: Place): number {
  return text === null
    ? numberField(header.subarray(136, 148), 'time', place)
    : decimal(text, 'time', place, /^-?[0-9]{1,15}(\.[0-9]*)?$/);
}

const attributePrefix = 'SCHILY.xattr.';

function attributesOf(records: Records, place: Place): Readonly<Record<string, Buffer>> {
  const odd = records.find(([key]) => key.startsWith(attributePrefix) && !/^[!-~]+$/.test(key));
  if (odd !== undefined) throw refusal(place, 'the name of an extended attribute is not plain text');
  return Object.fromEntries(
    records
      .filter(([key]) => key.startsWith(attributePrefix) && key.length > attributePrefix.length)
      .map(([key, bytes]) => [key.slice(attributePrefix.length), bytes]),
  );
}

/** Behind the first empty block there may be zeros alone. */
async function finish(reader: ByteReader, header: Buffer, place: Place, options: TarOptions): Promise<void> {
  if (header.length > 0 && header.length < block)
    throw refusal(place, 'the archive is cut short in a header');
  let zeros: Bytes = header.length;
  for (let piece = await reader.some(readPiece); piece.length > 0; piece = await reader.some(readPiece)) {
    if (!piece.equals(noBytes.subarray(0, piece.length)))
      throw refusal(place, 'there is rubbish behind the end of the archive');
    zeros += piece.length;
  }
  if (options.trailer === 'required' && zeros < 2 * block)
    throw refusal(place, 'the archive is cut short: its end is missing');
}
