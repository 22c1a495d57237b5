/**
 * Bytes of a file that somebody else wrote -> text. PowerShell writes UTF-16, older editors one byte a letter;
 * whatever it is, every reader of text in tare gets it from here, and hears what was taken for what.
 */

export interface DecodedText {
  readonly text: string;
  /** As people call it: "UTF-8", "UTF-16LE". */
  readonly encoding: string;
  /** What a reader must be told: the encoding was guessed, or something in it is no text. Null: nothing. */
  readonly remark: string | null;
}

/**
 * By its mark; without one by its zero bytes (UTF-16 of mostly Latin letters); else UTF-8, and what is no sound
 * UTF-8 is taken for Windows' Western European. Marks at the start of later lines, of files put together, go too.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const known = encodingOf(bytes);
  const text = known.decode(bytes).replaceAll(/^\uFEFF/gm, '');
  // A half letter or a lone surrogate: the file was cut, or two encodings were put into one file.
  const isDamaged = known.name !== 'Windows-1252' && text.includes('\uFFFD') && !isSound(bytes, known);
  return {
    text,
    encoding: known.name,
    remark: isDamaged
      ? `was read as ${known.name}, and holds bytes that are none: it was cut, or written in two encodings`
      : known.isGuess
        ? `is no UTF-8: it was read as ${known.name}`
        : null,
  };
}

interface Encoding {
  readonly name: string;
  readonly isGuess: boolean;
  readonly label: string | null;
  readonly decode: (bytes: Uint8Array) => string;
}

function encodingOf(bytes: Uint8Array): Encoding {
  const [a, b, c, d] = bytes;
  const starts = (...mark: readonly number[]) => mark.every((value, at) => [a, b, c, d][at] === value);
  if (starts(0xff, 0xfe, 0, 0)) return wide('UTF-32LE', true);
  if (starts(0, 0, 0xfe, 0xff)) return wide('UTF-32BE', false);
  if (starts(0xff, 0xfe)) return standard('UTF-16LE', 'utf-16le');
  if (starts(0xfe, 0xff)) return standard('UTF-16BE', 'utf-16be');
  if (starts(0xef, 0xbb, 0xbf)) return standard('UTF-8', 'utf-8');
  const zeros = zeroShare(bytes);
  if (zeros.odd > 0.2 && zeros.even < zeros.odd / 10) return standard('UTF-16LE', 'utf-16le', true);
  if (zeros.even > 0.2 && zeros.odd < zeros.even / 10) return standard('UTF-16BE', 'utf-16be', true);
  const utf8 = standard('UTF-8', 'utf-8');
  return isSound(bytes, utf8) ? utf8 : standard('Windows-1252', 'windows-1252', true);
}

function standard(name: string, label: string, isGuess = false): Encoding {
  return {
    name,
    isGuess,
    label,
    decode: (bytes) => new TextDecoder(label, { ignoreBOM: true }).decode(bytes),
  };
}

function isSound(bytes: Uint8Array, { label }: Encoding): boolean {
  if (label === null) return false;
  try {
    new TextDecoder(label, { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** No decoder for it comes with the platform. */
function wide(name: string, isLittle: boolean): Encoding {
  const decode = (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const letters: string[] = [];
    for (let at = 0; at + 4 <= bytes.length; at += 4) {
      const point = view.getUint32(at, isLittle);
      letters.push(point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point));
    }
    return letters.join('') + (bytes.length % 4 === 0 ? '' : '\uFFFD');
  };
  return { name, isGuess: false, label: null, decode };
}

/** Share of zero bytes at even and odd places of the first 64 KiB. */
function zeroShare(bytes: Uint8Array): { readonly even: number; readonly odd: number } {
  const head = bytes.subarray(0, 65_536);
  let [even, odd] = [0, 0];
  head.forEach((value, at) => {
    if (value !== 0) return;
    if (at % 2 === 0) even += 1;
    else odd += 1;
  });
  const half = Math.max(1, head.length / 2);
  return { even: even / half, odd: odd / half };
}
