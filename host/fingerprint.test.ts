import { describe, expect, it } from 'vitest';
import { cgroupMode, classifyFacts, hashFacts, type Processor, type Source } from './facts.ts';
import { readFingerprint } from './fingerprint.ts';

const processor: Processor = {
  vendor: 'AMD',
  model: 'AMD EPYC',
  family: '25',
  stepping: '1',
  flags: 'fpu vme hypervisor sse2',
  cpus: 2,
  cores: 2,
  sockets: 1,
  caches: [65536, 65536, 1048576, 33554432],
};

const files: Readonly<Record<string, string>> = {
  '/proc/cpuinfo': 'processor\t: 0\nmicrocode\t: 0x1000065\ncpu MHz\t\t: 2445.428\n',
  '/proc/sys/kernel/osrelease': '6.18.44',
  '/proc/cmdline': 'console=ttyS0 token=SECRET mitigations=auto root=UUID=5b1e quiet',
  '/proc/mounts': 'overlay / overlay rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n',
  '/proc/meminfo': 'MemTotal:       24682416 kB\nMemAvailable:   24334656 kB',
  '/proc/swaps': 'Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 4194304 0 100',
  '/sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never',
  '/sys/devices/system/cpu/vulnerabilities/meltdown': 'Mitigation: PTI',
  '/proc/901/comm': 'qemu-system-x86',
  '/proc/902/comm': 'bash',
  '/proc/loadavg': '3.62 1.67 0.75 1/110 9562',
};

function recorded(changes: Readonly<Record<string, string>> = {}): Source {
  const all: Readonly<Record<string, string>> = { ...files, ...changes };
  return {
    read: (path) => all[path],
    list: (folder) => {
      const below = Object.keys(all).filter((path) => path.startsWith(`${folder}/`));
      return [...new Set(below.map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))].toSorted();
    },
  };
}

const classify = (changes?: Readonly<Record<string, string>>, cpu = processor) =>
  classifyFacts(cpu, recorded(changes));

describe('facts of a host', () => {
  it('reads what is there, and leaves out what is not', () => {
    const { must, note, ignore } = classify();
    expect(must).toMatchObject({
      'cpu.model': 'AMD EPYC',
      'cpu.microcode': '0x1000065',
      'machine.virtual': 'yes',
      'kernel.cgroups': 'v1',
      'mitigation.meltdown': 'Mitigation: PTI',
      'memory.gib': '23.5',
      'memory.hugePages': 'madvise',
      'memory.swap': 'zram 4096 MiB',
    });
    expect(must).not.toHaveProperty('cpu.governor');
    expect(note).toMatchObject({ 'neighbours.virtualMachines': '1', 'neighbours.containers': '0' });
    expect(note).not.toHaveProperty('power.onBattery');
    expect(ignore).toMatchObject({ 'cpu.mhz': '2445.428', 'kernel.load': '3.62 1.67 0.75 1/110 9562' });
  });

  it('keeps only timing options of the command line, which may hold secrets', () => {
    const facts = classify();
    expect(facts.must['kernel.options']).toBe('mitigations=auto');
    expect(JSON.stringify(facts)).not.toMatch(/SECRET|5b1e/);
  });

  it.each([
    ['clock speed by 0.1 %', { '/proc/cpuinfo': files['/proc/cpuinfo']!.replace('2445.428', '2447.9') }],
    ['load', { '/proc/loadavg': '0.01 0.01 0.00 1/90 77' }],
    ['some MiB of firmware memory', { '/proc/meminfo': 'MemTotal:       24690000 kB' }],
    ['the disk that holds the root', { '/proc/cmdline': 'mitigations=auto root=UUID=ffff' }],
  ])('still compares after a change of %s', (_, changes) => {
    expect(classify(changes).must).toEqual(classify().must);
  });

  it.each([
    ['kernel.release', { '/proc/sys/kernel/osrelease': '6.19.0' }],
    ['mitigation.meltdown', { '/sys/devices/system/cpu/vulnerabilities/meltdown': 'Vulnerable' }],
    ['memory.gib', { '/proc/meminfo': 'MemTotal:       12341208 kB' }],
    ['kernel.options', { '/proc/cmdline': 'mitigations=off' }],
    ['cpu.governor', { '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor': 'powersave' }],
  ])('names %s when it differs, and hashes differently', (key, changes) => {
    const other = classify(changes);
    const { [key]: before, ...rest } = classify().must;
    const { [key]: after, ...otherRest } = other.must;
    expect(otherRest).toEqual(rest);
    expect(after).not.toBe(before);
    expect(hashFacts(other.must)).not.toBe(hashFacts(classify().must));
  });

  it('tells another processor apart', () => {
    const other = classify({}, { ...processor, model: 'AMD EPYC 9654' });
    expect(other.must).toEqual({ ...classify().must, 'cpu.model': 'AMD EPYC 9654' });
  });

  it('hashes values, not the order of keys', () => {
    expect(hashFacts({ a: '1', b: '2' })).toBe(hashFacts({ b: '2', a: '1' }));
    expect(hashFacts({ a: '1', b: '2' })).not.toBe(hashFacts({ a: '2', b: '1' }));
  });

  it.each([
    ['v1', 'cgroup /a cgroup rw 0 0\n'],
    ['hybrid', 'cgroup2 /u cgroup2 rw 0 0\ncgroup /a cgroup rw 0 0\n'],
    ['v2', 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n'],
    ['none', 'proc /proc proc rw 0 0\n'],
  ])('knows cgroups %s by the mounts', (mode, mounts) => {
    expect(cgroupMode(mounts)).toBe(mode);
  });
});

describe('the fingerprint of this very host', () => {
  it('is the same twice, and explains itself', async () => {
    const first = await readFingerprint();
    const second = await readFingerprint();
    expect(second.hash).toBe(first.hash);
    expect(second.must).toEqual(first.must);
    expect(first.hash).toBe(hashFacts(first.must));
    expect(Number(first.must['cpu.online'])).toBeGreaterThan(0);
    expect(first.must['cpu.model']).toMatch(/\w/);
  });
});
