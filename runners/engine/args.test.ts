import { expect, test } from 'vitest';
import { ownUlimits, runArguments } from './args.ts';
import type { RunPlan } from './args.ts';

const plan: RunPlan = {
  client: ['podman'],
  name: 'tare-i-1',
  runId: 'r1',
  image: 'localhost/tare:abc',
  beside: '/cell/beside',
  channel: '/cell/channel',
  cgroupParent: '/tare/r1/i-1',
  network: 'none',
  runtime: 'runc',
  seccomp: 'default',
  limits: { nofile: '20000:20000', nproc: '1024:1024' },
  environment: { ODD: 'a=b\nc' },
  files: {},
  volume: null,
  more: [],
};
const said = (change: Partial<RunPlan> = {}): string => runArguments({ ...plan, ...change }).join(' ');

test('a detached start in the group of the instance, labelled, with what tare adds read-only', () => {
  const argv = runArguments(plan);
  expect(argv.slice(0, 3)).toEqual(['podman', 'run', '--detach']);
  expect(argv.slice(argv.indexOf('localhost/tare:abc') + 1)).toEqual(['sh', '/.tare/init.sh']);
  expect(argv).toContain('type=bind,src=/cell/beside,dst=/.tare,readonly');
  expect(argv).toContain('type=bind,src=/cell/channel,dst=/.tare/channel');
  expect(argv).toContain('ODD=a=b\nc');
  expect(said()).toContain('--label tare.run=r1');
  expect(said()).toContain('--cgroup-parent /tare/r1/i-1');
  expect(said()).toContain('--ulimit nofile=20000:20000 --ulimit nproc=1024:1024');
  expect(said()).not.toContain('seccomp');
});

test('other runtimes are named, and what is not asked for is not said', () => {
  for (const runtime of ['crun', '/opt/bin/runsc', 'kata-runtime'])
    expect(said({ runtime })).toContain(`--runtime ${runtime} `);
  expect(said({ cgroupParent: null })).not.toContain('cgroup');
  expect(said({ seccomp: 'unconfined' })).toContain('--security-opt seccomp=unconfined');
});

test('each kind of volume', () => {
  const volume = { path: '/v,1', place: '/volume' };
  expect(runArguments({ ...plan, volume: { ...volume, kind: 'directory' } })).toContain(
    'type=bind,"src=/v,1",dst=/volume',
  );
  expect(said({ volume: { kind: 'filesystem', path: '/dev/loop3', place: '/volume' } })).toContain(
    'type=volume,dst=/volume,volume-driver=local,volume-opt=type=ext4,volume-opt=device=/dev/loop3',
  );
  expect(said({ volume: { kind: 'block', path: '/dev/loop3', place: '/dev/volume' } })).toContain(
    '--device /dev/loop3:/dev/volume:rw',
  );
});

test("limits are tare's own, never more than an engine may set", () => {
  const limits = [
    'Limit                     Soft Limit           Hard Limit           Units',
    'Max processes             96343                unlimited            processes',
    'Max open files            1024                 20000                files',
  ].join('\n');
  expect(ownUlimits(limits, '32768\n')).toEqual({ nofile: '1024:20000', nproc: '32768:32768' });
});
