/**
 * Drives requests over several connections in real time: open loop by a schedule, or closed loop for capacity.
 *
 * Ours, because what is packaged does not do it: wrk, ab, hey and redis-benchmark wait for replies before they
 * ask again, and autocannon (npm) corrects that after the fact and speaks HTTP alone. What counts here is that a
 * stalled server changes nothing in what is asked: requests that are due are sent, pipelined behind the others.
 *
 * While a request is due within moments it spins instead of sleeping: a timer is late by up to a millisecond,
 * which would be the generator's own lag in every latency. So it wants a CPU to itself.
 */
import { connect, type Socket } from 'node:net';
import type { Seconds } from '../../model/quantities.ts';
import { createRandom } from '../../model/random.ts';
import { createHistogram } from './histogram.ts';
import { createParser, requestSource, setRequest, type Protocol } from './protocols.ts';
import type { LoadRequest, LoadResult } from './load.ts';
import { createOpenLoop } from './schedule.ts';

/** Closer than this to the next request the loop spins. */
const spinSeconds = 0.002;
/** How long replies may take once everything is sent; what is missing then has waited at least so long. */
const drainSeconds = 5;
const connectSeconds = 10;
/** Requests on their way at once while a server is filled. */
const fillDepth = 64;

const seconds = (): Seconds => performance.now() / 1000;

interface Connection {
  readonly socket: Socket;
  /** Intended instants of requests without a reply, in order. */
  readonly waiting: number[];
  /** Where the first of them stands: shifting an array of thousands costs. */
  head: number;
  lost: boolean;
}

interface Tally {
  answered: number;
  errors: number;
  lost: number;
  problem: string | null;
}

type Answered = (connection: Connection, intended: Seconds, good: boolean) => void;

const pending = ({ waiting, head }: Connection): number => waiting.length - head;

function take(connection: Connection): Seconds {
  const intended = connection.waiting[connection.head] ?? 0;
  connection.head += 1;
  if (connection.head > 4096) {
    connection.waiting.splice(0, connection.head);
    connection.head = 0;
  }
  return intended;
}

