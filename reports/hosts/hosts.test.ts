/** Records side by side: differences first, each number under its host, nothing pooled or judged across. */
import { expect, test } from 'vitest';
import { buildRecord, type RecordRequest } from '../../bench/record/testing/builder.ts';
import { analyse } from '../../bench/analyse.ts';
import type { RunRecord } from '../../model/record.ts';
import { scaleFor } from '../../model/units.ts';
import { renderSides, severalHosts } from './index.ts';
import { sidesOf } from './side.ts';
import { hostsView } from './view.ts';

const host = buildRecord({ blocks: 1 }).header.host;
const on = (hostname: string, request: RecordRequest = {}): RunRecord =>
  buildRecord({
    blocks: 12,
    ...request,
    header: {
      runId: `run-${hostname}`,
      host: {
        ...host,
        hostname,
        must: { ...host.must, cpu: `CPU of ${hostname}` },
        hash: hostname.padEnd(64, '0'),
      },
      ...request.header,
    },
  });
const three = [on('laptop'), on('server', { seed: 2 }), on('cloud', { seed: 3 })];

test('other hosts are found by their fingerprint, one host is not several', () => {
  expect(severalHosts(three)).toBe(true);
  expect(severalHosts([on('laptop'), on('laptop', { seed: 9 })])).toBe(false);
});

test('the first screen says what differs, and each host answers for itself', () => {
  const { opening } = hostsView(sidesOf(three, { each: false }));
  expect(opening.answer[0]).toMatch(/^3 hosts side by side: laptop, server and cloud\. 1 fact .* differs/);
  expect(opening.answer.slice(1).map((line) => line.split(':')[0])).toEqual(['laptop', 'server', 'cloud']);
  expect(opening.headline?.columns.map(({ title }) => title)).toEqual(['Fact', 'laptop', 'server', 'cloud']);
  expect(opening.headline?.rows.map(({ head }) => head)).toEqual(['cpu']);
  expect(opening.acceleration.map(({ title }) => title.split(':')[0])).toEqual(['laptop', 'server', 'cloud']);
});

test('every number stands under its host and is that host’s own', () => {
  const view = hostsView(sidesOf(three, { each: false }));
  const cpu = view.sections.find(({ id }) => id === 'cpu')?.blocks.find((block) => block.kind === 'table');
  const row = cpu?.table.rows.find(({ cells }) => cells[0]?.text === 'process');
  expect(cpu?.table.columns.map(({ title }) => title)).toEqual([
    'Measure',
    'Runner',
    'laptop',
    'server',
    'cloud',
  ]);
  const own = three.map((record) => {
    const { summaries } = analyse(record, { resamples: 100 });
    return summaries.find((item) => item.metric === 'cpu.throughput' && item.cell.startsWith('process/'));
  });
  const medians = own.map((item) => item?.median ?? null);
  const { format } = scaleFor(medians, '1/s');
  expect(row?.cells.slice(1).map((cell) => cell.text)).toEqual(medians.map(format));
  const machine = cpu?.table.rows.find(({ cells }) => cells[0]?.text === 'vm');
  expect(machine?.cells[1]).toMatchObject({
    kind: 'number',
    detail: expect.stringMatching(/n 12, emulated$/),
  });
});

test('a measure that is declared otherwise on one host has a row of its own', () => {
  const metrics = on('a').header.metrics.map((metric) =>
    metric.id === 'cpu.throughput' ? { ...metric, definition: 'Something else.' } : metric,
  );
  const view = hostsView(sidesOf([on('laptop'), on('server', { metrics })], { each: false }));
  const cpu = view.sections.find(({ id }) => id === 'cpu')?.blocks.find((block) => block.kind === 'table');
  const rows = cpu?.table.rows.filter(({ cells }) => cells[0]?.text === 'process') ?? [];
  expect(rows.map(({ cells }) => cells.slice(1).map((cell) => cell.text === 'not measured'))).toEqual([
    [false, true],
    [true, false],
  ]);
});

test('one host before and after: no difference, names told apart, and where change is judged', () => {
  const after = on('laptop', { seed: 5, header: { startedAt: '2026-02-01T08:30:00.000Z', runId: 'later' } });
  const { opening } = hostsView(
    sidesOf([on('laptop'), { ...after, header: { ...after.header, host: on('laptop').header.host } }], {
      each: true,
    }),
  );
  expect(opening.headline).toBeNull();
  expect(opening.answer[0]).toContain('laptop 2026-01-15 10:00 and laptop 2026-02-01 08:30');
  expect(JSON.stringify(opening.notices)).toContain('tare compare');
});

test('every format draws it', async () => {
  for (const format of ['html', 'text', 'markdown', 'json'] as const) {
    const text = (await renderSides(three, format, { each: false })).replaceAll(
      /<script[\s\S]*?<\/script>/g,
      '',
    );
    for (const name of ['laptop', 'server', 'cloud']) expect(text).toContain(name);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  }
});
