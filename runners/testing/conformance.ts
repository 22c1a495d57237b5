/**
 * The contract of a runner as a test suite, run against every runner with real instances: what starts is
 * measured in order, does the image's work, is held by its limits, fails as what it is, and leaves nothing.
 * Not shipped with any command; imported by `*.host.test.ts` files alone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRuler, type MeteredGroup } from '../../host/cgroup/cgroup.ts';
import type { Resource } from '../../host/lease.ts';
import { isRunning, killQuietly } from '../../host/process-identity.ts';
import type { Image } from '../../images/image.ts';
import type { Mark } from '../../model/instance.ts';
import type { Shape } from '../../model/scenario.ts';
import { testServices } from './conformance-services.ts';
import { maskedPaths, readOnlyPaths } from '../container-root.ts';
import { TrialFailure, type Context, type ExecRequest, type Job, type Runner } from '../runner.ts';
import { hostBootId, substrateOf, substrateScript } from '../substrate.ts';
import type { Bench, Started } from './bench.ts';

export interface Subject {
  readonly runner: Runner;
  readonly options: Readonly<Record<string, unknown>>;
  readonly image: () => Promise<Image>;
  readonly shape?: Shape;
  /** Scales every wait: an emulated machine is tens of times slower. */
  readonly patience?: number;
  /** The instance is held by its group's memory cap (a VM is held by the memory it is given). */
  readonly capped?: boolean;
  /** The writable root may be written to from inside (not the process runner: it has the image itself). */
  readonly ownRoot?: boolean;
  /** Marks that must be there, in order. */
  readonly marks?: readonly string[];
}

const defaultShape: Shape = { id: 'test', cpus: 1, memoryBytes: 128 * 1024 * 1024 };

const now = (): number => Number(process.hrtime.bigint()) / 1e9;

const mounts = (): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .sort();

