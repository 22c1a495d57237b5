/** How much a wide report weighs: a bound in bytes, which no busy machine can move. */
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analyse.ts';
import { renderHtml } from '../index.ts';
import { fullWidth, wideRecord } from '../testing/wide-record.ts';

test('200 metrics of 6 runners in 30 launches stay below 3 MB, every row with an id of its own', async () => {
  const record = wideRecord(fullWidth);
  const html = await renderHtml(record, { analysis: analyse(record, { resamples: 200 }) });
  expect(Buffer.byteLength(html)).toBeLessThan(3_000_000);
  const ids = Array.from(html.matchAll(/<tr id="([^"]+)"/g), (match) => match[1]);
  // One row a metric of medians, six of statistics, fifteen pairs.
  expect(ids.length).toBeGreaterThan(200 * (1 + 6 + 14));
  expect(new Set(ids).size).toBe(ids.length);
});
