/**
 * The host end of agent.sh's protocol: one request at a time over one duplex channel, every line stamped
 * with the host clock on arrival. Whatever the other side does (rubbish, silence, an early end) becomes a
 * TrialFailure; after one of those the session is over, because the two ends may no longer agree.
 */
import type { Duplex } from 'node:stream';
import { UserError } from '../model/errors.ts';
import type { Mark } from '../model/instance.ts';
import type { Seconds } from '../model/quantities.ts';
import type { ServiceSpec, ServiceStop } from '../model/scenario.ts';
import { signalNumber } from '../images/signals.ts';
import { orAborted } from './abort.ts';
import { createFramer, type Wanted } from './framing.ts';
import { notReady, readyLines } from './ready-lines.ts';
import {
  TrialFailure,
  type ExecRequest,
  type ExecResult,
  type Halted,
  type Looking,
  type Proof,
  type TrialFailureFacts,
} from './runner.ts';
import type { Watch } from './watch.ts';

/** Most output one program may print; more is `bad-output`, not an exhausted host. */
const largestOutput = 64 * 1024 * 1024;
/** How much longer than its own limit a program's answer may take (a slow guest still sends its output). */
const answerGraceSeconds = 30;

export interface SessionOptions {
  readonly now: () => Seconds;
  readonly onMark: (mark: Mark) => void;
  /** Knows better than "the channel closed" why the instance ended (OOM, panic); may take a moment. */
  readonly explainEnd?: () => Promise<TrialFailureFacts | null> | TrialFailureFacts | null;
  /** Address that services listen on, for `{bind}`; default: the loopback inside. */
  readonly bind?: string;
  /** Text for `detail` of failures: console or stderr tail. */
  readonly tail?: () => string;
  /** Sees from outside when the service is ready; absent or null: the agent finds out. */
  readonly watch?: Watch | null;
}

export interface Session {
  readonly marks: readonly Mark[];
  /** Why the session is over; null while it lives. */
  readonly failure: () => TrialFailure | null;
  waitFor(name: string, signal: AbortSignal): Promise<Mark>;
  /** Starts a program that prints `mark T5`, then asks for the first answer, which prints `mark T6`. */
  greet(signal: AbortSignal): Promise<void>;
  /** Starts the service and resolves after T6, its first correct reply. */
  serve(service: ServiceSpec, signal: AbortSignal): Promise<Looking>;
  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecResult>;
  prove(paths: readonly string[], signal: AbortSignal): Promise<Proof>;
  /** Asks the service to end, and kills it when its time is over. */
  halt(stop: ServiceStop, signal: AbortSignal): Promise<Halted>;
  /** Resolves when the channel has closed or failed. */
  readonly over: Promise<TrialFailure>;
}

