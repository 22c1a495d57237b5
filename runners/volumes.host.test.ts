/**
 * Volumes with real instances: every runner shows each kind it takes, what is written there arrives in the
 * host's file, and afterwards no file, mount or loop device is left; also after a SIGKILL of tare itself.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VolumeSpec } from '../model/scenario.ts';
import { createRuler, type MeteredGroup } from '../host/cgroup/cgroup.ts';
import { monotonicSeconds } from '../host/clock.ts';
import { collectGarbage } from '../host/gc.ts';
import type { Lease, Resource } from '../host/lease.ts';
import { loopsOf } from '../host/loop.ts';
import { openVolumes } from '../host/volume.ts';
import { ensureMiniImage } from '../images/builtin.ts';
import type { Image } from '../images/image.ts';
import { runners } from './index.ts';
import { runnerOf, type Context, type Runner, type Volume } from './runner.ts';
import { probeAndPrepare } from './testing/prepared.ts';

const isRoot = process.geteuid?.() === 0;
const mebibyte = 2 ** 20;
const sizeBytes = 16 * mebibyte;
const shape = { id: 'test', cpus: 1, memoryBytes: 256 * mebibyte };
/** Mounts and loop devices below the test's folder, as this host sees them. */
const traces = (): readonly string[] => {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const devices = readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  const backed = devices
    .map((name) => `/sys/block/${name}/loop/backing_file`)
    .filter((file) => existsSync(file));
  return [...mounts, ...backed.map((file) => readFileSync(file, 'utf8'))].filter((text) =>
    text.includes(basename(folder).slice(-14)),
  );
};

let folder: string;
let image: Image;
let owned: Map<string, Resource>;
let lease: Lease;