/** Registers the suite for one runner with one set of options. */
export function describeRunner(name: string, subject: Subject): void {
  const { runner, options, patience = 1, capped = true, ownRoot = true } = subject;
  const shape = subject.shape ?? defaultShape;
  const ruler = createRuler();
  const noGroups = ruler.usable ? '' : `no cgroups: ${ruler.reason}`;
  const wait = 20_000 * patience;
  let bench: Bench;
  let folder: string;
  let serial = 0;
  const starts: Promise<Started>[] = [];
  const groups: MeteredGroup[] = [];

  const makeBench = async (): Promise<Bench> => {
    const owned = new Map<string, Resource>();
    const lease = {
      runId: 'conformance',
      own: (resource: Resource) => void owned.set(JSON.stringify(resource), resource),
      release: (resource: Resource) => void owned.delete(JSON.stringify(resource)),
    };
    const context = (signal: AbortSignal = AbortSignal.timeout(wait)): Context => ({
      signal,
      now,
      workDir: join(folder, 'work'),
      lease,
    });
    await mkdir(join(folder, 'work'), { recursive: true });
    const parsed = runner.options.parse(options);
    const found = await runner.probe(parsed, context());
    if (!found.usable) throw new Error(`${found.reason}; ${found.hint}`);
    const prepared = await runner.prepare(
      { options: parsed, found, shape, image: await subject.image(), pidsLimit: 48 },
      context(AbortSignal.timeout(wait * 10)),
    );
    const start = async (change: Partial<Job> & { readonly signal?: AbortSignal } = {}): Promise<Started> => {
      const { signal, ...job } = change;
      const id = `i-${++serial}`;
      const group = ruler.usable ? await ruler.createGroup(`tare/test-${process.pid}/${id}`) : null;
      if (group !== null) groups.push(group);
      const marks: Mark[] = [];
      const instance = await prepared.start(
        {
          id,
          group,
          cpus: '1',
          service: null,
          volume: null,
          environment: {},
          onMark: (mark) => marks.push(mark),
          ...job,
        },
        context(signal),
      );
      return { instance, group, marks };
    };
    return {
      prepared,
      context,
      owned,
      start(change) {
        const started = start(change);
        started.catch(() => undefined);
        starts.push(started);
        return started;
      },
    };
  };

  const run = (started: Started, argv: readonly string[], more: Partial<ExecRequest> = {}) =>
    started.instance.exec({ argv, environment: {}, timeoutSeconds: 60, ...more }, bench.context());
  const shell = (started: Started, script: string, more: Partial<ExecRequest> = {}) =>
    run(started, ['busybox', 'sh', '-c', script], more);

  describe(name, () => {
    let mountsBefore: readonly string[];

    beforeAll(async () => {
      mountsBefore = mounts();
      folder = await mkdtemp(join(tmpdir(), 'tare-conformance-'));
      bench = await makeBench().catch(async (error: unknown) => {
        await rm(folder, { recursive: true, force: true });
        throw error;
      });
    });
    afterEach(async () => {
      for (const started of starts.splice(0))
        await started.then(({ instance }) => instance.stop()).catch(() => undefined);
      for (const group of groups.splice(0)) {
        expect(group.pids()).toEqual([]);
        expect(await group.remove()).toBe(true);
      }
      expect(mounts()).toEqual(mountsBefore);
    });
    afterAll(async () => {
      await bench.prepared[Symbol.asyncDispose]();
      expect([...bench.owned.values()]).toEqual([]);
      await rm(folder, { recursive: true, force: true });
    });

    test('says what it is: traits, identity, acceleration', async () => {
      const { traits, identity, acceleration } = bench.prepared;
      expect(traits.image).toBe((await subject.image()).digest);
      for (const key of [
        'kernel',
        'memoryLimit',
        'network',
        'privileges',
        'clock',
        'ruler',
        'startState',
      ] as const) {
        expect(traits[key]).toBeTruthy();
      }
      expect(Object.keys(identity).length).toBeGreaterThan(0);
      expect(acceleration.reason).not.toBe('');
    });

    test('is what it says it is: the kernel that answers inside is the one it names', async () => {
      const { isolation, architecture, kernel } = bench.prepared;
      const { stdout } = await shell(await bench.start(), `TARE_BUSYBOX=busybox\n${substrateScript}`);
      const seen = substrateOf(stdout, hostBootId())?.substrate;
      // From inside a process of the host and a container look alike: both have its kernel.
      const sharing = isolation === 'process' ? 'container' : isolation;
      expect(seen).toEqual({ isolation: sharing, architecture, kernel });
    });

    test('milestones come in order, each once, and the same to onMark', async () => {
      const { instance, marks } = await bench.start();
      const wanted = subject.marks ?? ['T0', 'T1', 'T4', 'T5', 'T6'];
      const names = marks.map((mark) => mark.name);
      for (const mark of wanted) expect(names.filter((each) => each === mark)).toEqual([mark]);
      const ordered = wanted.map((mark) => marks.find((each) => each.name === mark)!.at);
      expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
      expect([...instance.marks].map((mark) => mark.name).sort()).toEqual([...names].sort());
      const { gone, leftovers } = await instance.stop();
      expect(leftovers).toEqual([]);
      expect(gone!.name).toBe('T7');
      expect(gone!.at).toBeGreaterThan(ordered.at(-1)!);
    });

    test('programs run: output, exit codes, arguments and environment as they were given', async () => {
      const started = await bench.start({ environment: { FROM_JOB: 'of the job' } });
      const odd = 'two  spaces, "quotes", \\back\\slashes\n\nand newlines\n';
      const said = await run(
        started,
        ['busybox', 'sh', '-c', 'printf %s "$1|$FROM_JOB|$MORE"; printf err >&2; exit 3', 'sh', odd],
        {
          environment: { MORE: 'a=b\\n c' },
        },
      );
      expect(said).toMatchObject({
        exitCode: 3,
        stdout: `${odd}|of the job|a=b\\n c`,
        stderr: 'err',
        oomKills: 0,
      });
      expect(said.end).toBeGreaterThanOrEqual(said.begin);
      // Output that looks like the protocol is output.
      const fake = await shell(started, 'echo "mark T6"; echo "end 1 0 0 0 0"; printf "no newline"');
      expect(fake.stdout).toBe('mark T6\nend 1 0 0 0 0\nno newline');
      expect((await run(started, ['no-such-program'])).exitCode).toBe(127);
      const large = await shell(started, 'busybox yes 0123456789 | busybox head -n 100000');
      expect(large.stdout.length).toBe(1_100_000);
      expect(started.marks.filter((mark) => mark.name === 'T6')).toHaveLength(1);
    });

    test('a program over its time is killed and says so', async () => {
      const started = await bench.start();
      const late = await run(started, ['busybox', 'sleep', '60'], { timeoutSeconds: 1 });
      expect(late.exitCode).toBe(124);
      expect((await run(started, ['busybox', 'echo', 'still here'])).stdout).toBe('still here\n');
    });

    test('the image is proven from inside, and a changed file is noticed', async () => {
      const image = await subject.image();
      const started = await bench.start();
      const busybox = image.programs['busybox'] ?? '/usr/bin/busybox';
      const proof = await started.instance.prove([busybox], bench.context());
      expect(proof).toEqual({ digest: image.digest, checkedFiles: 1, mismatches: [] });
      const all = await started.instance.prove([], bench.context());
      const files = (await readFile(image.manifest, 'utf8'))
        .split('\n')
        .filter((line) => line.startsWith('f '));
      expect(all).toEqual({ digest: image.digest, checkedFiles: files.length, mismatches: [] });
      const unknown = await started.instance.prove(['/no/such'], bench.context());
      expect(unknown.mismatches).toEqual(['/no/such']);
      if (!ownRoot) return;
      const victim = files[0]!.split(' ').slice(3).join(' ');
      expect((await shell(started, `echo changed >> ${victim}`)).exitCode).toBe(0);
      expect((await started.instance.prove([victim], bench.context())).mismatches).toEqual([victim]);
      await started.instance.stop();
      // The change lived in the instance's layer: the next one sees the image again.
      const next = await bench.start();
      expect((await next.instance.prove([victim], bench.context())).mismatches).toEqual([]);
    });

    test('two at once, each with its own programs and files', async () => {
      const both = await Promise.all([bench.start(), bench.start()]);
      const outputs = await Promise.all(
        both.map((one, index) => run(one, ['busybox', 'echo', String(index)])),
      );
      expect(outputs.map(({ stdout }) => stdout)).toEqual(['0\n', '1\n']);
      if (ownRoot) {
        await shell(both[0], 'echo mine > /tmp/file');
        expect((await shell(both[1], 'cat /tmp/file')).exitCode).not.toBe(0);
      }
      const [first, second] = both.map(({ instance }) => instance.pids() ?? []);
      expect(first!.length).toBeGreaterThan(0);
      expect(first!.filter((pid) => second!.includes(pid))).toEqual([]);
    });

    testServices(() => bench);

    test('stop is idempotent and leaves no process, mount or file', async () => {
      const { instance, group } = await bench.start();
      await shell({ instance, group, marks: [] }, '(sleep 1000 &) ; (setsid sleep 1000 &)');
      const pids = instance.pids() ?? [];
      const [first, second] = await Promise.all([instance.stop(), instance.stop()]);
      expect(first.leftovers).toEqual([]);
      expect(second).toEqual(first);
      expect(await instance.stop()).toEqual(first);
      expect(group?.pids() ?? []).toEqual([]);
      expect(pids.filter((pid) => isRunning(pid))).toEqual([]);
      expect(instance.ended()).toBeNull();
    });

    test('an abort in the middle of a start leaves nothing', async () => {
      for (const milliseconds of [0, 5, 20, 60]) {
        const stop = new AbortController();
        // A start faster than the abort is a started instance, stopped as any other.
        const starting = bench.start({ signal: stop.signal }).then(
          async ({ instance }) => (await instance.stop()).leftovers.join(),
          (error: unknown) => (error instanceof TrialFailure ? error.facts.reason : String(error)),
        );
        await delay(milliseconds * Math.sqrt(patience));
        stop.abort();
        expect(await starting).toMatch(/^(interrupted)?$/);
        for (const group of groups) expect(group.pids()).toEqual([]);
      }
    });

    test('an instance that is killed from outside has ended early', async () => {
      const started = await bench.start();
      const running = run(started, ['busybox', 'sleep', '100'], { timeoutSeconds: 100 });
      running.catch(() => undefined);
      await delay(100);
      for (const pid of started.instance.pids() ?? []) killQuietly(pid);
      await expect(running).rejects.toMatchObject({
        facts: { reason: expect.stringMatching(/early-exit|crash/) },
      });
      expect(started.instance.ended()).toMatchObject({ reason: expect.stringMatching(/early-exit|crash/) });
      expect((await started.instance.stop()).leftovers).toEqual([]);
    });

    test('a deadline during work is a timeout', async () => {
      const started = await bench.start();
      const context = bench.context(AbortSignal.timeout(300));
      const request = { argv: ['busybox', 'sleep', '50'], environment: {}, timeoutSeconds: 60 };
      await expect(started.instance.exec(request, context)).rejects.toMatchObject({
        facts: { reason: 'timeout' },
      });
      expect((await started.instance.stop()).leftovers).toEqual([]);
    });

    test('what it uses is read from its group', async ({ skip }) => {
      skip(!ruler.usable, noGroups);
      const started = await bench.start();
      const before = started.group!.read().cpuSeconds!;
      await shell(started, 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done');
      const after = started.group!.read();
      expect(after.cpuSeconds! - before).toBeGreaterThan(0.02);
      expect(after.processes).toBeGreaterThan(0);
      expect(after.memoryBytes).toBeGreaterThan(100_000);
    });

    test('more memory than its shape is an OOM kill that can be told', async ({ skip }) => {
      skip(!ruler.usable, noGroups);
      const started = await bench.start();
      const hog = ['busybox', 'awk', 'BEGIN { x = "0123456789abcdef"; while (1) x = x x }'];
      const kills = started.group!.read().oomKills ?? 0;
      const outcome = await run(started, hog).catch(
        (error: unknown) => error as { facts: { reason: string } },
      );
      if ('exitCode' in outcome) {
        expect(outcome.exitCode).not.toBe(0);
        const counted = capped ? started.group!.read().oomKills! - kills : outcome.oomKills;
        expect(counted).toBeGreaterThan(0);
      } else expect(outcome.facts.reason).toBe('oom');
    });

    // A VM's guest has its own processes and CPUs: these two are promises of the host's kernel only.
    if (!capped) return;

    test('processes are capped, and the instance can still be stopped', async ({ skip }) => {
      skip(!ruler.usable, noGroups);
      const started = await bench.start();
      const bomb = 'i=0; while [ $i -lt 200 ]; do sleep 100 & i=$((i+1)); done; echo all';
      const outcome = await shell(started, bomb, { timeoutSeconds: 5 }).catch(() => ({ stdout: '' }));
      expect(outcome.stdout).not.toContain('all');
      expect(started.group!.read().processes!).toBeLessThanOrEqual(48);
      expect((await started.instance.stop()).leftovers).toEqual([]);
    });

    test('it stays on the CPUs it was given', async ({ skip }) => {
      skip(!ruler.usable, noGroups);
      const started = await bench.start({ cpus: '0' });
      const { stdout } = await shell(started, 'busybox grep Cpus_allowed_list /proc/self/status');
      expect(stdout.trim().split(/\s+/)[1]).toBe('0');
    });

    // The process runner isolates nothing; the others are containers, whose root must not own the host.
    if (!ownRoot) return;

    test("the host's kernel cannot be set from inside, nor its own state seen", async () => {
      const started = await bench.start();
      // Opened for writing, never written to.
      const opened = await shell(started, ': >>/proc/sys/kernel/core_pattern');
      expect(opened.exitCode).not.toBe(0);
      expect(opened.stderr).toMatch(/Read-only file system|Permission denied/);
      for (const path of readOnlyPaths.filter((each) => existsSync(each))) {
        const seen = await shell(started, `busybox grep " ${path} " /proc/mounts`);
        expect(seen.stdout, path).toMatch(/ ro,/);
      }
      for (const path of maskedPaths.filter((each) => existsSync(each))) {
        const seen = await shell(
          started,
          `if [ -d ${path} ]; then busybox ls -A ${path}; else cat ${path}; fi`,
        );
        expect(seen, path).toMatchObject({ exitCode: 0, stdout: '' });
      }
    });
  });
}
