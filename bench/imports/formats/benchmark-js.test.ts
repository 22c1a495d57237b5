/** benchmark.js' lines, after its documentation; numbers are made up. */
import { expect, test } from 'vitest';
import { imported, launchCounts, near } from '../testing/imported.ts';

const text = `RegExp#test x 4,161,532 ops/sec ±0.99% (59 runs sampled)
String x index x 5.25 ops/sec \u00c2\u00b10.50% (1 run sampled)
Fastest is RegExp#test
`;

test('a line is one launch, its rate goes up', () => {
  const record = imported([text]);
  expect(near(record, 'RegExp#test', 'rate')).toEqual([4_161_532]);
  expect(near(record, 'String x index', 'rate')).toEqual([5.25]);
  expect(record.header.metrics).toMatchObject([{ unit: '1/s', better: 'higher' }]);
});

test('lines of one name are turns in a file, and launches over files', () => {
  expect(launchCounts(imported([text + text]))).toEqual([1, 1]);
  expect(launchCounts(imported([text, `${text}\n`]))).toEqual([2, 2]);
});

test('a line of another form is counted as not understood', () => {
  expect(imported([`${text}a: Infinity ops/sec\n`]).header.imported?.remark).toContain(
    'not understood: lines with ops/sec of another form (1)',
  );
});
