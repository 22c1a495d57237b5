/** Inventories as they come: other languages, several vCenters, other tools' exports, hostile cells. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeXlsx } from '../testing/xlsx.ts';
import { inventoryOf } from './index.ts';

const mib = 2 ** 20;
const of = (name: string, content: string | Buffer) => inventoryOf([{ name, bytes: Buffer.from(content) }]);
const names = [
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
];

test('two vCenters may use one id for two machines, and one export twice is one', async () => {
  const head = ['VM', 'Powerstate', 'CPUs', 'Memory', 'Host', 'VM ID', 'VI SDK UUID'];
  const center = (uuid: string, cpus: number) =>
    writeXlsx({
      vInfo: [head, ['web', 'poweredOn', cpus, 1024, 'esx1', 'vm-1', uuid]],
      // Older sheets lack the column of the vCenter.
      vCPU: [
        ['VM', 'CPUs', 'Overall', 'VM ID'],
        ['web', cpus, 1000 * cpus, 'vm-1'],
      ],
      vHost: [
        ['Host', '# CPU', '# Cores', 'Speed'],
        ['esx1', 2, 32, 1000 * cpus],
      ],
    });
  const files = [
    { name: 'a.xlsx', bytes: center('A', 2) },
    { name: 'b.xlsx', bytes: center('B', 4) },
  ];
  const read = await inventoryOf(files);
  expect(read.demand.map(({ id, cpuThreads, usage }) => [id, cpuThreads, usage?.cpuThreads])).toEqual([
    ['web', 2, 1],
    ['web (2)', 4, 1],
  ]);
  expect(read.leftOut).toEqual([]);
  expect(read.problems).toEqual([]);
  const twice = await inventoryOf([...files, { name: 'copy.xlsx', bytes: center('B', 4) }]);
  expect(twice.demand).toHaveLength(2);
  expect(twice.leftOut.map(({ why }) => why)).toEqual(['the machine vm-1 is in an earlier row already']);
});

test.each([
  [
    'VM;Betriebszustand;Vorlage;CPUs;Arbeitsspeicher MB\nä;Ausgeschaltet;Falsch;2;1.024\nb;Ein;Falsch;2;1.024\n',
  ],
  ['Nom;État;Modèle;Processeurs;Mémoire Mo\nä;Éteint;Faux;2;1 024\nb;Allumé;Faux;2;1 024\n'],
  ['Nombre;Estado;Plantilla;Procesadores;Memoria MB\nä;Apagado;Falso;2;1.024\nb;Encendido;Falso;2;1.024\n'],
  ['仮想マシン;電源状態;テンプレート;CPU 数;メモリ MB\nä;オフ;いいえ;2;1,024\nb;オン;いいえ;2;1,024\n'],
])('headers and states in another language: %s', async (text) => {
  const read = await of('RVTools_tabvInfo.csv', text);
  expect(read.demand).toMatchObject([{ id: 'b', cpuThreads: 2, memoryBytes: 1024 * mib }]);
  expect(read.leftOut).toMatchObject([{ what: 'ä', why: 'powered off' }]);
});

test('disks of machines that are off are kept on storage, and take no host', async () => {
  const rows = (power: string) => ['db', power, 'False', 2, 1024, 1, 1, 'esx1', '', 'vm-1'];
  const disks = {
    vDisk: [
      ['VM', 'Disk', 'Capacity MiB', 'VM ID'],
      ['db', 'Hard disk 1', 100, 'vm-1'],
    ],
  };
  const off = await of('a.xlsx', writeXlsx({ vInfo: [names, rows('poweredOff')], ...disks }));
  expect(off.demand).toEqual([]);
  expect(off.claims).toMatchObject([{ count: 1, volume: { id: 'db/Hard disk 1', bytes: 100 * mib } }]);
  const on = await of('a.xlsx', writeXlsx({ vInfo: [names, rows('poweredOn')], ...disks }));
  expect(on.claims).toEqual([]);
  expect(on.demand[0]?.volumes).toHaveLength(1);
});

test('the import CSV of Azure Migrate', async () => {
  const read = await of(
    'azure.csv',
    '*Server name,IP addresses,*Cores,*Memory (In MB),*OS name,CPU utilization percentage,Memory utilization percentage,Number of disks,Disk 1 size (In GB),Disk 1 read ops (operations per second),Disk 1 write ops (operations per second),Disk 2 size (In GB)\nweb,,4,8192,Windows Server 2019,50,25,2,100,300,200,50\nbad,,x,,,,,,,,,\n',
  );
  expect(read.files[0]?.kind).toBe('azure-migrate');
  expect(read.demand).toMatchObject([
    {
      id: 'web',
      cpuThreads: 4,
      memoryBytes: 8192 * mib,
      diskBytes: 150 * 2 ** 30,
      iops: 500,
      usage: { cpuThreads: 2, memoryBytes: 2048 * mib, statistic: 'now' },
      os: { family: 'windows' },
    },
  ]);
  expect(read.leftOut).toMatchObject([{ what: 'bad', why: 'neither cores nor memory can be read' }]);
});

test('claims of a cluster are volumes', async () => {
  const claim = (name: string, mode: string, storage: unknown, phase = 'Bound') => ({
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'n' },
    spec: { accessModes: [mode], storageClassName: 'gold', resources: { requests: { storage } } },
    status: { phase },
  });
  const items = [
    claim('a', 'ReadWriteOnce', '10Gi'),
    claim('b', 'ReadWriteMany', '1Ti'),
    claim('c', 'ReadWriteOnce', '10Gi', 'Lost'),
    claim('d', 'ReadWriteOnce', '-5Gi'),
    { kind: 'PersistentVolumeClaim' },
  ];
  const read = await of('pvc.json', JSON.stringify({ kind: 'List', items }));
  expect(read.claims.map(({ volume }) => [volume.id, volume.bytes / 2 ** 30, volume.access])).toEqual([
    ['n/a', 10, 'block'],
    ['n/b', 1024, 'file'],
  ]);
  expect(read.leftOut).toMatchObject([{ what: 'n/c' }]);
  expect(read.problems.map(({ source }) => source.row)).toEqual([4, 5]);
});

test('whatever a cell holds: no crash, no number below 0 or without end, every row accounted for', async () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      '-5',
      '1e309',
      'NaN',
      '1.234,5',
      '1,5',
      '12 %',
      '#REF!',
      '=1+1',
      'poweredOff',
      'True',
      '0x10',
      '９',
      '',
    ),
    fc.string({ maxLength: 20, unit: 'binary' }),
    fc.double(),
    fc.integer(),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(hostile, { minLength: names.length, maxLength: names.length }), { maxLength: 8 }),
      fc.constantFrom(',', ';', '\t'),
      async (rows, mark) => {
        const quoted = (cell: unknown) => `"${String(cell).replaceAll('"', '""')}"`;
        const text = [names, ...rows].map((cells) => cells.map(quoted).join(mark)).join('\n');
        const strings = rows.map((cells) =>
          cells.map((cell) =>
            typeof cell === 'string'
              ? cell.replaceAll(/[^ -~]/g, '?')
              : Number.isFinite(cell)
                ? cell
                : String(cell),
          ),
        );
        for (const read of [
          await of('RVTools_tabvInfo.csv', text),
          await of('a.xlsx', writeXlsx({ vInfo: [names, ...strings] })),
        ]) {
          for (const { cpuThreads, memoryBytes, diskBytes, count } of read.demand)
            for (const value of [cpuThreads, memoryBytes, diskBytes, count])
              if (value !== null) expect(Number.isFinite(value) && value >= 0).toBe(true);
          // A text with a NUL is no text: then the file is the problem.
          if (read.problems.some(({ effect }) => effect === 'file not read')) continue;
          const filled = rows.filter((cells) => cells.some((cell) => String(cell) !== '')).length;
          expect(read.demand.length + read.leftOut.length).toBe(filled);
        }
      },
    ),
    { numRuns: 60 },
  );
});
