import { describe, expect, test } from 'vitest';
import {
  guestModules,
  kernelParameters,
  mountTables,
  optionValue,
  qemuArguments,
  shellQuoted,
  volumeArguments,
} from './args.ts';
import type { VmPlan } from './args.ts';
import { stockMemory } from './memory.ts';
import { qemuOptions } from './options.ts';
import { refuseVolume, volumeUse } from './volume.ts';

const base: VmPlan = {
  binary: 'qemu-system-x86_64',
  machine: 'q35',
  accelerator: 'tcg',
  cpuModel: 'max',
  cpus: 2,
  memoryMiB: 512,
  memory: stockMemory,
  kernel: '/k/vmlinuz',
  initramfs: '/i/initramfs.cpio',
  root: 'disk',
  disk: '/d/disk.ext4',
  volume: null,
  network: null,
  tscKilohertz: null,
  channels: { agent: 4, console: 5, monitor: 6, firmware: 7 },
  restoreFrom: null,
  verbose: false,
};
const start = ['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'];
const size = ['-smp', '2', '-m', '512M', '-kernel', '/k/vmlinuz', '-initrd', '/i/initramfs.cpio', '-append'];
const sockets = [
  ...['-chardev', 'socket,id=monitor,fd=6', '-mon', 'chardev=monitor,mode=control'],
  ...['-chardev', 'socket,id=console,fd=5', '-serial', 'chardev:console'],
  ...['-chardev', 'socket,id=agent,fd=4'],
];
const firmware = [
  '-chardev',
  'socket,id=firmware,fd=7',
  '-device',
  'isa-debugcon,iobase=0x402,chardev=firmware',
];
const blockdev =
  'driver=file,node-name=image,filename=/d/disk.ext4,read-only=on,auto-read-only=off,cache.direct=off';
const q35 = 'q35,usb=off,smbus=off,sata=off,vmport=off,mem-merge=off';
const microvm = 'microvm,x-option-roms=off,isa-serial=on,rtc=on,mem-merge=off';
const stock = 'console=ttyS0 quiet panic=-1 reboot=t TARE_FROM=disk';

describe('argv', () => {
  test('q35, emulated, disk', () => {
    expect(qemuArguments(base)).toEqual([
      ...start,
      ...['-machine', q35, '-accel', 'tcg,thread=multi,tb-size=64', '-cpu', 'max'],
      ...[...size, `${stock} no_timer_check`],
      ...sockets,
      ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=tare.agent'],
      ...firmware,
      ...['-blockdev', blockdev, '-device', 'virtio-blk-pci,drive=image'],
    ]);
  });

  test('q35, KVM, the whole CPU', () => {
    expect(qemuArguments({ ...base, accelerator: 'kvm', cpuModel: 'host' })).toEqual([
      ...start,
      ...['-machine', q35, '-accel', 'kvm', '-cpu', 'host'],
      ...[...size, stock],
      ...sockets,
      ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=tare.agent'],
      ...firmware,
      ...['-blockdev', blockdev, '-device', 'virtio-blk-pci,drive=image'],
    ]);
  });

  test('microvm, emulated: memory-mapped devices, no firmware channel, a given TSC', () => {
    const plan: VmPlan = {
      ...base,
      machine: 'microvm',
      tscKilohertz: 2_445_428,
      channels: { ...base.channels, firmware: null },
    };
    expect(qemuArguments(plan)).toEqual([
      ...start,
      ...['-machine', microvm, '-accel', 'tcg,thread=multi,tb-size=64', '-cpu', 'max'],
      ...[...size, `${stock} no_timer_check tsc=reliable tsc_early_khz=2445428`],
      ...sockets,
      ...['-device', 'virtio-serial-device', '-device', 'virtserialport,chardev=agent,name=tare.agent'],
      ...['-blockdev', blockdev, '-device', 'virtio-blk-device,drive=image'],
    ]);
  });

  test('microvm, KVM with the fallback model, image in memory', () => {
    const plan: VmPlan = {
      ...base,
      machine: 'microvm',
      accelerator: 'kvm',
      cpuModel: 'host,-arch-capabilities',
      root: 'initramfs',
      disk: null,
      channels: { ...base.channels, firmware: null },
    };
    expect(qemuArguments(plan)).toEqual([
      ...start,
      ...['-machine', microvm, '-accel', 'kvm', '-cpu', 'host,-arch-capabilities'],
      ...[...size, 'console=ttyS0 quiet panic=-1 reboot=t TARE_FROM=initramfs'],
      ...sockets,
      ...['-device', 'virtio-serial-device', '-device', 'virtserialport,chardev=agent,name=tare.agent'],
    ]);
  });

  test('restored: the same machine, continued from a file', () => {
    const restored = qemuArguments({ ...base, restoreFrom: "/w/it's.state" });
    expect(restored.slice(0, -2)).toEqual(qemuArguments(base));
    expect(restored.slice(-2)).toEqual(['-incoming', `exec:cat '/w/it'\\''s.state'`]);
  });

  test('a comma in a path does not end the option', () => {
    expect(qemuArguments({ ...base, disk: '/a,b/disk' }).join(' ')).toContain(
      'filename=/a,,b/disk,read-only=on',
    );
    expect(optionValue('a,b,,c')).toBe('a,,b,,,,c');
    expect(shellQuoted('a b')).toBe("'a b'");
  });
});

