/** Whole estates made from seeds are read to the truth they were made of, from workbooks, CSVs and dumps. */
import { expect, test } from 'vitest';
import { makeCluster, makeEstate, sheetCsv } from '../testing/estate.ts';
import { writeXlsx } from '../testing/xlsx.ts';
import { inventoryOf } from './index.ts';
import { previewOf } from './preview.ts';

test.each([1, 2, 3])('the estate of seed %d, as a workbook and as CSVs', async (seed) => {
  const { sheets, truth } = makeEstate(seed, 400);
  const csvs = Object.entries(sheets).map(([name, rows]) => ({
    name: `RVTools_tab${name}.csv`,
    bytes: Buffer.from(sheetCsv(rows, ';')),
  }));
  for (const files of [[{ name: 'estate.xlsx', bytes: writeXlsx(sheets) }], csvs]) {
    const read = await inventoryOf(files);
    expect(read.demand).toHaveLength(truth.running);
    expect(read.leftOut).toHaveLength(truth.leftOut);
    expect(read.demand.reduce((sum, { cpuThreads }) => sum + (cpuThreads ?? 0), 0)).toBe(truth.vcpus);
    expect(read.demand.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0)).toBe(
      truth.mib * 2 ** 20,
    );
    expect(new Set(read.demand.map(({ id }) => id)).size).toBe(truth.running);
    expect(read.today).toHaveLength(12);
    expect(read.confidence).toBe(1);
    expect(read.problems.some(({ problem }) => problem.startsWith('vInfo says'))).toBe(true);
    expect(previewOf(read).join('\n')).toContain(`${truth.running.toLocaleString('en-US')} instances`);
  }
});

test('a cluster dump', async () => {
  const { json, pods, done } = makeCluster(5, 60);
  const read = await inventoryOf([{ name: 'pods.json', bytes: Buffer.from(json) }]);
  expect(read.demand.reduce((sum, { count }) => sum + count, 0)).toBe(pods);
  expect(read.demand).toHaveLength(60);
  expect(read.leftOut).toHaveLength(done);
  expect(read.perHost).toHaveLength(1);
  expect(read.today).toHaveLength(6);
});
