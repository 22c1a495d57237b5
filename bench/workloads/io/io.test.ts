/** fio's command lines, its real reports (cut to what is read), and what is said when it fails. */
import { expect, test } from 'vitest';
import { quantileOf } from '../../analysis/percentiles.ts';
import { latencyBins, readFioReport } from './fio-output.ts';
import { fio } from './io.ts';
import { metricsOf, patterns } from './metrics.ts';
import { UnreadableOutput } from '../output.ts';

const randread = `{"fio version":"fio-3.33","jobs":[{"jobname":"randread","error":0,"read":{"bw_bytes":10922666,"iops":2666.666667,"runtime":15,"total_ios":40,"lat_ns":{"N":40,"bins":{"89600":1,"136192":1,"216064":2,"234496":1,"238592":1,"244736":1,"252928":1,"254976":2,"257024":1,"259072":1,"261120":1,"268288":4,"288768":1,"292864":2,"296960":2,"301056":1,"317440":1,"321536":1,"329728":1,"342016":1,"346112":1,"354304":1,"366592":1,"370688":1,"374784":1,"387072":1,"395264":1,"399360":1,"403456":1,"432128":1,"561152":1,"716800":1,"1990656":1}}},"write":{"bw_bytes":0,"iops":0,"runtime":0,"total_ios":0,"lat_ns":{"N":0}},"sync":{"total_ios":0,"lat_ns":{"N":0}}}]}`;
const fsync = `{"fio version":"fio-3.33","jobs":[{"jobname":"fsync","error":0,"read":{"bw_bytes":0,"iops":0,"runtime":0,"total_ios":0,"lat_ns":{"N":0}},"write":{"bw_bytes":4428108,"iops":1081.081081,"runtime":37,"total_ios":40,"lat_ns":{"N":40,"bins":{"9024":1,"9152":2,"9280":3,"9408":2,"9536":3,"9664":3,"9792":4,"9920":2,"10048":1,"10176":1,"10304":1,"10688":1,"10816":1,"11328":1,"11584":1,"12736":1,"12992":1,"15936":1,"17280":1,"17536":1,"20608":1,"21120":1,"21376":1,"25216":1,"25472":1,"26240":1,"32128":1,"33024":1}}},"sync":{"total_ios":39,"lat_ns":{"N":39,"bins":{"140288":1,"154624":1,"158720":1,"160768":1,"162816":3,"164864":1,"168960":2,"171008":1,"173056":1,"177152":1,"179200":1,"181248":1,"187392":2,"191488":1,"201728":1,"203776":3,"209920":1,"218112":1,"228352":1,"280576":1,"284672":1,"317440":1,"333824":1,"407552":1,"536576":1,"1515520":1,"2146304":1,"3784704":1,"3948544":1,"4145152":1,"4292608":2,"5013504":1}}}}]}`;

const shape = { id: 's', cpus: 1, memoryBytes: 2 ** 28 };
const folder = { kind: 'directory', place: '/volume' } as const;
const device = { kind: 'block', place: '/dev/volume' } as const;
const read = (given: unknown) => fio.options.parse(given);
const command = (given: unknown, volume: Parameters<typeof fio.command>[2] = folder) =>
  fio.command(read(given), shape, volume).join(' ');
const measured = (stdout: string, seconds = 1, cpuSeconds: number | null = 0.4) => ({
  result: { exitCode: 0, stdout, stderr: '', begin: 10, end: 10 + seconds, oomKills: 0 },
  cpuSeconds,
});
const parse = (given: unknown, stdout: string, seconds?: number, cpu?: number | null) =>
  fio.parse(measured(stdout, seconds, cpu), read(given));

test('defaults: 4 KiB, one direct read at a time on the volume, past every cache that can be passed', () => {
  expect(command({})).toBe(
    'fio --name=randread --filename=/volume/tare.fio --rw=randread --bs=4096 --size=67108864 --iodepth=1 ' +
      '--ioengine=psync --direct=1 --runtime=5000ms --time_based --group_reporting --lat_percentiles=1 ' +
      '--clat_percentiles=0 --output-format=json+ --thread --eta=never --fallocate=none',
  );
});

