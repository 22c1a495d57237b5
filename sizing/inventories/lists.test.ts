/** Lists of machines as tools and people export them: whose columns mean what, and what is never passed over. */
import { expect, test } from 'vitest';
import { writeXlsx } from '../testing/xlsx.ts';
import { inventoryOf } from './index.ts';
import { powerOf } from './power.ts';

const gib = 2 ** 30;
const of = (...texts: string[]) =>
  inventoryOf(texts.map((text, at) => ({ name: `f${String(at)}.csv`, bytes: Buffer.from(text) })));

test.each([
  ['poweredOn', 'on'],
  ['PoweredOff', 'off'],
  ['Eingeschaltet', 'on'],
  ['Ausgeschaltet', 'off'],
  ['Wird ausgeführt', 'on'],
  ['Running', 'on'],
  ['Off', 'off'],
  ['Saved', 'suspended'],
  ['paused', 'suspended'],
  ['Suspended', 'suspended'],
  ['stopped', 'off'],
  ['running', 'on'],
  ['SHUTOFF', 'off'],
  ['shut off', 'off'],
  ['ACTIVE', 'on'],
  ['halted', 'off'],
  ['VM deallocated', 'off'],
  ['Éteint', 'off'],
  ['Allumé', 'on'],
  ['up', 'on'],
  ['down', 'off'],
  ['', 'unknown'],
  ['?', 'unknown'],
])('the state %j is %s', (text, power) => {
  expect(powerOf(text)).toBe(power);
});

const machines: [string, string, string][] = [
  [
    'powercli',
    'PowerCLI, whose MemoryGB is GiB',
    '"Name","PowerState","NumCpu","MemoryGB"\n"a","PoweredOn","4","16"\n"b","PoweredOff","8","64"\n',
  ],
  [
    'powercli',
    'PowerCLI with the type above its header',
    '#TYPE Selected.VMware.VM\r\n"Name";"PowerState";"NumCpu";"MemoryMB"\r\n"a";"PoweredOn";"4";"16384"\r\n"b";"PoweredOff";"8";"65536"\r\n',
  ],
  [
    'powercli',
    'PowerCLI as JSON',
    JSON.stringify([
      { Name: 'a', PowerState: 1, NumCpu: 4, MemoryGB: 16, VMHost: { Name: 'esx' } },
      { Name: 'b', PowerState: 0, NumCpu: 8, MemoryGB: 64, VMHost: null },
    ]),
  ],
  [
    'hyper-v',
    'Hyper-V, whose memory is bytes',
    `Name,State,ProcessorCount,MemoryStartup,MemoryAssigned\na,Running,4,${String(4 * gib)},${String(16 * gib)}\nb,Off,8,${String(4 * gib)},0\n`,
  ],
  [
    'hyper-v',
    'Hyper-V as JSON',
    JSON.stringify([
      { VMName: 'a', State: 2, ProcessorCount: 4, MemoryAssigned: 16 * gib },
      { VMName: 'b', State: 3, ProcessorCount: 4, MemoryAssigned: 16 * gib },
    ]),
  ],
  [
    'proxmox',
    'Proxmox, whose CPU is a share',
    `vmid,name,type,status,maxcpu,maxmem,cpu,mem\n1,a,qemu,running,4,${String(16 * gib)},0.25,${String(gib)}\n2,b,qemu,stopped,4,${String(gib)},0,0\n`,
  ],
  ['csv', 'a list with units in its cells', 'VM name,Power,vCPUs,Memory\na,on,4,16 GiB\nb,off,8,"1,5 TiB"\n'],
  ['csv', 'a list in TiB', 'name;state;cpus;ram_tib\na;up;4;0,015625\nb;down;4;1\n'],
  [
    'csv',
    'a list below its title',
    'Estate of March, by hand\n\nSite: north, 2 rooms, 3 racks\nname;power;cpu;memory_gib\na;on;4;16\nb;off;4;16\n',
  ],
];

