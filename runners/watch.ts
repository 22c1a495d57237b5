/**
 * Finds out from outside when a service in a container is ready, so that looking costs the instance neither CPU
 * time nor its place on a CPU: the number of its network namespace's sockets, read once a millisecond, tells when
 * something may have begun to listen; only then is more looked at. A virtual machine cannot be looked into; there
 * the agent waits for the guest's kernel to tell (agent.sh).
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Seconds } from '../model/quantities.ts';
import type { ServiceSpec } from '../model/scenario.ts';
import { toolPath } from '../host/exec.ts';
import type { Resource } from '../host/lease.ts';
import { processIdentity } from '../host/process-identity.ts';
import { isElsewhere } from './network.ts';
import { readyLines } from './ready-lines.ts';
import type { Context } from './runner.ts';

/** Looks from outside at one instance; made before it starts. */
export interface Watch {
  /**
   * Resolves with the instant at which the service was first seen ready, on the clock of the context; null where
   * this host cannot see it. To be called when the service has been started. Rejects when the signal aborts.
   */
  untilReady(signal: AbortSignal): Promise<Seconds | null>;
  close(): void;
}

export interface WatchRequest {
  readonly service: ServiceSpec;
  /** Of the instance, while it lives. */
  readonly pids: () => readonly number[];
  /** Has a network namespace of its own; false: it is in tare's. */
  readonly ownNetwork: boolean;
  /** File that the service prints into, as the host reaches it through a process of the instance. */
  readonly output: (pid: number) => string;
  /** Static busybox, as the host reaches it. */
  readonly busybox: string;
  readonly context: Context;
}

/** How readiness is found, for the record. */
export const seenOutside = 'seen from outside';
export const seenInside = 'looked for by the agent';

/** Between two looks at a number. */
const everyMilliseconds = 1;
/** Between two looks that cost more, as a share of the wait so far: few of them, and the instant late by 3 % at most. */
const gapShare = 1 / 32;
/** Seconds between two looks that cost more, at least. A table of sockets takes milliseconds where memory is large. */
const leastGap = { ask: 0.001, table: 0.01 } as const;
/** The rest after such a look, in times of its own duration. */
const tableRest = 20;

/** null: this kind of readiness is told from inside (an end, a program to be run there). */
export function openWatch(request: WatchRequest): Watch | null {
  switch (request.service.ready.kind) {
    case 'line':
      return watchOutput(request, request.service.ready.text);
    case 'tcp':
      return watchPort(request, null);
    case 'reply':
    case 'http':
      return watchPort(request, startAsking(request));
    default:
      return null;
  }
}

const ordered = (pids: readonly number[]): readonly number[] => [...pids].sort((a, b) => a - b);

function watchOutput({ pids, output, context }: WatchRequest, text: string): Watch {
  const wanted = Buffer.from(text);
  // Made by the agent; what the service puts in its place is neither followed nor waited for.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const open = (): number | null => {
    for (const pid of ordered(pids())) {
      const fd = openOrNull(output(pid), flags);
      if (fd !== null) return fd;
    }
    return null;
  };
  return {
    async untilReady(signal) {
      const fd = open();
      if (fd === null) return null;
      try {
        let kept = Buffer.alloc(0);
        for (let offset = 0; ;) {
          const more = readFrom(fd, offset);
          offset += more.length;
          kept = Buffer.concat([kept, more]);
          if (kept.includes(wanted)) return context.now();
          kept = kept.subarray(Math.max(0, kept.length - wanted.length));
          await delay(everyMilliseconds, undefined, { signal });
        }
      } finally {
        closeSync(fd);
      }
    },
    close: () => undefined,
  };
}

/** @param asking asks the service; null: a listener on its port is enough */
function watchPort({ service, pids, ownNetwork, context }: WatchRequest, asking: Asking | null): Watch {
  const { now } = context;
  return {
    async untilReady(signal) {
      const pid = ownNetwork ? ordered(pids()).find(isElsewhere) : process.pid;
      const sockets = pid === undefined ? null : openSockets(pid);
      if (pid === undefined || sockets === null) return null;
      asking?.enter(ownNetwork ? pid : null);
      try {
        const begun = now();
        let [seen, rested, next] = [0, begun, begun];
        for (;;) {
          const count = sockets.count();
          const at = now();
          if (count > 0 && ((count !== seen && at >= rested) || at >= next)) {
            seen = count;
            if (asking === null) {
              if (sockets.isListening(service.port ?? 0)) return at;
            } else {
              const answer = await asking.ask(signal);
              if (answer === null) return null;
              if (answer) return now();
            }
            const gap = Math.max((now() - begun) * gapShare, leastGap[asking === null ? 'table' : 'ask']);
            rested = now() + leastGap.ask;
            next = now() + Math.max(gap, asking === null ? (now() - at) * tableRest : 0);
          }
          await delay(everyMilliseconds, undefined, { signal });
        }
      } finally {
        sockets.close();
      }
    },
    close: () => asking?.close(),
  };
}

