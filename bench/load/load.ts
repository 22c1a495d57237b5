/**
 * The load generator's near end: starts its process where the server can be reached and speaks JSON lines
 * with it. One process serves one instance, request after request.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolPath } from '../../host/exec.ts';
import type { Lease, Resource } from '../../host/lease.ts';
import { processIdentity } from '../../host/process-identity.ts';
import { startLineProcess, type FailedReply } from '../../host/line-process.ts';
import type { Distribution } from '../../model/observation.ts';
import type { Seconds } from '../../model/quantities.ts';
import type { Protocol } from './protocols.ts';
import type { Rhythm } from './schedule.ts';

export interface LoadRequest {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly connections: number;
  readonly mode:
    /** By a schedule, whatever the server does. */
    | (Rhythm & { readonly kind: 'open' })
    /** The next request on each reply: says what a server can do at most, and nothing of latency (C22). */
    | { readonly kind: 'closed'; readonly seconds: Seconds; readonly seed: number }
    /** Every key written once (redis). */
    | { readonly kind: 'fill' };
}

export interface LoadResult {
  /** Time over which requests were due (open), sent (closed) or needed (fill). */
  readonly seconds: Seconds;
  readonly sent: number;
  /** Complete replies, errors included; closed loop: those within the time. */
  readonly answered: number;
  readonly errors: number;
  /** Requests whose connection broke. */
  readonly lost: number;
  /** Requests without a reply seconds after the last was sent; in the latencies with the time they had waited. */
  readonly unanswered: number;
  /** The first thing that went wrong with a connection. */
  readonly problem: string | null;
  /** From the intended start (open loop) or from sending (closed) to the whole reply; error replies left out. */
  readonly latency: Distribution['bins'];
  /** How late requests were sent. Open loop only. */
  readonly lag: Distribution['bins'];
  /** How long a reply can have lain unnoticed while the generator did something else. Open loop only. */
  readonly notice: Distribution['bins'];
  /** CPU of the generator, spinning included. */
  readonly cpuSeconds: number;
  readonly wallSeconds: Seconds;
}

export type LoadReply =
  { readonly kind: 'ready' } | { readonly kind: 'result'; readonly result: LoadResult } | FailedReply;

export interface LoadGenerator {
  readonly pid: number;
  /** Rejects when no connection can be made, the process has died, or the signal aborts (which ends it). */
  run(request: LoadRequest, signal: AbortSignal): Promise<LoadResult>;
  /** CPU of the process so far. */
  cpuSeconds(): number;
  /** Ends the process; idempotent. */
  close(): Promise<void>;
}

export interface GeneratorPlace {
  /** argv that puts a command where the server can be reached (Endpoint.enter). */
  readonly enter: readonly string[];
  /** CPU list ("0"), null: wherever the kernel likes. */
  readonly cpus: string | null;
  readonly lease: Lease;
}

/** Starts a generator; it dies with this process. */
export async function startLoadGenerator({ enter, cpus, lease }: GeneratorPlace): Promise<LoadGenerator> {
  // The sibling has this file's own ending: .ts in a checkout, .js when compiled.
  const program = fileURLToPath(new URL(`./load-process${extname(import.meta.url)}`, import.meta.url));
  const argv = [
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...enter,
    ...(cpus === null ? [] : ['taskset', '-c', cpus]),
    ...[process.execPath, '--disable-warning=ExperimentalWarning', program],
  ];
  let owned: Resource | null = null;
  const child = startLineProcess<LoadReply>('load generator', argv, { PATH: toolPath() }, () => {
    if (owned !== null) lease.release(owned);
  });
  const identity = processIdentity(child.pid);
  owned = identity === null ? null : { kind: 'process', ...identity };
  if (owned !== null) lease.own(owned);
  await child.ask('hello'); // keeps its start-up out of the first measurement
  return {
    pid: child.pid,
    async run(request, signal) {
      signal.throwIfAborted();
      signal.addEventListener('abort', child.kill, { once: true });
      try {
        const reply = await child.ask(JSON.stringify(request));
        if (reply.kind !== 'result') throw new Error(`the load generator answered ${reply.kind}`);
        return reply.result;
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener('abort', child.kill);
      }
    },
    cpuSeconds: child.cpuSeconds,
    close: child.end,
  };
}
