/**
 * What the v2 guest (v2-guest.ts) runs: it takes the places a process can have on a v2 host one after the
 * other, uses the ruler from each, and writes what it saw as one line of JSON. It judges nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createRuler } from '../cgroup/cgroup.ts';
import type { MeteredGroup } from '../cgroup/cgroup.ts';
import { openMeter } from '../meter/meter.ts';

const mount = '/sys/fs/cgroup';
const mebibyte = 2 ** 20;
/** Any user that is not root. */
const user = 1000;

export type Observation = Awaited<ReturnType<typeof observe>>;
/** One entry per place. */
export type Observations = typeof observations;

/** A shell in the group that has its say and then waits for its input to end. */
function inGroup(group: MeteredGroup, script: string) {
  const enter = group.procsFiles.map((file) => `echo 0 > ${file} || exit 125`).join('; ');
  const child = spawn('sh', ['-c', `${enter}; ${script}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(() => output.trim());
  return { child, ended, said: async (word: string) => await until(() => output.includes(word)) };
}

/** Gives up silently: what did not happen shows in the observation. */
async function until(happened: () => boolean): Promise<void> {
  for (let left = 1000; left > 0 && !happened(); left -= 1) await delay(20);
}

const folderOf = (group: MeteredGroup): string => dirname(dirname(group.procsFiles[0] ?? ''));

/** Folders called `tare` anywhere in the tree. */
const traces = (): readonly string[] =>
  readdirSync(mount, { recursive: true, encoding: 'utf8' }).filter((path) => /(^|\/)tare(\/|$)/.test(path));

async function observe() {
  const ruler = createRuler();
  if (!ruler.usable) return { ...ruler, traces: traces() };
  const groups: MeteredGroup[] = [];
  const newGroup = async (): Promise<MeteredGroup> => {
    const group = await ruler.createGroup(`tare/run/g-${groups.length}`);
    groups.push(group);
    return group;
  };

  const plain = await newGroup();
  const { unset } = await plain.limit({ memoryBytes: 64 * mebibyte, pids: 24, cpus: '1' });
  const meter = openMeter(plain.meter);
  // A variable of 4 MiB is memory nobody can take for the shell's own.
  const busy = inGroup(
    plain,
    "held=$(dd if=/dev/zero bs=1M count=4 2>/dev/null | tr '\\0' x); grep Cpus_allowed_list /proc/self/status; echo done; read -r line",
  );
  await busy.said('done');
  const whileBusy = { reading: plain.read(), metered: meter.read(), pids: plain.pids().length };
  const removedWhileBusy = await plain.remove();
  busy.child.stdin.end();
  const cpuList = /Cpus_allowed_list:\s*(\S+)/.exec(await busy.ended)?.[1] ?? null;
  const removed = await plain.remove();
  const gone = { folder: !existsSync(folderOf(plain)), metered: meter.read(), reading: plain.read() };
  meter.close();

  const small = await newGroup();
  await small.limit({ memoryBytes: 16 * mebibyte });
  const greedy = await inGroup(small, 'dd if=/dev/zero of=/dev/null bs=64M count=1; echo status $?').ended;
  const afterOom = small.read();
  const oomStrain = small.strain();

  const few = await newGroup();
  await few.limit({ pids: 3 });
  const refused = inGroup(few, 'for i in 1 2 3 4 5 6; do sleep 60 & done; echo all started');
  await once(refused.child, 'exit');
  const sleepers = few.pids().length;
  const fewStrain = few.strain();

  // Outside, what the group above has is shared thread by thread; a quota and the counters hold inside.
  const slow = await newGroup();
  const slowUnset = (await slow.limit({ cpuQuota: 0.2, cpuWeight: 50 })).unset;
  await inGroup(slow, 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done').ended;
  const slowed = { unset: slowUnset, strain: slow.strain() };

  const undivided = { sharesCpuOf: 'tare/run/pair' };
  const joined = await ruler.createGroup('tare/run/pair/cage/g', undivided);
  groups.push(joined);
  await inGroup(joined, 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done').ended;
  const shared = {
    weightFile: existsSync(join(folderOf(joined), 'cpu.weight')),
    handedOut: readFileSync(join(dirname(dirname(folderOf(joined))), 'cgroup.subtree_control'), 'utf8'),
    capped: await joined.limit({ memoryBytes: 16 * mebibyte, pids: 8 }),
    reading: joined.read(),
  };

  const stubborn = await newGroup();
  await stubborn.limit({ pids: 64 });
  const forkers = inGroup(
    stubborn,
    `trap '' TERM; for i in 1 2 3; do sh -c 'trap "" TERM; while :; do sleep 0.05; done' & done; wait`,
  );
  await until(() => stubborn.pids().length > 3);
  const killed = {
    before: stubborn.pids().length,
    ok: await stubborn.kill(10),
    after: stubborn.pids().length,
  };
  await forkers.ended;

  const cleared: boolean[] = [];
  for (const group of groups.slice(1)) cleared.push((await group.kill(10)) && (await group.remove()));
  return {
    usable: ruler.usable,
    mode: ruler.mode,
    controllers: ruler.controllers,
    folder: dirname(dirname(dirname(folderOf(plain)))),
    unset,
    whileBusy,
    removedWhileBusy,
    cpuList,
    removed,
    gone,
    oom: { output: greedy, reading: afterOom, strain: oomStrain },
    pidsCap: { output: await refused.ended, sleepers, strain: fewStrain },
    slowed,
    shared,
    killed,
    cleared,
    traces: traces(),
  };
}

/** A group as a service manager makes it: every level above it hands its controllers down. */
function makeGroup(path: string): string {
  let folder = mount;
  for (const name of path.split('/')) {
    writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu +memory +pids +cpuset +io');
    folder = join(folder, name);
    mkdirSync(folder, { recursive: true });
  }
  return folder;
}

const enter = (folder: string): void => writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));

/** What systemd does for Delegate=yes; the files are the ones in /sys/kernel/cgroup/delegate. */
function delegate(folder: string): void {
  for (const name of ['.', 'cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control']) {
    chownSync(join(folder, name), user, user);
  }
}

const root = await observe();

enter(makeGroup('user.slice/session-1.scope'));
const session = await observe();

// The delegated group holds this process, so it cannot hand out controllers before it is left.
const service = makeGroup('user.slice/user@1000.service');
delegate(service);
enter(service);
process.setgid?.(user);
process.setuid?.(user);
const beside = spawn('sleep', ['600'], { stdio: 'ignore' });
const crowded = {
  ruler: createRuler(),
  handedOut: readFileSync(join(service, 'cgroup.subtree_control'), 'utf8').trim(),
  processes: readFileSync(join(service, 'cgroup.procs'), 'utf8').trim().split('\n').length,
  children: readdirSync(service, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length,
};
beside.kill('SIGKILL');
await once(beside, 'exit');
const delegated = await observe();

// As under `systemd-run --user --scope`: the slice above is this user's and can be divided.
enter(makeGroupBelow(service));
const slice = await observe();

function makeGroupBelow(folder: string): string {
  const scope = join(folder, 'app.slice', 'run-1.scope');
  mkdirSync(scope, { recursive: true });
  writeFileSync(join(folder, 'app.slice', 'cgroup.subtree_control'), '+cpu +memory +pids +cpuset +io');
  return scope;
}

const observations = { root, session, crowded, delegated, slice };
writeFileSync(process.argv[2] ?? '/dev/stdout', `${JSON.stringify(observations)}\n`);
