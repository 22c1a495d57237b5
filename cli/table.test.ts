/** Tables of the terminal hold the words of strangers: images, records, other tools. */
import { expect, test } from 'vitest';
import { table } from './table.ts';

test('columns are aligned, and no cell breaks its line or commands the terminal', () => {
  const rows = [
    ['volumes', '/v\u001b[31mred\u0007', 'end'],
    ['in', '/w\n\u009b2Jx', null],
  ];
  expect(table(rows)).toBe('volumes  /v\uFFFD[31mred\uFFFD  end\nin       /w \uFFFD2Jx');
});
