/** Records as older versions of tare wrote them: each must load, be analysed and be shown, for ever. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analyse.ts';
import { currentSchema } from '../../bench/record/schema.ts';
import { readRecord } from '../../bench/record/record.ts';
import { renderHtml, renderJson, renderMarkdown, renderText } from '../index.ts';

const fixtures = join(import.meta.dirname, '../../bench/fixtures');
const names = readdirSync(fixtures);

test('there is a record of every schema so far', () => {
  const wanted = Array.from({ length: currentSchema }, (_, index) => `record-${index + 1}`);
  expect(names).toEqual(expect.arrayContaining(wanted));
});

test.each(names)('%s loads, is analysed and is shown', async (name) => {
  const record = readRecord(join(fixtures, name));
  expect(record.trials.length).toBeGreaterThan(5);
  const analysis = analyse(record);
  // A run on a busy host: everything is in the record, and nothing of it is used.
  const isVoid = record.voided.length === record.header.blocks;
  expect(analysis.summaries.some(({ n }) => n > 0)).toBe(!isVoid);
  if (isVoid) expect(renderText(record, { analysis })).toContain('no block is left to analyse');
  // Where another tool measured, nothing is known of virtual machines.
  const emulated = record.header.imported === null;
  expect(analysis.refusals.some(({ rule }) => rule === 'C17')).toBe(emulated);
  expect(await renderHtml(record, { analysis })).toContain(emulated ? 'EMULATED' : 'imported from');
  expect(renderText(record, { analysis })).toContain('blocks');
  expect(renderMarkdown(record, { analysis })).toContain('|');
  expect(JSON.parse(renderJson(record, { analysis }))).toHaveProperty('claims');
});

test('what an instance is stands in the record, and is known of older ones by their runners', () => {
  const isolations = (name: string) => {
    const { cells, scenario } = readRecord(join(fixtures, name)).header;
    const of = Object.fromEntries(cells.map(({ runner, isolation }) => [runner, isolation]));
    return { of, onlyRunners: scenario.onlyRunners };
  };
  expect(isolations('record-1').of).toEqual({
    process: 'process',
    namespace: 'container',
    vm: 'virtual machine',
  });
  expect(isolations('record-2').of).toEqual({ hyperfine: null });
  expect(isolations('record-3')).toEqual({
    of: { process: 'process', namespace: 'container', sandbox: 'sandbox', vm: 'virtual machine' },
    onlyRunners: ['process', 'namespace', 'sandbox', 'vm'],
  });
});
