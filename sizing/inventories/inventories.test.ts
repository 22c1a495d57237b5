/** Inventories read from contents: what is understood, what is left out and why, and bad input of every kind. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom } from '../../model/random.ts';
import { writeXlsx, writeZip, type XlsxCell } from '../testing/xlsx.ts';
import { inventoryOf } from './index.ts';
import { decimalIn, readNumber } from './numbers.ts';
import { parseQuantity } from './kubernetes/quantity.ts';

const mib = 2 ** 20;
const of = (name: string, content: string | Buffer) => inventoryOf([{ name, bytes: Buffer.from(content) }]);

const sheets: Record<string, XlsxCell[][]> = {
  vInfo: [
    [
      'VM',
      'Powerstate',
      'Template',
      'CPUs',
      'Memory',
      'Provisioned MiB',
      'In Use MiB',
      'Host',
      'OS according to the configuration file',
      'VM ID',
    ],
    ['web', 'poweredOn', 'False', 2, 4096, 20480, 9999, 'esx1', 'Ubuntu Linux (64-bit)', 'vm-1'],
    [],
    ['web', 'poweredOn', 'False', 4, '8.192', 1, 1, 'esx1', 'Microsoft Windows Server 2019', 'vm-2'],
    ['off', 'poweredOff', 'False', 4, 8192, 1, 1, 'esx1', '', 'vm-3'],
    ['gold', 'poweredOn', 'True', 4, 8192, 1, 1, 'esx1', '', 'vm-4'],
    ['bad', 'poweredOn', 'False', -4, 1e12, 1, 1, 'esx1', '', 'vm-5'],
    ['sum', 'poweredOn', 'False', { formula: 'A1+1', value: 3 }, 1024, 1, 1, 'esx1', '', 'vm-6'],
  ],
  vCPU: [
    ['VM', 'CPUs', 'Overall', 'VM ID'],
    ['web', 3, 1000, 'vm-1'],
    ['ghost', 1, 1, 'vm-9'],
  ],
  vMemory: [
    ['VM', 'Size MiB', 'Consumed', 'VM ID'],
    ['web', 4096, 1024, 'vm-1'],
  ],
  vDisk: [
    ['VM', 'Disk', 'Capacity MiB', 'VM ID'],
    ['web', 'Hard disk 1', 100, 'vm-1'],
    ['web', 'Hard disk 2', 50, 'vm-1'],
  ],
  vHost: [
    ['Host', 'Cluster', '# CPU', '# Cores', 'HT Active', '# Memory', 'Speed', 'CPU usage %'],
    ['esx1', 'c1', 2, 32, 'True', 262144, 2000, 31],
  ],
};

test('a workbook of RVTools is joined over its sheets and told apart row by row', async () => {
  const read = await of('a.xlsx', writeXlsx(sheets, { 'xl/vbaProject.bin': Buffer.from('x') }));
  expect(
    read.demand.map(({ id, cpuThreads, memoryBytes, diskBytes, os }) => [
      id,
      cpuThreads,
      (memoryBytes ?? 0) / mib,
      (diskBytes ?? 0) / mib,
      os.family,
    ]),
  ).toEqual([
    ['web', 2, 4096, 150, 'linux'],
    ['web (2)', 4, 8192, 1, 'windows'],
    ['sum', 3, 1024, 1, 'unknown'],
  ]);
  expect(read.demand[0]?.usage).toEqual({
    cpuThreads: 0.5,
    memoryBytes: 1024 * mib,
    statistic: 'now',
    windowSeconds: null,
  });
  expect(read.demand[1]?.source).toEqual({ file: 'a.xlsx', sheet: 'vInfo', row: 4 });
  expect(read.leftOut.map(({ what, why }) => `${what}: ${why}`)).toEqual([
    'off: powered off',
    'gold: a template, not a machine',
    'bad: neither CPUs nor memory can be read',
    'ghost: is not in vInfo',
  ]);
  expect(read.problems.map(({ source, problem }) => `${source.sheet} ${source.row}: ${problem}`)).toEqual([
    'vInfo 2: several machines have this name',
    'vCPU 2: vInfo says 2',
    'vInfo 4: several machines have this name',
    'vInfo 7: is less than 1',
    'vInfo 7: is absurd: more than 67108864',
  ]);
  expect(read.remarks.join()).toMatch(/macros.*formulas/);
  expect(read.today).toMatchObject([
    { id: 'esx1', sockets: 2, cores: 32, threads: 64, memoryBytes: 262144 * mib, cpuUsedShare: 0.31 },
  ]);
  expect(read.confidence).toBeCloseTo(1 / 3);
});

test('CSV exports in another locale, with older headers', async () => {
  const read = await of(
    'RVTools_tabvInfo.csv',
    'VM;Powerstate;Template;CPUs;Memory;Provisioned MB\nä;Eingeschaltet;FALSCH;2;1.024;10.240\n',
  );
  expect(read.demand).toMatchObject([
    { id: 'ä', cpuThreads: 2, memoryBytes: 1024 * mib, diskBytes: 10240 * mib },
  ]);
  expect(read.remarks.join()).toContain('2^20');
});

test('a plain CSV needs its units', async () => {
  const read = await of(
    'a.csv',
    'name,count,cpu,memory_gb,memory_p95_mib,disk\na,3,0.5,2,100,7\nb,x,1,1,,\n',
  );
  expect(read.demand).toMatchObject([
    {
      id: 'a',
      count: 3,
      cpuThreads: 0.5,
      memoryBytes: 2e9,
      diskBytes: null,
      usage: { statistic: 'p95', memoryBytes: 100 * mib },
    },
  ]);
  expect(read.problems.map(({ problem }) => problem)).toEqual(['has no unit', 'is no number']);
  expect(read.leftOut).toMatchObject([{ what: 'b' }]);
});

test('the example of apps is read', async () => {
  const read = await of(
    'apps.yaml',
    readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'sizing', 'apps.yaml')),
  );
  expect(read.problems).toEqual([]);
  expect(read.demand.map(({ id, count }) => [id, count])).toEqual([
    ['shop', 720],
    ['orders', 480],
    ['ledger', 2],
    ['cache', 2],
  ]);
  expect(read.confidence).toBeCloseTo(1200 / 1204);
});

const pod = (name: string, spec: object, more: object = {}, phase = 'Running') => ({
  kind: 'Pod',
  metadata: { name, namespace: 'n', ...more },
  spec,
  status: { phase },
});
const asks = (cpu: string, memory: string) => ({ resources: { requests: { cpu, memory } } });

test('pods count as the scheduler counts them', async () => {
  const owned = (kind: string, name: string) => ({
    ownerReferences: [{ kind, name }],
    labels: { 'pod-template-hash': 'abc' },
  });
  const plain = { containers: [{ name: 'c', ...asks('100m', '128Mi') }] };
  const items = [
    pod('web-abc-1', plain, owned('ReplicaSet', 'web-abc')),
    pod('web-abc-2', plain, owned('ReplicaSet', 'web-abc')),
    pod('heavy', {
      containers: [{ name: 'c', ...asks('1', '1Gi') }],
      initContainers: [
        { name: 's', restartPolicy: 'Always', ...asks('500m', '1Gi') },
        { name: 'i', ...asks('2', '512Mi') },
      ],
      overhead: { cpu: '250m', memory: '160Mi' },
    }),
    pod('log-1', plain, owned('DaemonSet', 'log')),
    pod('log-2', plain, owned('DaemonSet', 'log')),
    pod('done', plain, {}, 'Succeeded'),
    pod('etcd-cp', plain, owned('Node', 'cp')),
    pod('silent', { containers: [{ name: 'c' }] }),
    {
      kind: 'Node',
      metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } },
      status: { capacity: { cpu: '8', memory: '32Gi', pods: '110' } },
    },
  ];
  const read = await of('pods.json', JSON.stringify({ kind: 'List', items }));
  expect(
    read.demand.map(({ id, count, cpuThreads, memoryBytes }) => [
      id,
      count,
      cpuThreads,
      memoryBytes === null ? null : memoryBytes / mib,
    ]),
  ).toEqual([
    ['n/web', 2, 0.1, 128],
    ['n/heavy', 1, 2.75, 2208],
    ['n/silent', 1, null, null],
  ]);
  expect(read.perHost).toMatchObject([{ id: 'n/log', count: 1 }]);
  expect(read.leftOut.map(({ what }) => what)).toEqual(['n/done', 'n/etcd-cp']);
  expect(read.today).toMatchObject([
    { id: 'n1', threads: 8, memoryBytes: 32768 * mib, maxInstances: 110, domain: 'z1' },
  ]);
  expect(read.problems.map(({ field }) => field)).toEqual(['requests.cpu', 'requests.memory']);
});

test.each([
  ['100m', 0.1],
  ['128Mi', 128 * mib],
  ['1e3', 1000],
  ['2Gi', 2 ** 31],
  ['1.5', 1.5],
  ['5 Mi', null],
  ['', null],
])('quantity %s', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test.each([
  ['1.234,5', null, false, 1234.5],
  ['1,234.5', null, false, 1234.5],
  ['1 234', null, false, 1234],
  ['1.234', null, false, 'ambiguous'],
  ['1.234', ',', false, 1234],
  ['1.234', '.', false, 1.234],
  ['1.234', null, true, 1234],
  ['12 %', null, false, 12],
  ['0x10', null, false, null],
] as const)('number %s', (text, decimal, whole, value) => {
  expect(readNumber(text, decimal, whole)).toBe(value);
});

test('a table tells its own locale, unless it mixes two', () => {
  expect(decimalIn(['1,5', '3'])).toBe(',');
  expect(decimalIn(['1,5', '1.5'])).toBe(null);
});

/** A workbook with an entry of a kilobyte that says to be of this size. */
function declaring(size: number): Buffer {
  const bytes = writeXlsx(sheets, { 'xl/media/a.bin': Buffer.alloc(1000) });
  bytes.writeUInt32LE(size, bytes.lastIndexOf('xl/media/a.bin') - 22);
  return bytes;
}

