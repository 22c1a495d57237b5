/** What networks add to the command lines, as values; and what their absence leaves as it was. */
import { expect, test } from 'vitest';
import { namespaceArguments } from './namespace/args.ts';
import { bridgeArguments, networkTrait, noNetwork, tapPrefix } from './network.ts';
import { ociArguments, ociSpec, waysOf } from './oci/spec.ts';
import { guestModules, kernelParameters, qemuArguments, type NetworkCard, type VmPlan } from './qemu/args.ts';
import { stockMemory } from './qemu/memory.ts';

const link = {
  name: 'link2',
  address: '10.137.0.3',
  addressWithPrefix: '10.137.0.3/16',
  mac: '52:54:00:89:00:03',
  path: '/proc/7/ns/net',
  enter: ['nsenter', '--net=/proc/7/ns/net', '--'],
};
const vm: VmPlan = {
  binary: 'qemu',
  machine: 'q35',
  accelerator: 'tcg',
  cpuModel: 'max',
  cpus: 1,
  memoryMiB: 256,
  memory: stockMemory,
  kernel: '/k',
  initramfs: '/i',
  root: 'disk',
  disk: '/d',
  volume: null,
  network: null,
  tscKilohertz: null,
  channels: { agent: 4, console: 5, monitor: 6, firmware: null },
  restoreFrom: null,
  verbose: false,
};
const tap: NetworkCard = { kind: 'tap', name: link.name, mac: link.mac, address: link.addressWithPrefix };
const user: NetworkCard = { kind: 'user', hostPort: 40_000, guestPort: 80 };

test('a VM without a network has no card, driver or address', () => {
  const text = [
    ...qemuArguments(vm),
    ...kernelParameters(vm),
    ...guestModules({ ...vm, network: 'none' }),
  ].join(' ');
  expect(text).not.toMatch(/net|TARE_ADDRESS/);
});

test('a tap by name on a virtio card, without the option ROM of a PC', () => {
  const argv = qemuArguments({ ...vm, network: tap }).join(' ');
  expect(argv).toContain(
    '-netdev tap,id=net,ifname=link2,script=no,downscript=no -device virtio-net-pci,netdev=net,mac=52:54:00:89:00:03,romfile=',
  );
  expect(kernelParameters({ ...vm, network: tap })).toContain('TARE_ADDRESS=10.137.0.3/16');
  expect(guestModules({ ...vm, network: tap })).toContain('virtio_net');
  expect(tapPrefix(link).slice(0, 4)).toEqual([...link.enter, 'sh']);
  expect(tapPrefix(link).slice(-3)).toEqual(['tap', '/proc/7/ns/net', 'link2']);
});

test('user mode lets in one port of the loopback, and nothing out', () => {
  const argv = qemuArguments({ ...vm, machine: 'microvm', network: user }).join(' ');
  expect(argv).toContain(
    '-netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:40000-10.0.2.15:80 -device virtio-net-device,netdev=net',
  );
  expect(argv).not.toContain('romfile');
  expect(kernelParameters({ ...vm, network: user })).toContain('TARE_ADDRESS=10.0.2.15/24');
});

test('a container in the host network unshares none; one on the bridge is told where', () => {
  const plan = { rootless: false, busybox: '/b', enterScript: '/e' };
  expect(namespaceArguments(plan)).toContain('--net');
  expect(namespaceArguments({ ...plan, hostNetwork: true })).not.toContain('--net');
  expect(bridgeArguments(link).slice(1)).toEqual(['veth', '/proc/7/ns/net', 'link2', '10.137.0.3/16']);
  expect(bridgeArguments(null)).toEqual([]);
  expect(tapPrefix(null)).toEqual([]);
});

test('an OCI runtime makes its own network namespace, unless one is given', () => {
  const request = { environment: {}, cgroupsPath: null, seccomp: false };
  const kinds = (givenNetwork: boolean) =>
    ociSpec({ ...request, givenNetwork }).linux.namespaces.map(({ type }) => type);
  expect(kinds(false)).toContain('network');
  expect(kinds(true)).not.toContain('network');
  const plan = {
    ...{ enterScript: '/e', busybox: '/b', binary: '/runc', unified: null, id: 'i' },
    ways: waysOf({ runtime: 'runc' }),
  };
  const alone = ociArguments(plan);
  expect(alone.within[0]).toBe('unshare');
  expect([...alone.within, ...alone.argv]).not.toContain('--net');
  const bridge = { argv: bridgeArguments(link), namespace: link.path };
  const { within, argv: joined } = ociArguments({ ...plan, bridge });
  expect(within.slice(0, 4)).toEqual(['sh', '-c', 'exec 9<"$0" && exec "$@"', '/proc/7/ns/net']);
  // Part of the start that is timed, as on every other runner.
  expect(within).not.toContain('--net');
  expect(joined.slice(0, 3)).toEqual(['unshare', '--net', 'sh']);
  expect(joined.slice(joined.indexOf('-') + 1, joined.indexOf('--'))).toEqual(bridge.argv);
});

test('paths are said in words of the path, equal for equal ones', () => {
  expect(networkTrait('host', 'container')).toBe("host's loopback");
  expect(networkTrait('bridge', 'VM')).not.toBe(networkTrait('bridge', 'container'));
  expect(noNetwork.endpoint(80)).toBeNull();
});
