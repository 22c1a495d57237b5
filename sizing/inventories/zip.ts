/**
 * A look into a ZIP archive before anything unpacks it: which entries there are, whether they unpack to what they
 * declare and to no more than is bearable. Only sizes are kept, never the content.
 */
import { inflateRawSync } from 'node:zlib';
import { UserError } from '../../model/errors.ts';

/** Largest content of a workbook that is unpacked: far above a vCenter with 50,000 machines. */
const mostUnpackedBytes = 768 * 2 ** 20;

export interface ZipFacts {
  readonly names: readonly string[];
  /** Sheets with formula cells. */
  readonly withFormulas: readonly string[];
}

const broken = (file: string, what: string): UserError =>
  new UserError(`${file}: ${what}`, 'copy or export the workbook again: it seems cut off or damaged');

/** @throws UserError for an archive that is damaged, encrypted or unpacks to too much */
export function inspectZip(bytes: Buffer, file: string): ZipFacts {
  const end = bytes.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end === -1 || end + 22 > bytes.length) throw broken(file, 'the end of the workbook is missing');
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  let left = mostUnpackedBytes;
  const names: string[] = [];
  const withFormulas: string[] = [];
  for (let entry = 0; entry < count; entry += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50)
      throw broken(file, 'the directory is damaged');
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    if ((bytes.readUInt16LE(at + 8) & 1) === 1) {
      throw new UserError(`${file}: is password-protected`, 'save it without a password');
    }
    const content = contentOf(bytes, at, file, name, left);
    left -= content.length;
    names.push(name);
    if (name.startsWith('xl/worksheets/') && /<f[ >]/.test(content.toString('latin1')))
      withFormulas.push(name);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return { names, withFormulas };
}

function contentOf(bytes: Buffer, at: number, file: string, name: string, most: number): Buffer {
  const packed = bytes.readUInt32LE(at + 20);
  const local = bytes.readUInt32LE(at + 42);
  if (local + 30 > bytes.length) throw broken(file, `${name} is missing`);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const body = bytes.subarray(start, start + packed);
  if (body.length < packed) throw broken(file, `${name} is cut off`);
  const method = bytes.readUInt16LE(at + 10);
  const tooMuch = new UserError(
    `${file}: unpacks to more than ${mostUnpackedBytes / 2 ** 20} MiB`,
    'export the sheets as CSV files, or remove the sheets that are not vInfo, vCPU, vMemory, vDisk, vHost',
  );
  const declared = bytes.readUInt32LE(at + 24);
  if (Math.max(declared, body.length) > most) throw tooMuch;
  if (method === 0) return body;
  if (method !== 8) throw broken(file, `${name} is packed in an unknown way`);
  try {
    return inflateRawSync(body, { maxOutputLength: Math.max(1, declared) });
  } catch (error) {
    if (error instanceof RangeError) throw broken(file, `${name} unpacks to more than it declares`);
    throw broken(file, `${name} does not unpack`);
  }
}
