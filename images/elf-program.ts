/**
 * A static x86-64 Linux program from a few machine instructions: the smallest thing that runs in every
 * instance, whatever its image holds. Two pages: code (read, execute) and data (read, write), both from
 * the one file; the place of everything is known before it runs, so nothing has to be relocated.
 */

/** A piece of code: bytes as they are, a place to jump to, or an instruction that refers to a place. */
export type Piece =
  | readonly number[]
  | { readonly label: string }
  /** Opcode followed by the 32-bit distance to a label of the code. */
  | { readonly opcode: readonly number[]; readonly to: string }
  /** Opcode followed by the 32-bit address of a named datum. */
  | { readonly opcode: readonly number[]; readonly data: string };

/** A word of a datum: a value, or the address of another datum. */
export type Word = number | { readonly addressOf: string };

export interface Program {
  readonly code: readonly Piece[];
  /** Named data in this order, each aligned to 8 bytes: bytes, or 64-bit words. */
  readonly data: Readonly<Record<string, Uint8Array | readonly Word[]>>;
}

const codeBase = 0x400000;
const dataBase = 0x600000;
const headerBytes = 64 + 3 * 56;

/** The program as the bytes of an ELF file. Throws on a label or datum that does not exist. */
export function buildProgram({ code, data }: Program): Uint8Array {
  const codeBytes = code.reduce((sum, piece) => sum + sizeOf(piece), 0);
  const places = new Map<string, number>();
  let end = align(headerBytes + codeBytes);
  for (const [name, content] of Object.entries(data)) {
    places.set(name, end);
    end += align(isBytes(content) ? content.length : content.length * 8);
  }
  const addressOf = (name: string): number => dataBase + known(places, name);
  const file = Buffer.alloc(end);
  writeHeaders(file, end);
  writeCode(file, code, addressOf);
  for (const [name, content] of Object.entries(data)) {
    const at = known(places, name);
    if (isBytes(content)) file.set(content, at);
    else {
      for (const [index, word] of content.entries()) {
        const value = typeof word === 'number' ? word : addressOf(word.addressOf);
        file.writeBigInt64LE(BigInt(value), at + index * 8);
      }
    }
  }
  return file;
}

/** Text as a datum, ended by NUL as system calls want it. */
export function textDatum(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, 'latin1');
}

function isBytes(content: Uint8Array | readonly Word[]): content is Uint8Array {
  return content instanceof Uint8Array;
}

function align(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function sizeOf(piece: Piece): number {
  if ('label' in piece) return 0;
  return 'opcode' in piece ? piece.opcode.length + 4 : piece.length;
}

function known(places: ReadonlyMap<string, number>, name: string): number {
  const place = places.get(name);
  if (place === undefined) throw new Error(`nothing is called ${name} in this program`);
  return place;
}

function writeCode(file: Buffer, code: readonly Piece[], addressOf: (name: string) => number): void {
  const labels = new Map<string, number>();
  let at = headerBytes;
  for (const piece of code) {
    if ('label' in piece) labels.set(piece.label, at);
    at += sizeOf(piece);
  }
  at = headerBytes;
  for (const piece of code) {
    const next = at + sizeOf(piece);
    if ('opcode' in piece) {
      file.set(piece.opcode, at);
      if ('to' in piece) file.writeInt32LE(known(labels, piece.to) - next, next - 4);
      else file.writeInt32LE(addressOf(piece.data), next - 4);
    } else if (!('label' in piece)) file.set(piece, at);
    at = next;
  }
}

/** ELF header and three program headers: code, data, and a stack that is not executable. */
function writeHeaders(file: Buffer, size: number): void {
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // \x7fELF, 64 bit, little-endian, version 1
  file.writeUInt16LE(2, 16); // an executable
  file.writeUInt16LE(62, 18); // for x86-64
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(codeBase + headerBytes), 24); // entry
  file.writeBigUInt64LE(64n, 32); // program headers follow
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(3, 56);
  const segment = (index: number, type: number, flags: number, base: number, bytes: number) => {
    const at = 64 + index * 56;
    file.writeUInt32LE(type, at);
    file.writeUInt32LE(flags, at + 4);
    file.writeBigUInt64LE(BigInt(base), at + 16); // virtual
    file.writeBigUInt64LE(BigInt(base), at + 24); // physical
    file.writeBigUInt64LE(BigInt(bytes), at + 32); // in the file
    file.writeBigUInt64LE(BigInt(bytes), at + 40); // in memory
    file.writeBigUInt64LE(4096n, at + 48);
  };
  const [readExecute, readWrite] = [5, 6];
  segment(0, 1, readExecute, codeBase, size);
  segment(1, 1, readWrite, dataBase, size);
  segment(2, 0x6474e551, readWrite, 0, 0);
}