test.each(machines)('%s: %s', async (kind, _, text) => {
  const { files, demand, leftOut, problems } = await of(text);
  expect(files[0]?.kind).toBe(kind);
  expect(
    demand.map(({ id, cpuThreads, memoryBytes, today }) => [id, cpuThreads, memoryBytes, today]),
  ).toEqual([['a', 4, 16 * gib, 'vm']]);
  expect(leftOut).toMatchObject([{ what: 'b', why: 'powered off' }]);
  expect(problems).toEqual([]);
});

test('containers of Proxmox are containers, its nodes no machines, and one look at use is read', async () => {
  const { demand, leftOut } = await of(
    `vmid,name,type,status,maxcpu,maxmem,cpu,mem\n1,web,lxc,running,4,${String(gib)},0.25,1048576\n,pve,node,online,64,${String(64 * gib)},0.1,1\n`,
  );
  expect(demand).toMatchObject([
    {
      today: 'container',
      os: { family: 'linux' },
      usage: { cpuThreads: 1, memoryBytes: 1048576, statistic: 'now' },
    },
  ]);
  expect(leftOut).toMatchObject([{ what: 'pve', why: 'a node, not a machine' }]);
});

test.each([
  ['memory_tb', '1', 1e12],
  ['memory_tib', '1', 2 ** 40],
  ['memory_gb', '1', 1e9],
  ['memory_kib', '1', 1024],
  ['RAM (GiB)', '1', gib],
])('%s is a unit', async (header, cell, bytes) => {
  const { demand } = await of(`name,cpu,${header}\na,1,${cell}\n`);
  expect(demand[0]?.memoryBytes).toBe(bytes);
});

test('a list of one name and MemoryGB as a person writes it stays decimal', async () => {
  const { demand } = await of('name,power,cpu,memory_gb\na,on,1,1\n');
  expect(demand[0]?.memoryBytes).toBe(1e9);
});

test.each([
  ['Name,State,MemoryAssigned\na,Running,1073741824\nb,Running,1073741824\n', 'CPU', 'any of 2 machines'],
  ['name,memory_gib\na,1\n', 'CPU', 'any of 1 machines'],
  ['name,cpu,memory_gib\na,1,1\nb,,1\n', 'CPU', '1 of 2 machines, the first b'],
  ['name,cpu\na,1\n', 'memory', 'any of 1 machines'],
  ['VM,Powerstate,Memory MiB,Template\na,poweredOn,4,False\n', 'CPU', 'any of 1 machines'],
])('a size that is not told is a problem, not 0: %j', async (text, field, words) => {
  const named = text.startsWith('VM,') ? 'x_tabvInfo.csv' : 'a.csv';
  const { problems } = await inventoryOf([{ name: named, bytes: Buffer.from(text) }]);
  expect(problems).toMatchObject([{ field, problem: expect.stringContaining(words) as string }]);
});

const database = [
  'vInfoVMName,vInfoPowerstate,vInfoTemplate,vInfoCPUs,vInfoMemory,vInfoOS,vInfoOSTools,vInfoCluster,vInfoDatacenter,vInfoVMId',
  'sql,poweredOn,False,8,65536,Microsoft Windows Server 2019,,C1,D1,vm-1',
].join('\n');

test("names of RVTools' database, and the first filled cell of several", async () => {
  const { demand, files } = await of(database);
  expect(files[0]?.kind).toBe('rvtools');
  expect(demand).toMatchObject([
    { id: 'sql', cpuThreads: 8, memoryBytes: 64 * gib, os: { family: 'windows' }, cluster: 'C1', site: 'D1' },
  ]);
});

test('each column that is not read is named once, and each sheet', async () => {
  const bytes = writeXlsx({
    vInfo: [
      ['VM', 'Powerstate', 'CPUs', 'Memory', 'Folder', 'Notes', 'Empty'],
      ['a', 'poweredOn', 1, 1024, '/x', 'y', ''],
      ['b', 'poweredOn', 1, 1024, '/x', 'y', ''],
    ],
    vNetwork: [
      ['VM', 'Adapter'],
      ['a', 'vmxnet3'],
    ],
  });
  const { remarks } = await inventoryOf([{ name: 'a.xlsx', bytes }]);
  expect(remarks).toEqual(['sheets not read: vNetwork', 'columns of vInfo that are not read: Folder, Notes']);
});