async function open(request: LoadRequest, tally: Tally, answered: Answered): Promise<Connection> {
  const buffer = Buffer.alloc(65_536);
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const connection: Connection = {
    waiting: [],
    head: 0,
    lost: false,
    socket: connect({
      host: request.address,
      port: request.port,
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          try {
            parse(buffer, length);
          } catch (error) {
            lose(error instanceof Error ? error.message : String(error));
          }
          return true;
        },
      },
    }),
  };
  const lose = (why: string): void => {
    if (connection.lost) return;
    connection.lost = true;
    tally.lost += pending(connection);
    tally.problem ??= why;
    connection.waiting.length = 0;
    connection.head = 0;
    connection.socket.destroy();
  };
  const parse = createParser(request.protocol, (good) => {
    if (pending(connection) === 0) throw new Error('a reply that nobody asked for');
    answered(connection, take(connection), good);
  });
  const late = setTimeout(() => reject(new Error('no connection in time')), connectSeconds * 1000);
  connection.socket.once('connect', () => resolve(connection));
  connection.socket.on('error', (error) => {
    reject(error);
    lose(error.message);
  });
  connection.socket.on('close', () => lose('the server closed a connection'));
  try {
    return await promise;
  } catch (error) {
    connection.socket.destroy();
    throw new Error(
      `cannot connect to ${request.address} port ${request.port}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    clearTimeout(late);
  }
}

/** One reply of any kind proves that the way is open to the server itself. */
async function useOnce(
  connection: Connection,
  { protocol }: LoadRequest,
  tally: Tally,
  handle: (answered: Answered) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const late = setTimeout(
    () => reject(new Error('no reply on a new connection in time')),
    connectSeconds * 1000,
  );
  connection.socket.once('close', () => reject(new Error(tally.problem ?? 'a new connection was closed')));
  handle(() => resolve(undefined));
  connection.waiting.push(seconds());
  connection.socket.write(requestSource(protocol, createRandom(1))());
  try {
    await promise;
  } finally {
    clearTimeout(late);
  }
}

/** Runs one request for load to its end. Rejects where no connection can be made. */
export async function generate(request: LoadRequest): Promise<LoadResult> {
  const tally: Tally = { answered: 0, errors: 0, lost: 0, problem: null };
  const connections: Connection[] = [];
  const close = () => {
    for (const connection of connections) {
      connection.lost = true;
      connection.socket.destroy();
    }
  };
  let answered: Answered = () => undefined;
  try {
    // One after another, each used once: a user-mode stack takes a connection before it has one to the guest,
    // and loses some of those that come together.
    for (let index = 0; index < request.connections; index += 1) {
      const connection = await open(request, tally, (...reply) => answered(...reply));
      connections.push(connection);
      await useOnce(connection, request, tally, (to) => (answered = to));
    }
  } catch (error) {
    close();
    throw error;
  }
  answered = () => undefined;
  const before = process.cpuUsage();
  const begun = seconds();
  try {
    const { mode } = request;
    const handle = (to: Answered) => {
      answered = (connection, intended, good) => {
        tally.answered += 1;
        if (!good) tally.errors += 1;
        to(connection, intended, good);
      };
    };
    const run =
      mode.kind === 'open'
        ? await openLoop(request, mode, connections, tally, handle)
        : await closedLoop(request, mode, connections, tally, handle);
    const { user, system } = process.cpuUsage(before);
    return { ...run, ...tally, cpuSeconds: (user + system) / 1e6, wallSeconds: seconds() - begun };
  } finally {
    close();
  }
}

type Run = Pick<LoadResult, 'seconds' | 'sent' | 'unanswered' | 'latency' | 'lag' | 'notice'>;

function openLoop(
  request: LoadRequest,
  mode: Extract<LoadRequest['mode'], { kind: 'open' }>,
  connections: readonly Connection[],
  tally: Tally,
  handle: (answered: Answered) => void,
): Promise<Run> {
  const source = requestSource(request.protocol, createRandom(mode.seed + 1));
  // A little ahead, so that the first request is not late already.
  const start = seconds() + 0.02;
  const loop = createOpenLoop(mode, start);
  const notice = createHistogram();
  let looked = seconds();
  let sent = 0;
  handle((_connection, intended, good) => {
    const now = seconds();
    // A reply may have lain here since the loop last looked: how late it can have been noticed, at most.
    notice.record(now - looked);
    if (good) loop.done(intended, now);
  });
  return new Promise((resolve) => {
    let turn = 0;
    const tick = (): void => {
      let now = seconds();
      for (let due = loop.next(); due !== null && due <= now; due = loop.next()) {
        const connection = pick(connections, (turn += 1));
        if (connection === null) {
          loop.send(now);
          tally.lost += 1;
        } else {
          connection.waiting.push(loop.send(now));
          connection.socket.write(source());
        }
        sent += 1;
        now = seconds();
      }
      const next = loop.next();
      const open = connections.reduce((sum, connection) => sum + pending(connection), 0);
      if (next === null && (open === 0 || now > start + mode.seconds + drainSeconds)) {
        // What never came has waited at least until now: left out, the tail would look shorter than it is.
        for (const connection of connections)
          while (pending(connection) > 0) loop.done(take(connection), now);
        const latency = loop.latency.bins();
        resolve({
          seconds: mode.seconds,
          sent,
          unanswered: open,
          latency,
          lag: loop.lag.bins(),
          notice: notice.bins(),
        });
        return;
      }
      const wait = next === null ? 0 : next - now;
      looked = seconds();
      if (wait > 2 * spinSeconds) setTimeout(tick, (wait - spinSeconds) * 1000);
      else setImmediate(tick);
    };
    tick();
  });
}

/** The next connection without a request under way, else the next one in turn; null: all are lost. */
function pick(connections: readonly Connection[], turn: number): Connection | null {
  let fallback: Connection | null = null;
  for (let step = 0; step < connections.length; step += 1) {
    const connection = connections[(turn + step) % connections.length];
    if (connection === undefined || connection.lost) continue;
    if (pending(connection) === 0) return connection;
    if (fallback === null || pending(connection) < pending(fallback)) fallback = connection;
  }
  return fallback;
}

/** One request under way per connection (or a pipeline of SETs that fills the server), the next on each reply. */
function closedLoop(
  request: LoadRequest,
  mode: Extract<LoadRequest['mode'], { kind: 'closed' | 'fill' }>,
  connections: readonly Connection[],
  tally: Tally,
  handle: (answered: Answered) => void,
): Promise<Run> {
  const nextRequest = closedSource(request.protocol, mode);
  const latency = createHistogram();
  const start = seconds();
  const end = mode.kind === 'closed' ? start + mode.seconds : Infinity;
  let sent = 0;
  let inTime = 0;
  let last = start;
  const ask = (connection: Connection): void => {
    const now = seconds();
    const next = connection.lost || now >= end ? null : nextRequest();
    if (next === null) return;
    connection.socket.write(next);
    connection.waiting.push(now);
    sent += 1;
  };
  handle((connection, asked, good) => {
    last = seconds();
    if (last <= end) inTime += 1;
    if (good) latency.record(last - asked);
    ask(connection);
  });
  const depth = mode.kind === 'fill' ? fillDepth : 1;
  for (const connection of connections) for (let index = 0; index < depth; index += 1) ask(connection);
  return new Promise((resolve) => {
    const watch = setInterval(() => {
      const open = connections.reduce((sum, connection) => sum + pending(connection), 0);
      const late = seconds() > (mode.kind === 'closed' ? end : last) + drainSeconds;
      if (open > 0 && !late) return;
      clearInterval(watch);
      const spent = mode.kind === 'closed' ? mode.seconds : last - start;
      // Replies that came after the end do not belong to the time they are counted over.
      tally.answered = inTime;
      resolve({ seconds: spent, sent, unanswered: open, latency: latency.bins(), lag: [], notice: [] });
    }, 2);
  });
}

function closedSource(protocol: Protocol, mode: Extract<LoadRequest['mode'], { kind: 'closed' | 'fill' }>) {
  if (mode.kind === 'closed') return requestSource(protocol, createRandom(mode.seed));
  if (protocol.kind !== 'redis') return () => null;
  let key = 0;
  return () => (key < protocol.keys ? setRequest(protocol, key++) : null);
}
