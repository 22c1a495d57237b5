/** A run is killed in the middle; gc removes all that it had announced, and nothing of anybody alive. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRuler } from './cgroup/cgroup.ts';
import { collectGarbage } from './gc.ts';
import { acquireLease, type Resource } from './lease.ts';
import { isAlive, processIdentity } from './process-identity.ts';

let runs: string;
beforeEach(() => (runs = mkdtempSync(join(tmpdir(), 'tare-runs-'))));
afterEach(() => rmSync(runs, { recursive: true, force: true }));

const here = import.meta.dirname;
/** A run that makes a group, a process in it, a process beside it and a folder, and then waits to be killed. */
const victim = `
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRuler } from '${here}/cgroup/cgroup.ts';
import { acquireLease } from '${here}/lease.ts';
import { processIdentity } from '${here}/process-identity.ts';
const [runs, scratch] = process.argv.slice(2);
const lease = acquireLease('victim', runs);
const ruler = createRuler();
const path = 'tare/gc-test-' + process.pid + '/i-1';
lease.own({ kind: 'group', path });
const pids = [];
if (ruler.usable) {
  const group = await ruler.createGroup(path);
  const joins = group.procsFiles.map((file) => 'echo 0 > ' + file).join('; ');
  pids.push(spawn('sh', ['-c', joins + '; exec sleep 1000'], { stdio: 'ignore', detached: true }).pid);
  while (group.pids().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
const beside = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
lease.own({ kind: 'process', ...processIdentity(beside.pid) });
pids.push(beside.pid);
lease.own({ kind: 'folder', path: scratch });
mkdirSync(scratch + '/deep', { recursive: true });
console.log(JSON.stringify({ path, pids }));
setInterval(() => {}, 1000);
`;

