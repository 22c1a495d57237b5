/**
 * What the columns of RVTools are called, by the sheet that they are in: newest first, then older versions, its
 * database and what spreadsheets in other languages make of them. Plain names, in which kana have lost their marks
 * as letters have their accents; the name of the sheet before that of the column is taken off already.
 */

const machine = {
  vm: [
    'vm',
    'vmname',
    'virtuellemaschine',
    'machinevirtuelle',
    'maquinavirtual',
    '仮想マシン',
    'name',
    'nom',
    'nombre',
  ],
  id: ['vmuuid', 'vmid', 'uuid', 'objectid'],
  center: ['visdkuuid', 'visdkserver'],
  power: [
    'powerstate',
    'betriebszustand',
    'energiezustand',
    'etatdalimentation',
    'etat',
    'estado',
    'estadodeenergia',
    '電源状態',
  ],
  template: ['template', 'vorlage', 'modele', 'plantilla', 'テンフレート'],
  os: [
    'osaccordingtothevmwaretools',
    'ostools',
    'osaccordingtothetools',
    'osaccordingtotheconfigurationfile',
    'osconfig',
    'os',
    'guestos',
    'betriebssystem',
    'systemedexploitation',
    'sistemaoperativo',
  ],
} as const;

const memory = ['arbeitsspeicher', 'memoire', 'memoria', 'メモリ'].flatMap((name) => [
  name,
  `${name}mib`,
  `${name}mb`,
  `${name}mo`,
]);
const cpus = ['cpus', 'numcpu', 'prozessoren', 'processeurs', 'procesadores', 'vcpus', 'cpu数'];
const host = ['host', 'esxhost', 'hostname'];

export const vinfo = {
  ...machine,
  placeholder: ['srmplaceholder'],
  connection: ['connectionstate'],
  cpus,
  memory: ['memory', 'memorymib', 'memorymb', 'sizemib', 'sizemb', ...memory],
  provisioned: [
    'provisionedmib',
    'provisionedmb',
    'provisioned',
    'bereitgestelltmib',
    'bereitgestelltmb',
    'provisionnemo',
    'aprovisionadomb',
  ],
  cluster: ['cluster', 'clustername'],
  datacenter: ['datacenter', 'datacentername'],
  host,
} as const satisfies Record<string, readonly string[]>;

export const vcpu = {
  ...machine,
  cpus,
  overall: ['overall', 'overallmhz'],
} as const satisfies Record<string, readonly string[]>;

export const vmemory = {
  ...machine,
  memory: ['sizemib', 'sizemb', 'size', 'memory', 'memorymib', 'memorymb', ...memory],
  consumed: ['consumed', 'consumedmib', 'consumedmb'],
} as const satisfies Record<string, readonly string[]>;

export const vdisk = {
  ...machine,
  disk: ['disk', 'diskname', 'festplatte', 'disque', 'disco', 'テイスク'],
  capacity: [
    'capacitymib',
    'capacitymb',
    'capacity',
    'kapazitatmib',
    'kapazitatmb',
    'capacitemo',
    'capacidadmb',
    '容量mb',
  ],
  path: ['diskpath', 'path'],
  lun: ['rawlunid', 'lunid'],
  uuid: ['diskuuid'],
} as const satisfies Record<string, readonly string[]>;

export const vhost = {
  host,
  center: machine.center,
  cluster: vinfo.cluster,
  datacenter: vinfo.datacenter,
  sockets: ['cpu', 'numcpu', 'sockets', 'cpusockets'],
  cores: ['cores', 'numcores', 'cpucores'],
  hyperThreading: ['htactive', 'htavailable'],
  memory: ['memory', 'memorymib', 'memorymb', 'memorysize'],
  cpuUsed: ['cpuusage'],
  memoryUsed: ['memoryusage'],
  speed: ['speed', 'speedmhz', 'cpuspeed'],
  model: ['cpumodel'],
} as const satisfies Record<string, readonly string[]>;

/** Every name, to tell a header from a title. */
export const rvtoolsNames: ReadonlySet<string> = new Set(
  [vinfo, vcpu, vmemory, vdisk, vhost].flatMap((sheet) => Object.values<readonly string[]>(sheet).flat()),
);