test.each([
  ['empty', Buffer.alloc(0), /is empty/],
  ['password', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /password-protected/],
  [
    'password of Excel',
    Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
    /is password-protected/,
  ],
  ['binary workbook', writeZip({ 'xl/workbook.bin': Buffer.from('x') }), /binary workbook \(\.xlsb\)/],
  ['too many lines', Buffer.alloc(3_000_001, '\n'), /lines, more than 3000000/],
  ['cut off', writeXlsx(sheets).subarray(0, 900), /end of the workbook/],
  [
    'other sheets',
    writeXlsx({
      Tabelle1: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    }),
    /no sheet that is known.*Tabelle1: a, b/,
  ],
  ['bomb', declaring(800 * mib), /unpacks to more than 768 MiB/],
  ['bomb that lies', declaring(10), /more than it declares/],
  ['no workbook', writeXlsx({}).subarray(0, 2), /end of the workbook/],
  ['broken JSON', Buffer.from('{"items": [{'), /no sound JSON/],
  ['binary', Buffer.from([1, 2, 0, 3, 0]), /neither text nor a workbook/],
  ['bad apps', Buffer.from('apps:\n  - { app: a, cpu: 1, memory: 64 }\n'), /memory/],
])('%s: the file is a problem, not a crash', async (_, bytes, problem) => {
  const read = await of('a', bytes);
  expect(read.problems[0]?.problem).toMatch(problem);
  expect(read.problems[0]?.effect).toBe('file not read');
});

