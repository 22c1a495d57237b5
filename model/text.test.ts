/** Text in every encoding that tools and shells write it in is the same text. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodeText } from './text.ts';

const swapped = (bytes: Buffer) => Buffer.from(bytes).swap16();
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const utf32 = (text: string) => {
  const points = Array.from(text).map((letter) => letter.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(4 * points.length);
  points.forEach((point, at) => bytes.writeUInt32LE(point, 4 * at));
  return bytes;
};

const encoders: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-8', (text) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16LE', (text) => utf16(`\uFEFF${text}`)],
  ['UTF-16BE', (text) => swapped(utf16(`\uFEFF${text}`))],
  ['UTF-32LE', (text) => utf32(`\uFEFF${text}`)],
  ['UTF-32BE', (text) => utf32(`\uFEFF${text}`).swap32()],
];

describe('a mark says the encoding', () => {
  test.each(encoders)('%s', (name, encode) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        // Zero bytes are what UTF-16 is known by where there is no mark, and marks are taken out.
        fc.pre(!/[\0\uFEFF]/.test(text));
        expect(decodeText(encode(text))).toEqual({ text, encoding: name, remark: null });
      }),
    );
  });
});

describe('without a mark', () => {
  const text = 'name: caf\u00e9\r\nBenchmarkX-8   100   12 ns/op\r\n';

  it('UTF-16 is known by its zero bytes, and that is said', () => {
    expect(decodeText(utf16(text))).toMatchObject({ text, encoding: 'UTF-16LE' });
    expect(decodeText(swapped(utf16(text)))).toMatchObject({ text, encoding: 'UTF-16BE' });
    expect(decodeText(utf16(text)).remark).toMatch(/read as UTF-16LE/);
  });

  it('what is no UTF-8 is Windows-1252, and that is said', () => {
    const bytes = Buffer.concat([Buffer.from('caf'), Buffer.from([0xe9, 0x20, 0x80])]);
    expect(decodeText(bytes)).toEqual({
      text: 'caf\u00e9 \u20ac',
      encoding: 'Windows-1252',
      remark: 'is no UTF-8: it was read as Windows-1252',
    });
  });

  it('nothing is UTF-8', () => {
    expect(decodeText(Buffer.alloc(0))).toEqual({ text: '', encoding: 'UTF-8', remark: null });
  });
});

describe('files put together or cut', () => {
  it('takes out the marks of later parts', () => {
    const part = Buffer.from('\uFEFFa: 1\n');
    expect(decodeText(Buffer.concat([part, part])).text).toBe('a: 1\na: 1\n');
  });

  it('says that half a letter stands at the end', () => {
    expect(decodeText(utf16('\uFEFFabc').subarray(0, -1)).remark).toMatch(/was cut/);
  });

  it('keeps UTF-8 whose last letter was cut, and says it', () => {
    const cut = decodeText(Buffer.from('caf\u00e9 \u20ac').subarray(0, -1));
    expect(cut).toMatchObject({
      text: 'caf\u00e9 \uFFFD',
      encoding: 'UTF-8',
      remark: expect.stringMatching(/was cut/) as string,
    });
  });

  it('keeps a replacement sign that somebody wrote', () => {
    expect(decodeText(Buffer.from('a\uFFFDb'))).toEqual({
      text: 'a\uFFFDb',
      encoding: 'UTF-8',
      remark: null,
    });
  });
});
