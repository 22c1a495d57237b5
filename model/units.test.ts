import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRatio, formatShare, formatValue, parseBytes, parseSeconds, scaleFor } from './units.ts';

test.each([
  ['512MiB', 512 * 2 ** 20],
  ['1GiB', 2 ** 30],
  ['1GB', 1e9],
  ['1.5 GiB', 1.5 * 2 ** 30],
  ['100MB', 100e6],
  ['64kB', 64_000],
  ['7B', 7],
  ['0', 0],
])('%s is %d bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each(['512', '512M', '1 G', '-1MiB', 'MiB', '', '1e3MiB', '1mib', '1,5GiB', '1GiB2', '1toString'])(
  'the size %j is refused with what was got and what is accepted',
  (text) => expect(() => parseBytes(text)).toThrow(new RegExp(`MiB.*MB.*got ${JSON.stringify(text)}`)),
);

test.each([
  ['30s', 30],
  ['200ms', 0.2],
  ['2m', 120],
  ['1.5 h', 5400],
  ['100us', 0.0001],
  ['0', 0],
])('%s is %d seconds', (text, seconds) => expect(parseSeconds(text)).toBe(seconds));

test.each(['30', '30 sec', '-1s', 's', '', '1m30s', '1M'])('the duration %j is refused', (text) =>
  expect(() => parseSeconds(text)).toThrow(/such as "30s".*got/),
);

test.each([
  [0.0123, 's', '12.3 ms'],
  [1.2749, 's', '1.27 s'],
  [0.9997, 's', '1.00 s'],
  [75, 's', '75.0 s'],
  [0, 's', '0 s'],
  [-0.0123, 's', '-12.3 ms'],
  [48.2 * 2 ** 20, 'B', '48.2 MiB'],
  [512, 'B', '512 B'],
  [1.5 * 2 ** 30, 'B/s', '1.50 GiB/s'],
  [12_345, '1/s', '12.3 k/s'],
  [2e-6, 's/op', '2.00 µs/op'],
  [0.25, 'cores', '0.250 cores'],
  [0.0021, 'cores', '2.10 mcores'],
  [7, 'count', '7'],
  [12_345, 'count', '12,345'],
  [2.5, 'count', '2.5'],
  [1.05, 'ratio', '1.05'],
  [0.1234, 'share', '12.3 %'],
  [-0.0042, 'share', '-0.420 %'],
  [1, 'share', '100 %'],
  [45_678, 'share', '4,570,000 %'],
  [null, 's', '–'],
  [Number.NaN, 's', '–'],
] as const)('%d %s reads %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test('values read side by side share one unit', () => {
  const scale = scaleFor([0.012, 2.3], 's');
  expect([scale.format(0.012), scale.format(2.3)]).toEqual(['12.0 ms', '2,300 ms']);
  expect(scaleFor([512, 2 ** 30], 'B').format(2 ** 30)).toBe('1,020 MiB');
});

test('a ratio has three significant digits', () => {
  expect([
    formatRatio(12.345),
    formatRatio(0.4567),
    formatRatio(1),
    formatRatio(1234),
    formatRatio(null),
  ]).toEqual(['12.3×', '0.457×', '1.00×', '1,230×', '–']);
});

test('what is written with one unit is read back within its three digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 59, noNaN: true }), (seconds) => {
      const back = parseSeconds(formatValue(seconds, 's').replaceAll(',', ''));
      expect(Math.abs(back - seconds) / seconds).toBeLessThan(0.0051);
    }),
  );
});

test.each([
  [0.05, '5 %'],
  [0.123, '12.3 %'],
  [0.1234, '12.3 %'],
  [0.0104, '1.04 %'],
  [0.00014, '0.014 %'],
  [0, '0 %'],
  [1, '100 %'],
  [-0.02, '-2 %'],
  [null, '–'],
  [Infinity, '–'],
])('the share %d reads %s', (share, text) => expect(formatShare(share)).toBe(text));
