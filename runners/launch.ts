/**
 * The launch protocol, one for both substrates: a small shell joins the instance's groups, says ready,
 * waits for go() and becomes the program (launch.sh). T0 is the host clock at go(), so neither joining
 * nor Node's own fork (0.08 ms per MiB of its memory) is counted as the instance's.
 * Uses node:child_process directly: its extra `pipe` descriptors are duplex sockets, which execa hides.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mark } from '../model/instance.ts';
import { toolPath } from '../host/exec.ts';
import type { Group } from '../host/cgroup/group.ts';
import type { Resource } from '../host/lease.ts';
import { processIdentity } from '../host/process-identity.ts';
import { abortFailure, orAborted } from './abort.ts';
import { TrialFailure, type Context } from './runner.ts';

const launchScript = join(import.meta.dirname, 'launch.sh');
const tailBytes = 8192;

export interface LaunchRequest {
  /** The program, or `.` and a shell script that the launching shell itself continues with. */
  readonly argv: readonly string[];
  /** argv around the launching shell, ready before go(): what is no part of the start. Default: nothing. */
  readonly within?: readonly string[];
  readonly group: Group | null;
  /** CPU affinity list ("1", "0-1"), null: left alone. */
  readonly cpus: string | null;
  /** The whole environment of the program, besides a PATH that finds the host's tools. */
  readonly environment: Readonly<Record<string, string>>;
  /** Duplex descriptors given to the program: 4, 5, ... (0-2 standard, 3 control). */
  readonly channels: number;
  /** `channel`: channel 0 becomes the program's stdin and stdout instead of descriptor 4. */
  readonly stdio?: 'null' | 'channel';
  /** Marks that arrive on the control channel (T1, and T2 where a script writes `mark T2` to descriptor 3). */
  readonly onMark: (mark: Mark) => void;
  readonly context: Context;
  readonly cwd?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Launched {
  /** Lets the program start and stamps T0 (also given to onMark). */
  go(): Mark;
  readonly channels: readonly Duplex[];
  /** Last 8 KiB of stdout and stderr. */
  readonly tail: () => string;
  readonly pid: number;
  /** Resolves, never rejects, the moment the process is gone. */
  readonly gone: Promise<Exit>;
  /** The same, once its last words are read. */
  readonly exit: Promise<Exit>;
  /** null while it runs. */
  readonly exited: () => Exit | null;
  /** SIGKILL to the launched process. */
  kill(): void;
}

/** The last bytes of some streams, in order of arrival. */
function keepTail(streams: readonly (Readable | null)[]): () => string {
  let kept = Buffer.alloc(0);
  for (const stream of streams) {
    stream?.on('data', (chunk: Buffer) => {
      kept = Buffer.concat([kept, chunk]).subarray(-tailBytes);
    });
    stream?.on('error', () => undefined);
  }
  return () => kept.toString('utf8');
}

function readControl(control: Readable, onLine: (line: string) => void): void {
  let rest = '';
  control.setEncoding('utf8');
  control.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-tailBytes);
    for (const line of lines) onLine(line);
  });
  control.on('error', () => undefined);
}

function spawnShell(request: LaunchRequest): ChildProcess {
  const { argv, group, cpus, channels, environment } = request;
  const procs = group?.procsFiles ?? [];
  const shell = ['sh', launchScript, cpus ?? '-', request.stdio ?? 'null', String(procs.length), ...procs];
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...(request.within ?? []), ...shell, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...Array.from({ length: channels }, () => 'pipe' as const)],
    env: { ...environment, PATH: toolPath() },
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
  });
}

/**
 * Starts the shell in the group and resolves when it waits for go(). Not timed.
 * Rejects with TrialFailure `launch` when it cannot get that far; leaves no process then.
 */
export async function launch(request: LaunchRequest): Promise<Launched> {
  const { context } = request;
  if (context.signal.aborted) throw abortFailure(context.signal, 'starting the launcher');
  const child = spawnShell(request);
  const tail = keepTail([child.stdout, child.stderr]);
  let ended: Exit | null = null;
  const gone = new Promise<Exit>((resolve) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
      ended ??= { code, signal };
      resolve(ended);
    };
    child.once('exit', settle);
    child.once('error', () => settle(null, null));
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Grandchildren may hold the pipes open: do not wait for last words longer than this.
  const exit = gone.then(async (how) => {
    await Promise.race([closed, delay(100)]);
    return how;
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(launchFailure(`cannot start setpriv: ${error.message}`, '')));
    void exit.then(({ code, signal }) =>
      reject(launchFailure(`the launcher ended with ${String(signal ?? code)}`, tail())),
    );
    readControl(child.stdio[3] as Readable, (line) => {
      if (line === 'ready') resolve();
      else if (line.startsWith('mark ')) request.onMark({ name: line.slice(5), at: context.now() });
    });
  });
  ready.catch(() => undefined);
  try {
    await orAborted(ready, context.signal, 'joining the group');
  } catch (error) {
    child.kill('SIGKILL');
    await exit;
    throw error;
  }
  return launchedFrom(child, request, { gone, exit, tail, exited: () => ended });
}

function launchFailure(message: string, detail: string): TrialFailure {
  return new TrialFailure({ reason: 'launch', message, detail });
}

function launchedFrom(
  child: ChildProcess,
  request: LaunchRequest,
  state: Pick<Launched, 'gone' | 'exit' | 'tail' | 'exited'>,
): Launched {
  const { context } = request;
  const pid = child.pid ?? 0;
  const identity = processIdentity(pid);
  if (identity !== null) {
    const resource: Resource = { kind: 'process', ...identity };
    context.lease.own(resource);
    void state.exit.then(() => context.lease.release(resource));
  }
  const control = child.stdio[3] as Duplex;
  return {
    ...state,
    pid,
    channels: child.stdio.slice(4) as unknown as readonly Duplex[],
    go() {
      const mark: Mark = { name: 'T0', at: context.now() };
      control.write('go\n');
      request.onMark(mark);
      return mark;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