test('defaults follow the pattern, the depth and the target', () => {
  expect(command({ pattern: 'read' })).toContain('--bs=131072');
  expect(command({ pattern: 'fsync' })).toMatch(/--rw=write .*--direct=0 --fsync=1/);
  expect(command({ depth: 8 })).toContain('--ioengine=libaio');
  expect(command({ depth: 8, direct: false })).toContain('--ioengine=io_uring');
  expect(command({ target: 'root' }, null)).toMatch(/--filename=tare.fio .*--direct=0/);
  expect(command({}, device)).toContain('--filename=/dev/volume ');
  expect(command({ pattern: 'randwrite', fsync: 16 })).toContain('--fsync=16');
});

test('jobs divide the file in whole blocks; colons in a path are fio’s separators', () => {
  expect(command({ jobs: 3, size: '100KiB' })).toContain('--size=32768 --numjobs=3 --offset_increment=32768');
  expect(command({}, { kind: 'directory', place: '/a:b' })).toContain('--filename=/a\\:b/tare.fio');
});

test('the file is filled first, wholly, with the same kind of I/O, and synced', () => {
  const setup = (given: unknown) => fio.setup!(read(given), shape, folder).join(' ');
  expect(setup({})).toBe(
    'fio --name=fill --filename=/volume/tare.fio --rw=write --bs=1048576 --size=67108864 --direct=1 ' +
      '--ioengine=psync --end_fsync=1 --thread --eta=never --fallocate=none',
  );
  expect(setup({ target: 'root' })).toContain('--direct=0');
  expect(setup({ size: '8KiB' })).toContain('--bs=8192');
});

test.each([
  [{ engine: 'psync', depth: 2 }, /psync has one I\/O in flight per job, got 2/],
  [{ engine: 'libaio', depth: 2, direct: false }, /libaio queues direct I\/O only/],
  [{ size: '4KiB', jobs: 2 }, /less than one block of 4.00 KiB per job/],
  [{ pattern: 'read', fsync: 1 }, /nothing is written in the pattern read/],
  [{ pattern: 'trim' }, /./],
  [{ iodepth: 4 }, /iodepth/],
])('%j is refused with its reason', (given, reason) => {
  const { error } = fio.options.safeParse(given);
  expect(error?.issues[0]?.message).toMatch(reason);
});

test('a volume is needed, and it has to hold the file', () => {
  const volume = (kind: 'directory' | 'filesystem' | 'block') => ({ kind, sizeBytes: 2 ** 26 });
  const problem = (given: unknown, of: Parameters<NonNullable<typeof fio.problem>>[1]) =>
    fio.problem!(read(given), of);
  expect(problem({}, null)).toMatch(/the workload has none: give it `volume:`, or `target: root`/);
  expect(problem({ target: 'root' }, null)).toBeNull();
  expect(problem({}, volume('block'))).toBeNull();
  expect(problem({}, volume('filesystem'))).toMatch(
    /works on 64.0 MiB, and a volume of 64.0 MiB holds 54.4 MiB/,
  );
  expect(problem({ size: '1GiB' }, volume('directory'))).toBeNull();
});

test('a real report becomes rate, cost per I/O and the whole histogram', () => {
  expect(parse({}, randread)).toEqual([
    { metric: 'io.randread-iops', value: 2666.666667 },
    { metric: 'io.randread-cost', value: 0.01 },
  ]);
  expect(parse({}, randread, 1, null)).toHaveLength(1);
  const [distribution, ...more] = fio.observe!(measured(randread), read({}));
  expect(more).toEqual([]);
  expect(distribution).toMatchObject({ kind: 'distribution', metric: 'io.randread-latency' });
  const bins = distribution?.kind === 'distribution' ? distribution.bins : [];
  expect(bins.reduce((sum, [, times]) => sum + times, 0)).toBe(40);
});