test('after SIGKILL: live runs are left alone, dead ones are removed whole, and twice is once', async () => {
  const script = join(runs, '..', `tare-victim-${process.pid}.mjs`);
  const scratch = mkdtempSync(join(tmpdir(), 'tare-gc-scratch-'));
  writeFileSync(script, victim);
  const child = spawn(process.execPath, [script, runs, scratch], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { path, pids } = JSON.parse(line) as { path: string; pids: number[] };
    const processes = pids.map((pid) => processIdentity(pid)!);

    const whileAlive = await collectGarbage({ dryRun: false, runs });
    expect(whileAlive.runs).toEqual([{ runId: 'victim', live: true, actions: [], removed: false }]);
    expect(processes.every(isAlive)).toBe(true);

    child.kill('SIGKILL');
    await once(child, 'close');
    expect(processes.every(isAlive)).toBe(true);
    const dry = await collectGarbage({ dryRun: true, runs });
    expect(dry.runs[0]?.actions.map(({ state }) => state)).toEqual([
      'would-remove',
      'would-remove',
      'would-remove',
    ]);
    expect(existsSync(scratch)).toBe(true);

    const report = await collectGarbage({ dryRun: false, runs });
    expect(report.runs).toMatchObject([{ runId: 'victim', live: false, removed: true }]);
    expect(report.runs[0]?.actions.map(({ resource, state }) => `${resource.kind} ${state}`)).toEqual([
      'process removed',
      createRuler().usable ? 'group removed' : 'group failed',
      'folder removed',
    ]);
    while (processes.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(existsSync(scratch)).toBe(false);
    expect(existsSync(join(runs, 'victim'))).toBe(false);
    const ruler = createRuler();
    if (ruler.usable) expect(ruler.existingGroup(path).exists()).toBe(false);
    expect(await collectGarbage({ dryRun: false, runs })).toEqual({ runs: [] });
  } finally {
    child.kill('SIGKILL');
    rmSync(script, { force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
});

test('a pid that now belongs to another process is not killed, and a cut ledger line is passed over', async () => {
  const lease = acquireLease('old', runs);
  const mine = processIdentity(process.pid)!;
  lease.own({ kind: 'process', ...mine, startTicks: '1' });
  lease.own({ kind: 'process', ...mine, bootId: 'another-boot' });
  lease.close();
  writeFileSync(join(runs, 'old', 'owned.jsonl'), '{"own":{"kind":"fol', { flag: 'a' });
  const { runs: found } = await collectGarbage({ dryRun: false, runs });
  expect(found[0]?.actions.map(({ state }) => state)).toEqual(['absent', 'absent']);
  expect(isAlive(mine)).toBe(true);
});

test('what is no run folder is left alone', async () => {
  writeFileSync(join(runs, 'a file'), '');
  mkdirSync(join(runs, '.being-made'));
  expect(await collectGarbage({ dryRun: false, runs })).toEqual({ runs: [] });
  expect(existsSync(join(runs, '.being-made'))).toBe(true);
});

/** A program that keeps a thing in a file: removes it, says that there is none, or fails. */
function keeper(): { readonly argv: readonly string[]; readonly file: string } {
  const file = join(runs, 'kept');
  const script = `[ -e "$1" ] || { echo "no such thing" >&2; exit 1; }; rm "$1" && echo "$1"`;
  return { argv: ['sh', '-c', script, 'sh', file], file };
}

test('what another program keeps is removed by the command that was listed, once, and told by name', async () => {
  const { argv, file } = keeper();
  const kept = { kind: 'command', what: 'thing 1', argv, environment: {}, asksTheRun: false } as const;
  const collect = async (resource: Resource) => {
    const lease = acquireLease('kept-run', runs);
    lease.own(resource);
    lease.close();
    const [run] = (await collectGarbage({ dryRun: false, runs })).runs;
    if (run?.removed === false) rmSync(join(runs, 'kept-run'), { recursive: true });
    return run?.actions.map(({ state, note }) => `${state} ${note}`.trim());
  };
  writeFileSync(file, '');
  expect(await collect({ ...kept, goneIf: { says: 'no such thing' } })).toEqual(['removed']);
  expect(existsSync(file)).toBe(false);
  expect(await collect({ ...kept, goneIf: { says: 'no such thing' } })).toEqual(['absent']);
  expect(await collect({ ...kept, goneIf: { missing: file } })).toEqual(['absent']);
  expect(await collect({ ...kept, argv: ['true'], goneIf: { silent: true } })).toEqual(['absent']);
  // Whatever else it says is a failure, and the run stays listed.
  expect(await collect({ ...kept, goneIf: {} })).toEqual(['failed no such thing']);
});

test('an engine of the run is asked before the run is ended, a runtime after it', async () => {
  const lease = acquireLease('order', runs);
  const command = (what: string, asksTheRun: boolean) =>
    ({ kind: 'command', what, argv: ['true'], environment: {}, goneIf: {}, asksTheRun }) as const;
  lease.own({ kind: 'folder', path: join(runs, 'none') });
  lease.own(command('late', false));
  lease.own({ kind: 'process', ...processIdentity(process.pid)!, startTicks: '1' });
  lease.own(command('early', true));
  lease.close();
  const { runs: found } = await collectGarbage({ dryRun: true, runs });
  expect(
    found[0]?.actions.map(({ resource }) => ('what' in resource ? resource.what : resource.kind)),
  ).toEqual(['early', 'process', 'late', 'folder']);
});

test('what runs of tare 0.1 listed is collected as they meant it', async () => {
  const { argv, file } = keeper();
  writeFileSync(file, '');
  mkdirSync(join(runs, 'old'));
  writeFileSync(join(runs, 'old', 'lock'), '');
  const log = join(runs, 'asked');
  const runtime = join(runs, 'runtime');
  writeFileSync(runtime, `#!/bin/sh\necho "$*" >>'${log}'\n`, { mode: 0o755 });
  mkdirSync(join(runs, 'state', 'run-i-1'), { recursive: true });
  const old = [
    { kind: 'oci', binary: runtime, stateRoot: join(runs, 'state'), id: 'run-i-1' },
    { kind: 'oci', binary: runtime, stateRoot: join(runs, 'state'), id: 'gone' },
    { kind: 'container', argv, environment: {}, name: 'tare-i-2' },
  ];
  const released = { kind: 'container', argv: ['false'], environment: {}, name: 'released' };
  const lines = [...old.map((own) => ({ own })), { own: released }, { release: released }];
  writeFileSync(join(runs, 'old', 'owned.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const { runs: found } = await collectGarbage({ dryRun: false, runs });
  const run = found.find(({ runId }) => runId === 'old');
  expect(run?.actions.map(({ resource, state }) => ['what' in resource ? resource.what : '', state])).toEqual(
    [
      ['container tare-i-2', 'removed'],
      ['container gone', 'absent'],
      ['container run-i-1', 'removed'],
    ],
  );
  expect(readFileSync(log, 'utf8')).toBe(`--root ${join(runs, 'state')} delete -f run-i-1\n`);
  expect(existsSync(file)).toBe(false);
});