beforeAll(async () => {
  // A space and a comma in every path: fstab, options of mount and options of QEMU all split at one of them.
  folder = mkdtempSync('/var/tmp/tare test,volumes-');
  image = await ensureMiniImage();
  owned = new Map();
  lease = {
    runId: `volumes-${process.pid}`,
    own: (resource) => void owned.set(JSON.stringify(resource), resource),
    release: (resource) => void owned.delete(JSON.stringify(resource)),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const context = (seconds = 120): Context => ({
  signal: AbortSignal.timeout(seconds * 1000),
  now: monotonicSeconds,
  workDir: join(folder, 'work'),
  lease,
});

/** Starts an instance with a volume, runs a script with its place as $1, and puts everything away. */
async function inside(
  runner: Runner,
  given: Readonly<Record<string, unknown>>,
  kind: VolumeSpec['kind'],
  script: string,
  look: (volume: Volume, stdout: string) => void,
): Promise<void> {
  const options = runner.options.parse(given);
  mkdirSync(join(folder, 'work'), { recursive: true });
  const prepared = await probeAndPrepare(runner, { options, shape, image, pidsLimit: 64 }, context(300));
  const volumes = openVolumes({ lease, parent: folder });
  const ruler = createRuler();
  let group: MeteredGroup | null = null;
  try {
    const use = runner.volumeUse!(options, kind);
    const { path, mountPoint } = await volumes.make('i-1', { kind, sizeBytes }, use.attachment);
    const place = use.place ?? (kind === 'filesystem' ? mountPoint : path);
    const volume: Volume = { kind, path, place };
    group = ruler.usable ? await ruler.createGroup(`tare/${lease.runId}/i-1`) : null;
    const job = {
      id: 'i-1',
      group,
      cpus: null,
      service: null,
      volume,
      environment: {},
      onMark: () => undefined,
    };
    const instance = await prepared.start(job, context());
    try {
      const argv = ['busybox', 'sh', '-c', script, 'sh', place];
      const result = await instance.exec({ argv, environment: {}, timeoutSeconds: 60 }, context());
      expect(`${result.stderr}${String(result.exitCode)}`).toBe('0');
      look(volume, result.stdout);
    } finally {
      expect((await instance.stop()).leftovers).toEqual([]);
    }
    expect(await volumes.remove('i-1')).toEqual([]);
  } finally {
    await group?.kill(10);
    await group?.remove();
    await prepared[Symbol.asyncDispose]();
    await volumes.close();
  }
}

interface Case {
  readonly name: string;
  readonly runner: Runner;
  readonly options: Readonly<Record<string, unknown>>;
  readonly kinds: readonly VolumeSpec['kind'][];
}
const all = ['directory', 'filesystem', 'block'] as const;
const onDisk = ['filesystem', 'block'] as const;
const cases: readonly Case[] = [
  { name: 'process', runner: runnerOf(runners, 'process'), options: {}, kinds: all },
  { name: 'namespace', runner: runnerOf(runners, 'namespace'), options: {}, kinds: all },
  {
    name: 'namespace, loop through the page cache',
    runner: runnerOf(runners, 'namespace'),
    options: { loopDirect: false },
    kinds: onDisk,
  },
  {
    name: 'namespace, rootless',
    runner: runnerOf(runners, 'namespace'),
    options: { user: 'rootless' },
    kinds: ['directory'],
  },
  { name: 'runc', runner: runnerOf(runners, 'oci'), options: { runtime: 'runc' }, kinds: all },
  { name: 'crun', runner: runnerOf(runners, 'oci'), options: { runtime: 'crun' }, kinds: all },
  { name: 'podman', runner: runnerOf(runners, 'podman'), options: {}, kinds: all },
  {
    name: 'docker, crun',
    runner: runnerOf(runners, 'docker'),
    options: { engine: 'private', runtime: 'crun' },
    kinds: all,
  },
  { name: 'q35', runner: runnerOf(runners, 'qemu'), options: { machine: 'q35' }, kinds: onDisk },
  {
    name: 'microvm',
    runner: runnerOf(runners, 'qemu'),
    options: { machine: 'microvm', cache: 'writethrough' },
    kinds: onDisk,
  },
];

describe.skipIf(!isRoot)('an instance with a volume (needs root for loop devices and mounts)', () => {
  const crossings = cases.flatMap(({ kinds, ...one }) => kinds.map((kind) => ({ ...one, kind })));
  test.each(crossings)('$name, $kind: written inside, found outside, gone afterwards', async (one) => {
    const { runner, options, kind } = one;
    const word = `written by ${one.name}`;
    if (kind === 'block') {
      // One aligned block past the page cache: in the host's file by the time dd has ended.
      const script = `printf '%-4096s' "${word}" | dd of="$1" bs=4096 count=1 oflag=direct iflag=fullblock 2>&- && [ -b "$1" ] && cat /proc/partitions`;
      await inside(runner, options, kind, script, ({ path }) => {
        const file = path.startsWith('/dev/loop') ? backingFile(path) : path;
        expect(readFileSync(file).toString('latin1', 0, word.length)).toBe(word);
      });
    } else {
      const script = `echo "${word}" >"$1/note" && sync && cat "$1/note" && df -k "$1" | tail -n 1`;
      await inside(runner, options, kind, script, ({ path }, stdout) => {
        const [said, ...df] = stdout.trim().split('\n');
        expect(said).toBe(word);
        if (kind === 'directory') expect(readFileSync(join(path, 'note'), 'utf8')).toBe(`${word}\n`);
        else {
          const [, blocks] = df.join(' ').split(/\s+/);
          // A file system of its own, of the size asked for, not the host's.
          expect(Number(blocks)).toBeLessThan(sizeBytes / 1024);
          expect(Number(blocks)).toBeGreaterThan(sizeBytes / 1024 / 2);
        }
      });
    }
    expect(traces()).toEqual([]);
    expect([...owned.values()]).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.startsWith('tare-'))).toEqual([]);
  });

  test('without a volume nothing of one shows inside', async () => {
    const runner = runnerOf(runners, 'namespace');
    const options = runner.options.parse({});
    const prepared = await probeAndPrepare(runner, { options, shape, image, pidsLimit: 64 }, context(300));
    const job = { id: 'i-2', group: null, cpus: null, service: null, volume: null };
    const instance = await prepared.start({ ...job, environment: {}, onMark: () => undefined }, context());
    const argv = ['busybox', 'ls', '/', '/dev'];
    const { stdout } = await instance.exec({ argv, environment: {}, timeoutSeconds: 20 }, context());
    await instance.stop();
    await prepared[Symbol.asyncDispose]();
    expect(stdout).not.toMatch(/volume/);
  });

  test('a SIGKILL of tare leaves what gc removes: the device and the file, the mount went by itself', async () => {
    const runs = join(folder, 'runs');
    const script = join(folder, 'victim.mjs');
    writeFileSync(script, victim);
    mkdirSync(runs, { recursive: true });
    const child = spawn(process.execPath, [script, runs, folder, JSON.stringify(image)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { file } = JSON.parse(line) as { file: string };
    expect(loopsOf(file)).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const report = await collectGarbage({ dryRun: false, runs });
    expect(report.runs.map(({ removed }) => removed)).toEqual([true]);
    expect(report.runs[0]?.actions.map(({ resource }) => resource.kind)).toContain('loop');
    expect(traces()).toEqual([]);
    expect(existsSync(file)).toBe(false);
  });
});

const backingFile = (device: string): string =>
  readFileSync(`/sys/block/${device.replace('/dev/', '')}/loop/backing_file`, 'utf8').trim();

const here = import.meta.dirname;
/** A run that starts a container with a mounted file system volume and waits to be killed. */
const victim = `
import { createRuler } from '${here}/../host/cgroup/cgroup.ts';
import { acquireLease } from '${here}/../host/lease.ts';
import { openVolumes } from '${here}/../host/volume.ts';
import { namespace } from '${here}/namespace/index.ts';
const [runs, parent, image] = process.argv.slice(2);
const lease = acquireLease('run-' + process.pid, runs);
const context = { signal: AbortSignal.timeout(60000), now: () => performance.now() / 1000, workDir: lease.workDir, lease };
const options = namespace.options.parse({});
const request = { options, image: JSON.parse(image), shape: { id: 's', cpus: 1, memoryBytes: 2 ** 27 }, pidsLimit: 64 };
const found = await namespace.probe(options, context);
const prepared = await namespace.prepare({ ...request, found }, context);
const volumes = openVolumes({ lease, parent });
const made = await volumes.make('i-1', { kind: 'filesystem', sizeBytes: 16 * 2 ** 20 }, 'loop');
const ruler = createRuler();
const path = 'tare/' + lease.runId + '/i-1';
lease.own({ kind: 'group', path });
const group = ruler.usable ? await ruler.createGroup(path) : null;
const volume = { kind: 'filesystem', path: made.path, place: '/volume' };
const job = { id: 'i-1', group, cpus: null, service: null, volume, environment: {}, onMark: () => undefined };
await prepared.start(job, context);
console.log(JSON.stringify({ file: made.mountPoint.replace(/mount$/, 'image') }));
setInterval(() => {}, 1000);
`;
