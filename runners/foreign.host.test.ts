/**
 * What no runner can prove from its own process: that a SIGKILL of tare itself leaves no instance behind
 * (and gc removes the rest), that the rootless container needs no root at all, and that the classic way
 * out of a chroot ends at the container's own root.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRuler } from '../host/cgroup/cgroup.ts';
import { runTool } from '../host/exec.ts';
import { collectGarbage } from '../host/gc.ts';
import type { Image } from '../images/image.ts';
import { makeTinyImage } from './testing/tiny-image.ts';

const here = import.meta.dirname;
const ruler = createRuler();
const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;
let folder: string;
let image: Image;

/** Starts an instance in a process of its own, tells what it runs, does one thing in it, waits. */
const driver = `
import { join } from 'node:path';
import { createRuler } from '${here}/../host/cgroup/cgroup.ts';
import { acquireLease } from '${here}/../host/lease.ts';
const { kind, options, image, runs, script } = JSON.parse(process.argv[2]);
const runner = (await import('${here}/' + kind + '/index.ts'))[kind];
const lease = acquireLease('run-' + process.pid, runs);
const context = {
  signal: AbortSignal.timeout(60000),
  now: () => performance.now() / 1000,
  workDir: lease.workDir,
  lease,
};
const parsed = runner.options.parse(options);
const found = await runner.probe(parsed, context);
if (!found.usable) throw new Error(found.reason);
const request = { options: parsed, found, image, shape: { id: 's', cpus: 1, memoryBytes: 2 ** 27 }, pidsLimit: 64 };
const prepared = await runner.prepare(request, context);
const ruler = createRuler();
const path = 'tare/' + lease.runId + '/i-1';
let group = null;
if (ruler.usable) {
  lease.own({ kind: 'group', path });
  group = await ruler.createGroup(path);
}
const job = { id: 'i-1', group, cpus: null, service: null, volume: null, environment: {}, onMark: () => undefined };
const instance = await prepared.start(job, context);
const argv = ['busybox', 'sh', '-c', script];
const { exitCode, stdout, stderr } = await instance.exec({ argv, environment: {}, timeoutSeconds: 20 }, context);
console.log(JSON.stringify({ path, pids: instance.pids(), exitCode, stdout, stderr }));
process.stdin.once('data', async () => {
  const { leftovers } = await instance.stop();
  if (group !== null) await group.remove();
  await prepared[Symbol.asyncDispose]();
  if (group !== null) lease.release({ kind: 'group', path });
  lease.close();
  console.log(JSON.stringify({ leftovers }));
  process.exit(0);
});
`;

interface Told {
  readonly path: string;
  readonly pids: readonly number[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tare-foreign-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'image'));
  image = await makeTinyImage(join(folder, 'image'));
  writeFileSync(join(folder, 'driver.mjs'), driver);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function drive(
  what: { kind: string; options: object; runs: string; script: string; image?: Image },
  as: readonly string[] = [],
) {
  const request = JSON.stringify({ image, ...what });
  const argv = [...as, process.execPath, join(folder, 'driver.mjs'), request];
  const child = spawn('env', argv, { stdio: ['pipe', 'pipe', 'pipe'], cwd: folder });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const line = async <T>(): Promise<T> => {
    const [text] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'close').then(() => Promise.reject(new Error(complaint))),
    ])) as [string];
    return JSON.parse(text) as T;
  };
  return { child, line };
}

/** Orphans stay defunct until the outermost init reaps them, which may take seconds; that is not running. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe.each([
  { kind: 'process', options: {} },
  { kind: 'namespace', options: { user: isRoot ? 'root' : 'rootless' } },
  { kind: 'namespace', options: { user: 'rootless' } },
  { kind: 'oci', options: { runtime: 'runc' } },
  { kind: 'oci', options: { runtime: 'crun' } },
])('$kind $options', ({ kind, options }) => {
  test.skipIf(kind === 'oci' && !isRoot)('the death of tare is the death of its instances', async () => {
    const runs = join(folder, `runs-${kind}-${JSON.stringify(options).length}`);
    const { child, line } = drive({
      kind,
      options,
      runs,
      script: '(sleep 1000 &); (setsid sleep 1000 &); echo started',
    });
    const told = await line<Told>();
    expect(told.stdout).toBe('started\n');
    expect(told.pids.length).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await once(child, 'close');
    // The process runner has no namespace whose end would take a daemon along: there gc does it.
    if (kind !== 'process') {
      const deadline = Date.now() + 10_000;
      while (told.pids.some(isRunning) && Date.now() < deadline) await delay(5);
      expect(told.pids.filter(isRunning)).toEqual([]);
    }
    const { runs: collected } = await collectGarbage({ dryRun: false, runs });
    expect(collected.map(({ removed }) => removed)).toEqual([true]);
    if (ruler.usable) expect(ruler.existingGroup(told.path).exists()).toBe(false);
    expect(told.pids.filter(isRunning)).toEqual([]);
  });
});

const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

test.skipIf(!isRoot)('the rootless container runs for a user who is nobody', async () => {
  const runs = join(folder, 'runs-nobody');
  const home = join(folder, 'nobody');
  const own = await makeTinyImage(home);
  mkdirSync(runs);
  chownSync(runs, nobody, nobody);
  expect((await runTool(['chown', '-R', `${nobody}:${nobody}`, home], { timeoutSeconds: 20 })).exitCode).toBe(
    0,
  );
  const script =
    'id -u; busybox hostname; echo x > /etc/new && cat /etc/new; grep : /proc/net/dev | tr -d " 0-9"';
  const { child, line } = drive(
    { kind: 'namespace', options: { user: 'auto' }, runs, script, image: own },
    asNobody,
  );
  const told = await line<Told>();
  expect(told).toMatchObject({ exitCode: 0, stdout: '0\ntare\nx\nlo:\n' });
  child.stdin.write('stop\n');
  expect(await line()).toEqual({ leftovers: [] });
  await once(child, 'close');
  expect(told.pids.filter(isRunning)).toEqual([]);
});

/**
 * A process whose root is a folder below and whose working directory is above it climbs with `..` past every
 * root it was given: nsenter with another's root and one's own working directory makes such a process.
 */
const escape = `
cp /.tare/busybox /tmp/busybox
busybox chroot /tmp /busybox sleep 100 &
sleep 0.3
cd /
busybox nsenter -t $! -r -w/ /busybox sh -c '
  cd ../../../../../../..
  ./.tare/busybox chroot . /.tare/busybox sh -c "ls -d /.tare /work /home /root /boot /srv 2>/dev/null; pwd"
'
`;

test.each([
  { kind: 'namespace', options: { user: isRoot ? 'root' : 'rootless' } },
  { kind: 'oci', options: { runtime: 'runc' } },
])('climbing out of a chroot inside $kind ends at the container', async ({ kind, options }) => {
  if (kind === 'oci' && !isRoot) return;
  const { child, line } = drive({ kind, options, runs: join(folder, `runs-escape-${kind}`), script: escape });
  const told = await line<Told>();
  expect(told.stdout, told.stderr).toBe('/.tare\n/\n');
  child.stdin.write('stop\n');
  expect(await line()).toEqual({ leftovers: [] });
  await once(child, 'close');
});