interface Sockets {
  /** TCP sockets of the namespace, both families. */
  count(): number;
  isListening(port: number): boolean;
  close(): void;
}

/** The sockets in the network namespace of a process, read again and again; null where they cannot be. */
function openSockets(pid: number): Sockets | null {
  const open = (name: string) => openOrNull(`/proc/${String(pid)}/net/${name}`, constants.O_RDONLY);
  // The second of each is absent where IPv6 is off.
  const counts = [open('sockstat'), open('sockstat6')];
  const tables = [open('tcp'), open('tcp6')];
  const close = () => {
    for (const fd of [...counts, ...tables]) if (fd !== null) closeSync(fd);
  };
  if (counts[0] === null || tables[0] === null) {
    close();
    return null;
  }
  const textOf = (fd: number | null): string => (fd === null ? '' : readFrom(fd, 0).toString('latin1'));
  return {
    count: () => counts.reduce<number>((sum, fd) => sum + socketsIn(textOf(fd)), 0),
    isListening: (port) => tables.some((fd) => hasListener(textOf(fd), port)),
    close,
  };
}

/** TCP sockets by a text of /proc/net/sockstat or sockstat6. */
export function socketsIn(sockstat: string): number {
  return Number(/^TCP6?: inuse (\d+)/m.exec(sockstat)?.[1] ?? 0);
}

/** Whether a text of /proc/net/tcp or tcp6 has a listener (state 0A) on the port, on whatever address. */
export function hasListener(table: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]+ 0A `, 'm').test(table);
}

function openOrNull(path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch {
    return null;
  }
}

const piece = Buffer.alloc(65_536);

/** What a file holds from an offset on. */
function readFrom(fd: number, offset: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = offset; ;) {
    const length = readSync(fd, piece, 0, piece.length, at);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(Buffer.from(piece.subarray(0, length)));
    at += length;
  }
}

interface Asking {
  /** Goes into the network namespace of a process; null: stays in tare's. Takes about 2 ms, not waited for. */
  enter(pid: number | null): void;
  /** Whether the service answers as it should; null: nobody can ask it from here. */
  ask(signal: AbortSignal): Promise<boolean | null>;
  close(): void;
}

const agent = join(import.meta.dirname, 'agent.sh');
const enterAndAsk =
  'read -r pid; if [ -n "$pid" ]; then exec nsenter --target "$pid" "$@"; fi; shift "$0"; exec "$@"';

/** A process that asks as the agent would, in the namespace alone: none of the instance's groups has it. */
function startAsking({ service: { ready, port }, busybox, context: { lease } }: WatchRequest): Asking {
  const user = process.geteuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const namespaces = ['--net', ...user];
  const words = [busybox, 'sh', agent, 'ask', ready.kind, String(port ?? 0), ...readyLines(ready)];
  const argv = ['sh', '-c', enterAndAsk, String(namespaces.length), ...namespaces, ...words];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: toolPath(), TARE_BUSYBOX: busybox },
  });
  let waiting: ((answer: boolean | null) => void) | null = null;
  let ended = false;
  const settle = (answer: boolean | null): void => {
    waiting?.(answer);
    waiting = null;
  };
  const over = (): void => {
    ended = true;
    settle(null);
  };
  const identity = processIdentity(child.pid ?? 0);
  const resource: Resource | null = identity === null ? null : { kind: 'process', ...identity };
  if (resource !== null) lease.own(resource);
  child.once('error', over);
  child.once('exit', () => {
    if (resource !== null) lease.release(resource);
    over();
  });
  child.stdin.on('error', () => undefined);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (!text.endsWith('\n')) return;
    settle(text === 'yes\n');
    text = '';
  });
  return {
    enter: (pid) => void child.stdin.write(`${pid === null ? '' : String(pid)}\n`),
    ask(signal) {
      if (ended) return Promise.resolve(null);
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<boolean | null>();
      waiting = resolve;
      child.stdin.write('look\n');
      return promise;
    },
    close() {
      child.kill('SIGKILL');
    },
  };
}
