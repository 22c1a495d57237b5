/**
 * Sparse files in tar: which parts of a file are stored, the rest being holes. Four notations: GNU's old one
 * in the header, and three in PAX records (0.0, 0.1, 1.0; GNU tar manual, "Storing Sparse Files"). All become
 * one map, checked before anything is written.
 */
import type { Bytes } from '../../../model/quantities.ts';
import { decimal, numberField } from './numbers.ts';
import type { ByteReader } from './reader.ts';
import { refusal, type Place } from '../refusal.ts';

/** Stored parts of a file, in order: offset, length, offset, length, ... */
export type SparseMap = readonly number[];

/** Bounds memory: 32 MiB of map. */
const mostParts = 1_000_000;

/** The map in a header of type S and in the blocks that continue it. */
export async function oldMap(
  header: Buffer,
  reader: ByteReader,
  place: Place,
): Promise<{ readonly map: SparseMap; readonly size: Bytes }> {
  const map: number[] = [];
  const collect = (block: Buffer, from: number, count: number): void => {
    for (let index = 0; index < count; index++) {
      const at = from + index * 24;
      // A part left empty ends the list.
      if (block[at] === 0 && block[at + 12] === 0) break;
      map.push(numberField(block.subarray(at, at + 12), 'offset in its sparse map', place));
      map.push(numberField(block.subarray(at + 12, at + 24), 'length in its sparse map', place));
    }
    if (map.length > 2 * mostParts) throw refusal(place, 'its sparse map is too long');
  };
  collect(header, 386, 4);
  for (let more = header[482] !== 0; more;) {
    const block = await reader.take(512);
    if (block.length < 512) throw refusal(place, 'the archive is cut short');
    collect(block, 0, 21);
    more = block[504] !== 0;
  }
  return { map, size: numberField(header.subarray(483, 495), 'size', place) };
}

/** The map of PAX 0.0 or 0.1, or null where the records have none. */
export function paxMap(records: readonly (readonly [string, Buffer])[], place: Place): SparseMap | null {
  const values = records.flatMap(([key, value]) => {
    if (key === 'GNU.sparse.map') return value.length === 0 ? [] : value.toString('latin1').split(',');
    return key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes' ? [value.toString('latin1')] : [];
  });
  const named = records.some(([key]) => key === 'GNU.sparse.map' || key === 'GNU.sparse.numblocks');
  return named ? values.map((value) => decimal(value, 'part of its sparse map', place)) : null;
}

/** The map of PAX 1.0, which opens the content: decimal lines, filled up to a block. Answers its stored size too. */
export async function leadingMap(
  reader: ByteReader,
  stored: Bytes,
  place: Place,
): Promise<{ readonly map: SparseMap; readonly taken: Bytes }> {
  let text = '';
  let taken = 0;
  const numbers: number[] = [];
  for (;;) {
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      numbers.push(decimal(line, 'part of its sparse map', place));
      const count = numbers[0] ?? 0;
      if (count > mostParts) throw refusal(place, 'its sparse map is too long');
      if (numbers.length === 1 + 2 * count) return { map: numbers.slice(1), taken };
    }
    if (text.length > 20 || taken + 512 > stored) throw refusal(place, 'its sparse map is damaged');
    const block = await reader.take(512);
    if (block.length < 512) throw refusal(place, 'the archive is cut short');
    taken += 512;
    text += block.toString('latin1');
  }
}

/** @throws UserError where parts overlap, run backwards or over the end, or do not add up to what is stored */
export function checkMap(map: SparseMap, size: Bytes, stored: Bytes, place: Place): void {
  let end = 0;
  let sum = 0;
  for (let index = 0; index < map.length; index += 2) {
    const offset = map[index] ?? 0;
    const length = map[index + 1];
    if (length === undefined || offset < 0 || length < 0 || offset < end || offset + length > size)
      throw refusal(place, 'its sparse map does not fit its size');
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw refusal(place, 'its sparse map does not fit what is stored');
}
