/** What is said above all numbers, as the record has it. */
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analyse.ts';
import { buildRecord } from '../../bench/record/testing/builder.ts';
import type { RunRecord } from '../../model/record.ts';
import { renderText } from '../index.ts';

const textOf = (record: RunRecord) =>
  renderText(record, { analysis: analyse(record, { resamples: 100 }) }).replaceAll(/\s+/g, ' ');

test('whether what an emulator translates is in the figures of memory is said', () => {
  const record = buildRecord();
  const cells = record.header.cells.map((cell) =>
    cell.acceleration.class === 'tcg'
      ? { ...cell, identity: { ...cell.identity, translationBuffer: '64 MiB' } }
      : cell,
  );
  const apart = textOf({ ...record, header: { ...record.header, cells } });
  expect(apart).toContain('has translated is apart (tare.translation)');
  expect(apart).not.toContain('cache of translated code too');
  expect(textOf(record)).toContain('cache of translated code too');
});