/** One argument as one line: the agent undoes it with `printf %b`. NUL cannot be passed to a program. */
export function encodeLine(text: string): string {
  if (text.includes('\0')) {
    throw new UserError(
      `an argument holds a NUL byte: ${JSON.stringify(text.slice(0, 60))}`,
      'remove it: no program can be given one',
    );
  }
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

type LineHandler = (words: readonly string[], line: string, at: Seconds) => Wanted | undefined;
const line: Wanted = { kind: 'line' };

export function openSession(channel: Duplex, options: SessionOptions): Session {
  const marks: Mark[] = [];
  const waiting = new Map<string, ((mark: Mark) => void)[]>();
  let onLine: LineHandler | null = null;
  let onBytes: ((bytes: Buffer, at: Seconds) => Wanted) | null = null;
  let failed: TrialFailure | null = null;
  let ending = false;
  let serial = 0;
  const { promise: over, resolve: settle } = Promise.withResolvers<TrialFailure>();

  const fail = (facts: TrialFailureFacts): void => {
    if (failed !== null) return;
    failed = new TrialFailure(facts);
    settle(failed);
  };
  const closed = async (): Promise<void> => {
    if (failed !== null || ending) return;
    ending = true;
    const told = await options.explainEnd?.();
    fail(
      told ?? {
        reason: 'early-exit',
        message: 'the instance ended before its work was done',
        detail: options.tail?.() ?? '',
      },
    );
  };
  const rubbish = (text: string): void =>
    fail({
      reason: 'bad-output',
      message: `the agent said what it never says: ${JSON.stringify(text.slice(0, 120))}`,
      detail: options.tail?.() ?? '',
    });

  const takeMark = (name: string, at: Seconds): void => {
    const mark: Mark = { name, at };
    marks.push(mark);
    options.onMark(mark);
    for (const resolve of waiting.get(name) ?? []) resolve(mark);
    waiting.delete(name);
  };
  const framer = createFramer({
    onLine(text, at) {
      if (failed !== null) return line;
      const words = text.split(' ');
      if (words[0] === 'mark' && words.length === 2) {
        takeMark(words[1] ?? '', at);
        return line;
      }
      const next = onLine?.(words, text, at);
      if (next === undefined) rubbish(text);
      return next ?? line;
    },
    onBytes: (bytes, at) => onBytes?.(bytes, at) ?? line,
    onRubbish: rubbish,
  });
  channel.on('data', (chunk: Buffer) => framer.push(chunk, options.now()));
  for (const event of ['end', 'close', 'error']) channel.on(event, () => void closed());

  /** Races an answer against the end of the session and the caller's signal. */
  const settled = async <T>(answer: Promise<T>, signal: AbortSignal, doing: string): Promise<T> => {
    const ended = over.then((failure) => Promise.reject(failure));
    ended.catch(() => undefined);
    try {
      return await orAborted(Promise.race([answer, ended]), signal, doing);
    } catch (error) {
      if (error instanceof TrialFailure) fail(error.facts);
      throw error;
    }
  };
  const waitFor = (name: string, signal: AbortSignal): Promise<Mark> => {
    const seen = marks.find((mark) => mark.name === name);
    if (seen !== undefined) return Promise.resolve(seen);
    const { promise, resolve } = Promise.withResolvers<Mark>();
    waiting.set(name, [...(waiting.get(name) ?? []), resolve]);
    return settled(promise, signal, `waiting for ${name}`);
  };
  /** Sends one request whose answer lines go to `handler` until it calls `done`. */
  const ask = async <T>(
    lines: readonly string[],
    start: (done: (value: T) => void) => LineHandler,
    signal: AbortSignal,
    doing: string,
  ): Promise<T> => {
    if (failed !== null) throw failed;
    if (onLine !== null) throw new Error(`${doing}: the session is busy with another request`);
    const { promise, resolve } = Promise.withResolvers<T>();
    onLine = start(resolve);
    channel.write(lines.map((text) => `${text}\n`).join(''));
    try {
      return await settled(promise, signal, doing);
    } finally {
      onLine = null;
      onBytes = null;
    }
  };

  return {
    marks,
    failure: () => failed,
    waitFor,
    over,
    async greet(signal) {
      const id = String(++serial);
      const start =
        (done: (value: undefined) => void): LineHandler =>
        (words) => {
          if (words[0] !== 'pong' || words[1] !== id) return undefined;
          done(undefined);
          return line;
        };
      // Both at once: a round trip of this process between them would be counted as the instance's.
      await ask(['hello', `ping ${id}`], start, signal, 'waiting for the agent');
    },
    async serve(service, signal) {
      const bind = options.bind ?? '127.0.0.1';
      const withPort = (text: string) =>
        text.replaceAll('{port}', String(service.port ?? 0)).replaceAll('{bind}', bind);
      const argv = service.argv.map(withPort);
      const { ready } = service;
      const lines = [...readyLines(ready), withPort(service.input), ...argv].map(encodeLine);
      const watch = options.watch ?? null;
      const start =
        (done: (value: Looking) => void): LineHandler =>
        (words, text) => {
          if (words[0] === 'served') {
            const looking = lookingOf(words);
            if (looking === null) return undefined;
            done(looking);
            return line;
          }
          if (words[0] !== 'failed') return undefined;
          const said = text.split(' ').slice(2).join(' ');
          fail({ ...notReady(service, words[1] ?? '', said), detail: `${said}\n${options.tail?.() ?? ''}` });
          return line;
        };
      const doing = `waiting for ${service.name} to answer`;
      const who = watch === null ? 'inside' : 'outside';
      const header = `serve ${ready.kind} ${service.port ?? 0} ${argv.length} ${who}`;
      const over = new AbortController();
      if (watch !== null) void tellWhenSeen(watch, AbortSignal.any([signal, over.signal]));
      try {
        const looking = await ask([header, ...lines], start, signal, doing);
        await waitFor('T6', signal);
        return looking;
      } finally {
        over.abort();
      }
    },
    async halt({ signal: name, graceSeconds }, signal) {
      const asked = options.now();
      const start =
        (done: (value: Halted) => void): LineHandler =>
        (words, _text, at) => {
          const [verb, how = '', status] = words;
          const exitCode = wholeNumber(status);
          if (verb !== 'stopped' || !isHalt(how) || exitCode === null) return undefined;
          done({ how, exitCode, seconds: at - asked });
          return line;
        };
      const header = `stop ${String(signalNumber(name ?? 'SIGTERM'))} ${String(graceSeconds)}`;
      return await ask([header], start, signal, 'waiting for the main program to end');
    },
    exec(request, signal) {
      const environment = Object.entries(request.environment).map(([key, value]) => `${key}=${value}`);
      const limit = Math.max(1, Math.ceil(request.timeoutSeconds));
      const id = String(++serial);
      const header = `run ${id} ${limit} ${environment.length} ${request.argv.length}`;
      const lines = [header, ...[...environment, ...request.argv].map(encodeLine)];
      const start = (done: (value: ExecResult) => void): LineHandler =>
        execAnswer(id, limit, done, request.onEdge, (handler) => (onBytes = handler));
      return orLate(ask(lines, start, signal, `running ${request.argv[0] ?? ''}`), limit);
    },
    prove(paths, signal) {
      const id = String(++serial);
      const start = (done: (value: Proof) => void): LineHandler => proveAnswer(id, done);
      const lines = [`prove ${id} ${paths.length}`, ...paths.map(encodeLine)];
      return ask(lines, start, signal, 'checking the image from inside');
    },
  };

  /** Gives the agent the host's word for the service: seen ready, or that it has to look by itself. */
  async function tellWhenSeen(watch: Watch, signal: AbortSignal): Promise<void> {
    try {
      await waitFor('T5', signal);
      const at = await watch.untilReady(signal);
      if (signal.aborted) return;
      if (at !== null) takeMark('T6', at);
      channel.write(at === null ? 'look\n' : 'seen\n');
    } catch {
      // The service has failed or the start is over: whoever waits for the answer is told.
    }
  }

  /** An agent that does not even report its own timeout hangs. */
  async function orLate<T>(answer: Promise<T>, limit: Seconds): Promise<T> {
    const timer = setTimeout(
      () =>
        fail({
          reason: 'hang',
          message: `no answer ${answerGraceSeconds} s after the program's limit of ${limit} s`,
          detail: options.tail?.() ?? '',
        }),
      (limit + answerGraceSeconds) * 1000,
    );
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

const isHalt = (text: string): text is Halted['how'] => ['ended', 'killed', 'before'].includes(text);

const ways: readonly string[] = ['outside', 'end', 'event', 'look'] satisfies readonly Looking['by'][];

/** `served HOW TICKS`; user and system time of the agent and of its programs are each cut to whole ticks of 10 ms. */
function lookingOf([, by = '', text]: readonly string[]): Looking | null {
  const ticks = wholeNumber(text);
  if (ticks === null || !ways.includes(by)) return null;
  const looked = by === 'look';
  return { by: by as Looking['by'], cpuSeconds: looked ? ticks / 100 : 0, errorSeconds: looked ? 0.04 : 0 };
}

const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;

/** `begin ID`, `ended ID`, `end ID STATUS OOM OUT ERR` and then OUT + ERR bytes and a newline. */
function execAnswer(
  id: string,
  limit: Seconds,
  done: (result: ExecResult) => void,
  onEdge: ExecRequest['onEdge'],
  readBytes: (handler: (bytes: Buffer) => Wanted) => void,
): LineHandler {
  let begin: Seconds | null = null;
  let end: Seconds | null = null;
  return (words, _text, at) => {
    if (words[1] !== id) return undefined;
    if (words[0] === 'begin' && begin === null) {
      begin = at;
      onEdge?.('begin');
    } else if (words[0] === 'ended' && begin !== null && end === null) {
      end = at;
      onEdge?.('end');
    } else {
      const [status, oomKills, outBytes, errBytes] = words.slice(2).map(wholeNumber);
      if (words[0] !== 'end' || begin === null || end === null) return undefined;
      if (status == null || oomKills == null || outBytes == null || errBytes == null) return undefined;
      if (outBytes + errBytes > largestOutput) return undefined;
      const times = { begin, end };
      readBytes((bytes) => {
        const stdout = bytes.toString('utf8', 0, outBytes);
        const stderr = bytes.toString('utf8', outBytes, outBytes + errBytes);
        // The agent's `timeout` kills with SIGKILL: 137 that came no sooner than the limit is a timeout.
        const late = status === 137 && times.end - times.begin >= limit - 0.05;
        done({ exitCode: late ? 124 : status, stdout, stderr, ...times, oomKills });
        return line;
      });
      return { kind: 'bytes', count: outBytes + errBytes + 1 };
    }
    return line;
  };
}

/** `proof ID DIGEST CHECKED NBAD` and then NBAD paths. */
function proveAnswer(id: string, done: (proof: Proof) => void): LineHandler {
  let head: { digest: string; checkedFiles: number; bad: number } | null = null;
  const mismatches: string[] = [];
  return (words, text) => {
    if (head === null) {
      const [checkedFiles, bad] = words.slice(3).map(wholeNumber);
      const digest = words[2] ?? '';
      if (words[0] !== 'proof' || words[1] !== id || checkedFiles == null || bad == null) return undefined;
      if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
      head = { digest, checkedFiles, bad };
    } else mismatches.push(text);
    if (mismatches.length === head.bad) {
      done({ digest: head.digest, checkedFiles: head.checkedFiles, mismatches });
    }
    return line;
  };
}