test('hostile labels cannot command a terminal', async () => {
  const read = await of('a.csv', 'name,cpu,memory_mib\n"a\u001b[2J",\u001b]0;x,5\n');
  expect(read.problems[0]?.got).not.toContain('\u001b');
});

test('mutated inputs never crash', async () => {
  const random = createRandom(7);
  const seeds = [
    writeXlsx(sheets),
    Buffer.from('name,cpu,memory_mib\na,1,512\n"b",2,1024\n'),
    Buffer.from(JSON.stringify({ items: [pod('a', { containers: [asks('1', '1Gi')] })] })),
  ];
  for (let turn = 0; turn < 300; turn += 1) {
    const bytes = Buffer.from(seeds[turn % 3]!);
    for (let hit = 0; hit <= random.integer(6); hit += 1)
      bytes[random.integer(bytes.length)] = random.integer(256);
    const read = await of('fuzz', bytes.subarray(0, bytes.length - random.integer(20)));
    expect(read.demand.length + read.problems.length + read.leftOut.length).toBeGreaterThan(0);
  }
});

test.each([
  ['form: container, ownKernel: true', /apps\.0\.form: a container has no kernel of its own/],
  ['form: container, os: Windows Server 2022', /apps\.0\.form: .*os is "Windows Server 2022"/],
])('apps that contradict themselves are named: %s', async (fields, words) => {
  const text = `apps: [{ app: a, cpu: 1, memory: 1GiB, ${fields} }]`;
  const { problems } = await of('apps.yaml', text);
  expect(problems.map(({ problem }) => problem).join('\n')).toMatch(words);
});

test('a pod of another form is left out, its field named', async () => {
  const pods = { kind: 'List', items: [{ kind: 'Pod', metadata: { name: 'x' }, spec: { containers: 3 } }] };
  const { problems } = await of('pods.json', JSON.stringify(pods));
  expect(problems[0]).toMatchObject({ field: 'spec.containers', problem: 'must be an array, got 3' });
});