describe('kernel parameters', () => {
  test('never switch a protection off', () => {
    for (const machine of ['q35', 'microvm'] as const) {
      for (const accelerator of ['kvm', 'tcg'] as const) {
        const text = kernelParameters({ ...base, machine, accelerator, tscKilohertz: 1 }).join(' ');
        expect(text).not.toMatch(/mitigations|nokaslr|nosmap|nopti|selinux|apparmor/);
      }
    }
  });

  test('timers are not tested under emulation, and trusted only where the machine lacks others', () => {
    const has = (parameter: string) =>
      (['q35', 'microvm'] as const).map((machine) =>
        (['tcg', 'kvm'] as const).map((accelerator) =>
          kernelParameters({ ...base, machine, accelerator }).includes(parameter),
        ),
      );
    expect(has('no_timer_check')).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(has('tsc=reliable')).toEqual([
      [false, false],
      [true, false],
    ]);
  });

  test('verbose drops quiet', () => {
    expect(kernelParameters({ ...base, verbose: true })).not.toContain('quiet');
  });
});

test('modules follow the bus and the root', () => {
  expect(guestModules({ machine: 'q35', root: 'disk' })).toEqual([
    'virtio_pci',
    'virtio_console',
    'virtio_blk',
    'overlay',
  ]);
  expect(guestModules({ machine: 'q35', root: 'disk', rootFormat: 'erofs' })).toContain('erofs');
  expect(guestModules({ machine: 'microvm', root: 'initramfs' })).toEqual(['virtio_mmio', 'virtio_console']);
});

test('mount tables: the disk read-only below a tmpfs layer, or the tree as it is', () => {
  const disk = mountTables('disk');
  expect(Object.keys(disk)).toEqual(['early', 'disk']);
  expect(disk['disk']).toMatch(/^\/dev\/vda \/disk ext4 ro 0 0\noverlay \/root overlay lowerdir=\/disk,/);
  expect(mountTables('disk', 'erofs')['disk']).toMatch(/^\/dev\/vda \/disk erofs ro 0 0\n/);
  expect(disk['early']).toContain('tmpfs /scratch tmpfs');
  const memory = mountTables('initramfs');
  expect(memory['initramfs']).not.toMatch(/vda|overlay/);
  expect(memory['initramfs']).toContain('/scratch/tare /image/.tare none bind');
});

describe('a volume', () => {
  const drive = { file: '/v/a,b/image', kind: 'block', aio: 'threads' } as const;
  const modes = [
    ['none', 'on', 'off', 'on'],
    ['writeback', 'off', 'off', 'on'],
    ['writethrough', 'off', 'off', 'off'],
    ['directsync', 'on', 'off', 'off'],
    ['unsafe', 'off', 'on', 'on'],
  ] as const;
  const engines = ['threads', 'native', 'io_uring'] as const;

  test.each(modes.flatMap(([cache, ...rest]) => engines.map((aio) => [cache, aio, ...rest] as const)))(
    'cache=%s aio=%s',
    (cache, aio, direct, noFlush, writeCache) => {
      const options = qemuOptions.safeParse({ cache, aio });
      if (aio === 'native' && direct === 'off') {
        expect(options.error?.issues[0]?.message).toMatch(/native needs cache: none or directsync/);
        expect(() => volumeArguments({ ...drive, cache, aio }, 'q35')).toThrow(/aio=native/);
        return;
      }
      expect(options.success).toBe(true);
      expect(volumeArguments({ ...drive, cache, aio }, 'q35')).toEqual([
        '-blockdev',
        `driver=file,node-name=volume,filename=/v/a,,b/image,aio=${aio},cache.direct=${direct},cache.no-flush=${noFlush}`,
        '-device',
        `virtio-blk-pci,drive=volume,serial=tare-volume,write-cache=${writeCache}`,
      ]);
    },
  );

  test('is told to the guest by its kind and sits on the machine’s bus', () => {
    const volume = { ...drive, cache: 'none' } as const;
    expect(kernelParameters({ ...base, volume })).toContain('TARE_VOLUME=block');
    expect(kernelParameters(base).join(' ')).not.toContain('TARE_VOLUME');
    expect(qemuArguments({ ...base, machine: 'microvm', volume }).join(' ')).toContain(
      'virtio-blk-device,drive=volume',
    );
    expect(qemuArguments(base).join(' ')).not.toContain('node-name=volume');
  });

  test.each([
    [{}, 'directory', /cannot share a host folder/],
    [{ root: 'initramfs' }, 'block', /no disk driver/],
    [{ start: 'restored' }, 'filesystem', /saved with/],
    [{}, 'filesystem', null],
  ] as const)('%j and a volume of kind %s: %s', (given, kind, reason) => {
    const refused = refuseVolume(qemuOptions.parse(given), { kind, sizeBytes: 1 });
    if (reason === null) expect(refused).toBeNull();
    else expect(refused?.reason).toMatch(reason);
    expect(refuseVolume(qemuOptions.parse(given), null)).toBeNull();
  });

  test('says what direct I/O and flushes come to below each cache mode', () => {
    const said = modes.map(([cache]) => volumeUse(qemuOptions.parse({ cache }), 'block'));
    expect(said.map(({ hostCache }) => hostCache)).toEqual(['bypassed', 'used', 'used', 'bypassed', 'used']);
    expect(said.map(({ traits }) => traits.cacheMode?.split('; ')[1])).toEqual([
      'flushes reach storage',
      'flushes reach storage',
      'every write is flushed',
      'every write is flushed',
      'flushes are ignored',
    ]);
  });
});
