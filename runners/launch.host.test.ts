/** The launch protocol with real processes: nothing runs before go(), and what cannot start says why. */
import type { Duplex } from 'node:stream';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Mark } from '../model/instance.ts';
import type { Group } from '../host/cgroup/group.ts';
import type { Resource } from '../host/lease.ts';
import { launch, type LaunchRequest } from './launch.ts';

const owned: Resource[] = [];
const released: Resource[] = [];
const lease = {
  runId: 'launch',
  own: (resource: Resource) => void owned.push(resource),
  release: (resource: Resource) => void released.push(resource),
};

function requestOf(argv: readonly string[], marks: Mark[], more: Partial<LaunchRequest> = {}): LaunchRequest {
  const context = {
    signal: AbortSignal.timeout(20_000),
    now: () => performance.now() / 1000,
    workDir: '/tmp',
    lease,
  };
  const onMark = (mark: Mark) => void marks.push(mark);
  return { argv, group: null, cpus: null, environment: {}, channels: 0, onMark, context, ...more };
}

test('the program waits for go(), which stamps T0; T1 follows and marks of its own pass', async () => {
  const marks: Mark[] = [];
  const launched = await launch(requestOf(['sh', '-c', 'echo "mark T2" >&3; echo said; exit 3'], marks));
  await delay(100);
  expect(marks).toEqual([]);
  expect(launched.exited()).toBeNull();
  launched.go();
  expect(await launched.exit).toEqual({ code: 3, signal: null });
  expect(marks.map(({ name }) => name)).toEqual(['T0', 'T1', 'T2']);
  expect(launched.tail()).toBe('said\n');
  expect(owned).toHaveLength(1);
  expect(released).toEqual(owned);
});

test('channels are duplex: descriptor 4 and up, or stdin and stdout', async () => {
  const echo = async (channel: Duplex) => {
    channel.write('hello\n');
    const [answer] = (await once(channel, 'data')) as [Buffer];
    return answer.toString();
  };
  const numbered = await launch(requestOf(['sh', '-c', 'read x <&5; echo "$x 5" >&5'], [], { channels: 2 }));
  numbered.go();
  expect(await echo(numbered.channels[1]!)).toBe('hello 5\n');
  await numbered.exit;
  const more = { channels: 1, stdio: 'channel', environment: { WHO: 'me' } } as const;
  const standard = await launch(requestOf(['sh', '-c', 'read x; echo "$x $WHO"'], [], more));
  standard.go();
  expect(await echo(standard.channels[0]!)).toBe('hello me\n');
  await standard.exit;
});

test('a group that cannot be joined and an aborted start are failures of the launch', async () => {
  const group = { procsFiles: ['/nonexistent/cgroup.procs'] } as unknown as Group;
  await expect(launch(requestOf(['true'], [], { group }))).rejects.toMatchObject({
    facts: { reason: 'launch', detail: expect.stringContaining('cannot join /nonexistent/cgroup.procs') },
  });
  const context = { ...requestOf([], []).context, signal: AbortSignal.abort() };
  await expect(launch(requestOf(['true'], [], { context }))).rejects.toMatchObject({
    facts: { reason: 'interrupted' },
  });
});

test('a program that is not there ends with 127 after go()', async () => {
  const launched = await launch(requestOf(['/no/such/program'], []));
  launched.go();
  expect((await launched.exit).code).toBe(127);
  expect(launched.tail()).toContain('/no/such/program');
});

test('what is around the launching shell is there before go(), and an argv of a script is that shell itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tare-launch-'));
  try {
    const script = join(folder, 'it is.sh');
    await writeFile(script, 'echo "$$ $WITHIN $*"; shift; exec "$@"\n');
    const marks: Mark[] = [];
    const around = ['sh', '-c', 'export WITHIN=$$; exec "$@"', 'sh'];
    const argv = ['.', script, 'given', 'sh', '-c', 'echo "$$"; exit 4'];
    const launched = await launch(requestOf(argv, marks, { within: around }));
    expect(marks).toEqual([]);
    launched.go();
    expect(await launched.exit).toEqual({ code: 4, signal: null });
    const pid = String(launched.pid);
    expect(launched.tail()).toBe(`${pid} ${pid} given sh -c echo "$$"; exit 4\n${pid}\n`);
    expect(marks.map(({ name }) => name)).toEqual(['T0', 'T1']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('CPU affinity is set before the program starts', async () => {
  const launched = await launch(
    requestOf(['grep', 'Cpus_allowed_list', '/proc/self/status'], [], { cpus: '0' }),
  );
  launched.go();
  await launched.exit;
  expect(launched.tail().trim().split(/\s+/)[1]).toBe('0');
});
