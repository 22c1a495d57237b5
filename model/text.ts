/**
 * Bytes of a file that somebody else wrote -> text. PowerShell writes UTF-16, older editors one byte a letter;
 * whatever it is, every reader of text in tare gets it from here, and hears what was taken for what.
 */

export interface DecodedText {
  readonly text: string;
  /** As people call it: "UTF-8", "UTF-16LE". */
  readonly encoding: string;
  /** What must be reported to a reader: the encoding was guessed, or something in it is no text. Null: nothing. */
  readonly remark: string | null;
}

/**
 * By its mark; without one by its zero bytes (UTF-16 of mostly Latin letters); else UTF-8, and what is no sound
 * UTF-8 is taken for Windows' Western European. Marks at the start of later lines, of files put together, go too.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  const [a, b, c, d] = bytes;
  const starts = (...mark: readonly number[]) => mark.every((value, at) => [a, b, c, d][at] === value);
  if (starts(0xff, 0xfe, 0, 0)) return wide(bytes, 'UTF-32LE', true);
  if (starts(0, 0, 0xfe, 0xff)) return wide(bytes, 'UTF-32BE', false);
  if (starts(0xff, 0xfe)) return decoded(bytes, 'UTF-16LE', false);
  if (starts(0xfe, 0xff)) return decoded(bytes, 'UTF-16BE', false);
  if (starts(0xef, 0xbb, 0xbf)) return decoded(bytes, 'UTF-8', false);
  const zeros = zeroShare(bytes);
  const isLittle = zeros.odd > 0.2 && zeros.even < zeros.odd / 10;
  if (isLittle || (zeros.even > 0.2 && zeros.odd < zeros.even / 10)) {
    const guess = decoded(bytes, isLittle ? 'UTF-16LE' : 'UTF-16BE', true);
    // Other files than texts have zero bytes too.
    if (!/\p{Cc}/u.test(guess.text.replaceAll('\u001b', '').replaceAll(/\s/g, ''))) return guess;
  }
  const text = soundly(bytes, 'UTF-8');
  if (text !== null) return result(text, 'UTF-8', false, false);
  // Sound but for its last letter, and with others of several bytes: UTF-8 that was cut.
  const cut = soundly(bytes, 'UTF-8', true);
  return cut !== null && /[^\p{ASCII}]/u.test(cut)
    ? decoded(bytes, 'UTF-8', false)
    : decoded(bytes, 'Windows-1252', true);
}

function decoded(bytes: Uint8Array, name: string, isGuess: boolean): DecodedText {
  const sound = soundly(bytes, name);
  const text = sound ?? new TextDecoder(name, { ignoreBOM: true }).decode(bytes);
  return result(text, name, isGuess, sound === null);
}

function result(text: string, name: string, isGuess: boolean, isDamaged: boolean): DecodedText {
  return {
    text: text.includes('\uFEFF') ? text.replaceAll(/^\uFEFF/gm, '') : text,
    encoding: name,
    // Half a letter or half a pair: the file was cut, or two encodings were put into one file.
    remark: isDamaged
      ? `was read as ${name}, and holds bytes that are none: it was cut, or written in two encodings`
      : isGuess
        ? `is no UTF-8: it was read as ${name}`
        : null,
  };
}

/** Null: the bytes are not of this encoding; `mayEnd`: but for a letter that is not whole at the end. */
function soundly(bytes: Uint8Array, name: string, mayEnd = false): string | null {
  try {
    return new TextDecoder(name, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: mayEnd });
  } catch {
    return null;
  }
}

/** No decoder for it comes with the platform. */
function wide(bytes: Uint8Array, name: string, isLittle: boolean): DecodedText {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const letters: string[] = [];
  let isDamaged = bytes.length % 4 !== 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = view.getUint32(at, isLittle);
    isDamaged ||= point > 0x10ffff;
    letters.push(point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point));
  }
  return result(letters.join(''), name, false, isDamaged);
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
