/** What the columns of RVTools are called: in its older and newer versions, and by people in other languages. */

/**
 * Names of the columns, newest first, with what spreadsheets in other languages make of them; plain names, in which
 * kana have lost their marks as letters have their accents.
 */
export const columns = {
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
  id: ['vmuuid', 'vmid'],
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
  placeholder: ['srmplaceholder'],
  cpus: ['cpus', 'numcpu', 'prozessoren', 'processeurs', 'procesadores', 'vcpus', 'cpu数'],
  memory: [
    'memory',
    'memorymib',
    'memorymb',
    'sizemib',
    'sizemb',
    ...['arbeitsspeicher', 'memoire', 'memoria', 'メモリ'].flatMap((name) => [
      name,
      `${name}mib`,
      `${name}mb`,
      `${name}mo`,
    ]),
  ],
  provisioned: [
    'provisionedmib',
    'provisionedmb',
    'bereitgestelltmib',
    'bereitgestelltmb',
    'provisionnemo',
    'aprovisionadomb',
  ],
  capacity: [
    'capacitymib',
    'capacitymb',
    'kapazitatmib',
    'kapazitatmb',
    'capacitemo',
    'capacidadmb',
    '容量mb',
  ],
  consumed: ['consumed', 'consumedmib', 'consumedmb'],
  overall: ['overall', 'overallmhz'],
  disk: ['disk', 'festplatte', 'disque', 'disco', 'テイスク'],
  os: [
    'osaccordingtothevmwaretools',
    'osaccordingtotheconfigurationfile',
    'os',
    'betriebssystem',
    'systemedexploitation',
    'sistemaoperativo',
  ],
  cluster: ['cluster'],
  host: ['host', 'esxhost'],
  sockets: ['cpu', 'sockets'],
  cores: ['cores'],
  hyperThreading: ['htactive', 'htavailable'],
  hostMemory: ['memory', 'memorymib', 'memorymb'],
  cpuUsed: ['cpuusage'],
  memoryUsed: ['memoryusage'],
  speed: ['speed', 'speedmhz'],
  model: ['cpumodel'],
} as const satisfies Record<string, readonly string[]>;

export type Column = keyof typeof columns;
