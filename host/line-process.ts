/**
 * A process of tare's own that answers JSON lines: one reply per request, in the order of the requests. The
 * meter and the load generator live in such processes, because tare's main process blocks for milliseconds
 * when it starts programs, and because their cost must be a number that can be reported.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { processCpuSeconds } from './drift.ts';
import { messageOf } from '../model/errors.ts';

/** What every such process may answer beside its own replies. */
export interface FailedReply {
  readonly kind: 'failed';
  readonly message: string;
}

export interface LineProcess<Reply extends { readonly kind: string }> {
  readonly pid: number;
  /** Rejects when the process answers that it failed, or has ended. */
  readonly ask: (line: string) => Promise<Exclude<Reply, FailedReply>>;
  /** CPU of the process so far in the kernel's ticks of 10 ms; what it was last known to be once it has ended. */
  readonly cpuSeconds: () => number;
  /** Ends its input and waits for its end; idempotent. */
  readonly end: () => Promise<void>;
  readonly kill: () => void;
}

/**
 * Starts the program.
 * @param title in messages, e.g. "load generator"
 * @param onEnd called once, when it has ended or could not be started
 */
export function startLineProcess<Reply extends { readonly kind: string }>(
  title: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onEnd: () => void = () => undefined,
): LineProcess<Reply> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // NODE_OPTIONS may ask for a debugger or a preload, which are meant for tare and not for its helpers.
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
  const waiting: ((reply: Reply | FailedReply) => void)[] = [];
  let complaint = '';
  let ended: string | null = null;
  const exited = new Promise<void>((resolve) => {
    const end = (why: string) => {
      if (ended === null) onEnd();
      ended ??= `the ${title} ended (${why}) ${complaint}`.trim();
      for (const settle of waiting.splice(0)) settle({ kind: 'failed', message: ended });
      resolve();
    };
    child.once('error', (error) => end(messageOf(error)));
    child.once('close', (code, signal) => end(signal ?? `exit ${String(code)}`));
  });
  child.stdin.on('error', () => undefined); // told by 'close', which settles what is waiting
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.(JSON.parse(line) as Reply | FailedReply);
  });
  let lastCpuSeconds = 0;
  const cpuSeconds = (): number => {
    if (ended === null) lastCpuSeconds = processCpuSeconds(child.pid ?? 0) ?? lastCpuSeconds;
    return lastCpuSeconds;
  };
  return {
    pid: child.pid ?? 0,
    async ask(line) {
      if (ended !== null) throw new Error(ended);
      const reply = await new Promise<Reply | FailedReply>((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${line}\n`);
      });
      if (isFailure(reply)) throw new Error(reply.message);
      return reply as Exclude<Reply, FailedReply>;
    },
    cpuSeconds,
    async end() {
      cpuSeconds();
      child.stdin.end();
      await exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function isFailure(reply: { readonly kind: string }): reply is FailedReply {
  return reply.kind === 'failed';
}
