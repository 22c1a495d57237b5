/**
 * The ready applications for real: built of packages, the same bytes each time, taken by other tools, and run on
 * every runner with a root of its own: ready by their own health check, as their own user, answering.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRecord } from '../bench/record/record.ts';
import { appNames, ensureApp } from '../images/apps/index.ts';

const program = join(import.meta.dirname, 'main.ts');
const run = promisify(execFile);
const isRoot = process.geteuid?.() === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-apps-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function builtAnew(name: string, cache: string): Promise<string> {
  const before = process.env['TARE_CACHE_DIR'];
  process.env['TARE_CACHE_DIR'] = join(folder, cache);
  try {
    return (await ensureApp(name, () => undefined)).path;
  } finally {
    if (before === undefined) delete process.env['TARE_CACHE_DIR'];
    else process.env['TARE_CACHE_DIR'] = before;
  }
}

test('two builds are the same bytes, and are found again without another', async () => {
  const [first, second] = [await builtAnew('redis', 'one'), await builtAnew('redis', 'two')];
  const index = readFileSync(join(first, 'index.json'), 'utf8');
  expect(readFileSync(join(second, 'index.json'), 'utf8')).toBe(index);
  const blobs = (path: string) => readdirSync(join(path, 'blobs/sha256'));
  expect(blobs(second)).toEqual(blobs(first));
  rmSync(join(second, '..'), { recursive: true });
  const lines: string[] = [];
  process.env['TARE_CACHE_DIR'] = join(folder, 'one');
  expect((await ensureApp('redis', (line) => lines.push(line))).path).toBe(first);
  delete process.env['TARE_CACHE_DIR'];
  expect(lines).toEqual([]);
});

/** What a program inside prints of each: its user, folder, and an answer of the application. */
const looks: Readonly<Record<string, { readonly ask: string; readonly lines: readonly string[] }>> = {
  redis: {
    ask: 'redis-cli set key value; redis-cli get key',
    lines: ['redis', '/var/lib/redis', 'OK', 'value'],
  },
  nginx: {
    ask: 'wget -q -O - http://127.0.0.1:8080/ | head -n 1',
    lines: ['www-data', '/', '<!doctype html>'],
  },
  postgres: {
    ask: "psql -At -c 'select current_user, count(*) from pgbench_accounts' postgres; echo $PGDATA",
    lines: ['postgres', '/var/lib/postgresql', 'postgres|100000', '/var/lib/postgresql/data'],
  },
  node: {
    ask: 'wget -q -O - http://127.0.0.1:8080/primes; echo $NODE_ENV',
    lines: ['node', '/srv', '41538', 'production'],
  },
};

const ownMounts = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));
const processesOf = (runId: string) =>
  readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      // An orphan that has ended may wait for the machine's first process to reap it: it runs no more.
      const ended = /\) [ZX] /.test(readFileSync(`/proc/${name}/stat`, 'utf8'));
      return !ended && readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(runId);
    } catch {
      return false;
    }
  });

if (!isRoot) console.warn('skipped: containers of other users than root need root');
test.skipIf(!isRoot).each(appNames)('%s is ready, itself and gone on every runner', async (name) => {
  const { ask, lines } = looks[name] ?? { ask: '', lines: [] };
  const scenario = join(folder, `${name}.yaml`);
  // The most demanding one on engines too, which take long to bring in a tree: a user and data of its own.
  const engines = name === 'postgres' ? ['podman: {}', 'docker: { engine: private }'] : [];
  const runners = ['namespace: {}', 'runc: { kind: oci, runtime: runc }', 'vm: { kind: qemu }', ...engines];
  const shell = JSON.stringify(`id -un; pwd; ${ask}; echo n=1`);
  writeFileSync(
    scenario,
    `
name: ${name}
image: app:${name}
runners: { ${runners.join(', ')} }
control: null
shapes: { small: { cpus: 1, memory: 512MiB } }
blocks: 1
warmup: 0
cooldown: 0s
limits: { trial: 240s }
workloads:
  it:
    service: image
    programs:
      - { use: program, run: [sh, -c, ${shell}], metrics: { n: { regex: 'n=(\\d+)', unit: count, better: higher } } }
`,
  );
  const out = join(folder, `out-${name}`);
  const env = { ...process.env, CI: 'true', XDG_RUNTIME_DIR: folder };
  await run(process.execPath, [program, 'run', scenario, '--out', out], { env });
  const { header, trials } = readRecord(out);
  expect(trials.map(({ cell, outcome }) => [cell, outcome])).toEqual(
    trials.map(({ cell }) => [cell, { state: 'ok' }]),
  );
  expect(trials).toHaveLength(runners.length);
  for (const { cell, outputs, provenDigest } of trials) {
    const printed =
      outputs
        .find(({ program: one }) => one === 'program')
        ?.stdout.trimEnd()
        .split('\n') ?? [];
    expect([cell, ...printed]).toEqual([cell, ...lines, 'n=1']);
    expect(provenDigest).toBe(header.imageDigest);
  }
  expect(ownMounts()).toEqual([]);
  expect(processesOf(header.runId)).toEqual([]);
});