test('the CSVs of an export that no count needs are no problem', async () => {
  const csv = (name: string, text: string) => ({ name, bytes: Buffer.from(text) });
  const { problems, remarks } = await inventoryOf([
    csv('RVTools_tabvInfo.csv', 'VM,Powerstate,CPUs,Memory\na,poweredOn,1,1024\n'),
    csv('RVTools_tabvNetwork.csv', 'VM,Adapter\na,vmxnet3\n'),
  ]);
  expect(problems).toEqual([]);
  expect(remarks).toEqual(['sheets not read: RVTools_tabvNetwork.csv']);
});

const twice = (more: readonly (string | number)[][]) =>
  inventoryOf([
    {
      name: 'a.xlsx',
      bytes: writeXlsx({
        vInfo: [
          [
            'VM',
            'Powerstate',
            'CPUs',
            'Memory',
            'Provisioned MiB',
            'OS according to the VMware Tools',
            'VM ID',
          ],
          ...['a', 'b'].map((name, at) => [name, 'poweredOn', 1, 1024, 9999, '', `vm-${String(at)}`]),
        ],
        vDisk: [['VM', 'Disk', 'Capacity MiB', 'Disk Path', 'Raw LUN ID', 'VM ID'], ...more],
      }),
    },
  ]);

test.each([
  ['one file', '[ds] q/data.vmdk', '[ds] q/data.vmdk', '', 100],
  ['one LUN by two pointers', '[ds] a/rdm.vmdk', '[ds] b/rdm.vmdk', 'naa.1', 100],
  ['two files', '[ds] a/1.vmdk', '[ds] b/1.vmdk', '', 200],
  ['two files of which nothing is known', '', '', '', 200],
])('disks of two machines: %s', async (_, first, second, lun, mebibytes) => {
  const { demand, remarks } = await twice([
    ['a', 'Hard disk 1', 100, first, lun, 'vm-0'],
    ['b', 'Hard disk 1', 100, second, lun, 'vm-1'],
  ]);
  const sum = demand.reduce((total, { diskBytes }) => total + (diskBytes ?? 0), 0);
  expect(sum / 2 ** 20).toBe(mebibytes);
  expect(demand.flatMap(({ volumes }) => volumes)).toHaveLength(mebibytes / 100);
  expect(remarks.join().includes('counted once: 1, b/Hard disk 1')).toBe(mebibytes === 100);
});

test('what vInfo leaves empty other sheets fill, and where they disagree vInfo holds: both are noted', async () => {
  const bytes = writeXlsx({
    vInfo: [
      ['VM', 'Powerstate', 'CPUs', 'Memory', 'VM ID'],
      ['a', 'poweredOn', '', 1024, 'vm-0'],
      ['b', 'poweredOn', 2, 1024, 'vm-1'],
    ],
    vCPU: [
      ['VM', 'Powerstate', 'CPUs', 'OS according to the configuration file', 'VM ID'],
      ['a', 'poweredOn', 4, 'Microsoft Windows 10', 'vm-0'],
      ['b', 'poweredOff', 2, 'Ubuntu Linux', 'vm-1'],
    ],
  });
  const { demand, remarks, problems } = await inventoryOf([{ name: 'a.xlsx', bytes }]);
  expect(demand.map(({ cpuThreads, os }) => [cpuThreads, os.family])).toEqual([
    [4, 'windows'],
    [2, 'linux'],
  ]);
  expect(remarks).toContain('CPUs cannot be read in vInfo and was taken from vCPU: 1, a');
  expect(remarks.join()).toContain('is empty in vInfo and was taken from vcpu: 2, the first a');
  expect(problems).toMatchObject([{ got: 'poweredOff', problem: 'vInfo says poweredOn' }]);
});