test('notes before the report are passed over', () => {
  expect(parse({}, `note: both iodepth >= 1 and synchronous\n ^\n${randread}`)).toHaveLength(2);
});

test('fsync: the latency is that of the sync, the rate that of the pairs', () => {
  expect(parse({ pattern: 'fsync' }, fsync)[0]).toEqual({ metric: 'io.fsync-rate', value: 1081.081081 });
  const [distribution] = fio.observe!(measured(fsync), read({ pattern: 'fsync' }));
  const bins = distribution?.kind === 'distribution' ? distribution.bins : [];
  expect(bins.reduce((sum, [, times]) => sum + times, 0)).toBe(39);
});

test('a bucket is named by its highest value: no sample lies above the last, none of its half below', () => {
  // What fio itself said of these runs: the extremes of all samples, exactly.
  const reads = latencyBins(readFioReport(randread).read.lat_ns);
  expect(reads[0]?.[0]).toBeCloseTo(90_111e-9, 12);
  expect(reads.at(-1)?.[0]).toBeGreaterThanOrEqual(1_997_869e-9);
  expect(reads.at(-1)?.[0]).toBeLessThan(1_997_869e-9 * 1.016);
  // fio's own p50, from bucket middles, was 292864 ns.
  expect(quantileOf(reads, 0.5)).toBeCloseTo(294_911e-9, 12);
  expect(latencyBins({ N: 3, bins: { '100': 2, '99': 1, '200': 0 } })).toEqual([
    [99e-9, 1],
    [100e-9, 2],
  ]);
});

test('rubbish, half reports, errors and missing buckets are refused', () => {
  const broken = [
    '',
    'fio: unrecognized option',
    randread.slice(0, 300),
    '{}',
    '{"jobs":[]}',
    randread.replace('"error":0', '"error":28'),
    randread.replace('"iops":2666.666667', '"iops":"many"'),
    randread.replace('"total_ios":40', '"total_ios":0'),
  ];
  for (const text of broken) expect(() => parse({}, text)).toThrow(UnreadableOutput);
  const cut = randread.replace(/"89600":1,/, '');
  expect(() => fio.observe!(measured(cut), read({}))).toThrow(/whole histogram/);
});

test('a report of more time than the host saw has a wrong clock', () => {
  expect(() => parse({}, randread.replace('"runtime":15', '"runtime":2500'), 1)).toThrow(/clock is wrong/);
});

test.each([
  [{ target: 'root' }, 'fio: pid=7, err=28/file:x, error=No space left on device', /shape's memory/],
  [{}, 'fio: io_u error on file: No space left on device', /volume larger/],
  [
    { target: 'root', direct: true },
    'your file system does not support direct=1',
    /writable layer is in memory/,
  ],
  [
    { target: 'root', direct: true },
    'error=Invalid argument',
    /writable layer is in memory; set `direct: false`/,
  ],
  [{ blockSize: '1000B' }, 'error=Invalid argument', /multiple of the sector size/],
  [{ engine: 'io_uring' }, 'io_queue_init: Operation not permitted', /use `engine: libaio`/],
  [{}, 'Segmentation fault', null],
])('%j failing with "%s"', (given, text, meaning) => {
  const said = fio.explain!(text, read(given));
  if (meaning === null) expect(said).toBeNull();
  else expect(said).toMatch(meaning);
});

test('each pattern declares what it reports, and all of it is emulation’s to distort', () => {
  for (const pattern of patterns) {
    const declared = fio.metricsFor!(read({ pattern }));
    expect(declared).toEqual(metricsOf(pattern));
    expect(declared.every(({ needsRealCpu, family }) => needsRealCpu && family === 'io')).toBe(true);
    for (const { source } of declared) {
      if (source.kind === 'quantile') expect(declared.map(({ id }) => id)).toContain(source.of);
    }
  }
});
