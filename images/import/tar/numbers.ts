/**
 * The fields of a tar header: numbers as octal text or, when too large for that, as base-256; text up to a
 * NUL; and the records of a PAX header. Sources: POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic
 * Tar Format". A number that is not one is an error, never zero: zero would shift all that follows.
 */
import { refusal, type Place } from '../refusal.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Octal digits between blanks and NULs, or base-256 where the first bit is set. Empty is 0. */
export function numberField(field: Buffer, what: string, place: Place): number {
  const first = field[0] ?? 0;
  if ((first & 0x80) !== 0) {
    // Two's complement; negative ones occur for times before 1970 alone.
    let value = (first & 0x40) !== 0 ? -1n : 0n;
    for (const [index, byte] of field.entries())
      value = (value << 8n) | BigInt(index === 0 ? byte & 0x7f : byte);
    if ((first & 0x40) !== 0)
      value = BigInt.asIntN(field.length * 8, value | (1n << BigInt(field.length * 8 - 1)));
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw refusal(place, `its header gives an impossible ${what}`);
    return number;
  }
  const text = field.toString('latin1').replace(/^[ \0]+|[ \0]+$/g, '');
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw refusal(place, `its header gives no number as ${what}`);
  const number = Number.parseInt(text, 8);
  if (!Number.isSafeInteger(number)) throw refusal(place, `its header gives an impossible ${what}`);
  return number;
}

/** A decimal number of a PAX record; times may have a fraction or a sign. */
export function decimal(text: string, what: string, place: Place, pattern = /^[0-9]{1,16}$/): number {
  const number = Number(text);
  if (!pattern.test(text) || !(Math.abs(number) <= Number.MAX_SAFE_INTEGER))
    throw refusal(place, `its header gives no number as ${what}`);
  return number;
}

/** The bytes of a field up to its first NUL. */
export function textField(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** A name as text. The manifest has one line of text for each entry, so a name must be text without line ends. */
export function nameOf(bytes: Buffer, what: string, place: Place): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw refusal({ ...place, entry: bytes.toString('latin1') }, `its ${what} is not UTF-8`);
  }
  if (/[\0\n]/.test(text)) throw refusal({ ...place, entry: text }, `its ${what} holds a NUL or a line end`);
  return text;
}

/** A PAX record's key and the bytes of its value, in order. A key may occur again (old GNU sparse maps). */
export function paxRecords(body: Buffer, place: Place): (readonly [key: string, value: Buffer])[] {
  const records: (readonly [string, Buffer])[] = [];
  for (let at = 0; at < body.length;) {
    const blank = body.indexOf(0x20, at);
    const digits = blank < 0 || blank - at > 10 ? '' : body.toString('latin1', at, blank);
    const end = at + Number(digits);
    if (!/^[0-9]+$/.test(digits) || end > body.length || end <= blank || body[end - 1] !== 0x0a)
      throw refusal(place, 'its PAX header is damaged');
    const equals = body.indexOf(0x3d, blank);
    if (equals < 0 || equals >= end) throw refusal(place, 'its PAX header is damaged');
    records.push([body.toString('utf8', blank + 1, equals), body.subarray(equals + 1, end - 1)]);
    at = end;
  }
  return records;
}
