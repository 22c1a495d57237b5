/**
 * The generator against servers of our own. Only lower bounds on time: a busy machine makes latencies longer,
 * never shorter.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Lease, Resource } from '../../host/lease.ts';
import { isRunning } from '../../host/process-identity.ts';
import { countOf, quantileOf } from '../analysis/percentiles.ts';
import { startLoadGenerator, type LoadGenerator, type LoadRequest } from './load.ts';

const owned: Resource[] = [];
const lease: Lease = {
  runId: 'test',
  own: (resource) => void owned.push(resource),
  release: (resource) => void owned.splice(owned.indexOf(resource), 1),
};
const never = new AbortController().signal;
let server: Server | null = null;
let generator: LoadGenerator | null = null;
afterEach(async () => {
  await generator?.close();
  server?.close();
  generator = server = null;
});

/** A redis of a kind: `onBytes` answers what has come. */
async function serve(onBytes: (socket: Socket, bytes: Buffer) => void): Promise<LoadRequest> {
  const listening = createServer((socket) => {
    socket.on('data', (bytes) => onBytes(socket, bytes));
    socket.on('error', () => undefined);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', () => resolve()));
  generator = await startLoadGenerator({ enter: [], cpus: null, lease });
  return {
    address: '127.0.0.1',
    port: (listening.address() as AddressInfo).port,
    protocol: { kind: 'redis', keys: 10, valueBytes: 8, writes: 0 },
    connections: 4,
    mode: { kind: 'open', rate: 200, seconds: 2, pattern: 'uniform', seed: 1 },
  };
}

const asked = (bytes: Buffer): number => bytes.toString('latin1').split('GET').length - 1;
const reply = (socket: Socket, count: number) => socket.write('$-1\r\n'.repeat(count));
const run = (request: LoadRequest) => (generator as LoadGenerator).run(request, never);

test('a server that stalls for a second is asked on, and every request due meanwhile has waited', async () => {
  let first = 0;
  const held: (() => void)[] = [];
  const stalled = () => Date.now() - first > 500 && Date.now() - first < 1500;
  const request = await serve((socket, bytes) => {
    if (first === 0) {
      first = Date.now();
      setTimeout(() => held.splice(0).forEach((answer) => answer()), 1500);
    }
    const answer = () => reply(socket, asked(bytes));
    if (stalled()) held.push(answer);
    else answer();
  });
  const result = await run(request);
  expect([result.sent, result.answered, result.lost, result.unanswered]).toEqual([400, 400, 0, 0]);
  expect(countOf(result.latency)).toBe(400);
  // Half of the requests fell into the stall and waited from 0 to 1 s: a closed loop would have seen four.
  expect(quantileOf(result.latency, 0.77)).toBeGreaterThan(0.45);
  expect(quantileOf(result.latency, 0.95)).toBeGreaterThan(0.75);
  expect(countOf(result.lag)).toBe(400);
  expect(result.cpuSeconds).toBeGreaterThan(0);
});

test('replies that never come count as waiting, lost connections and error replies are counted apart', async () => {
  const seen = new Set<Socket>();
  let dropped = false;
  const request = await serve((socket, bytes) => {
    if (!seen.has(socket)) {
      seen.add(socket);
      reply(socket, asked(bytes));
    } else if (!dropped) {
      dropped = true;
      socket.destroy();
    } else socket.write('-ERR no\r\n'.repeat(asked(bytes)));
  });
  const result = await run({ ...request, mode: { ...request.mode, seconds: 0.5 } as LoadRequest['mode'] });
  expect(result.sent).toBe(100);
  expect(result.lost).toBeGreaterThan(0);
  expect(result.errors).toBe(100 - result.lost);
  expect(result.latency).toEqual([]);
  expect(result.problem).toMatch(/closed|reset/i);
});

test('a server that falls silent: its requests have waited as long as anybody looked', async () => {
  const seen = new Set<Socket>();
  const request = await serve((socket, bytes) => {
    if (!seen.has(socket)) reply(socket, asked(bytes));
    seen.add(socket);
  });
  const result = await run({ ...request, mode: { ...request.mode, seconds: 0.1 } as LoadRequest['mode'] });
  expect([result.sent, result.answered, result.unanswered]).toEqual([20, 0, 20]);
  expect(quantileOf(result.latency, 0)).toBeGreaterThan(4.5);
});

test('closed loop counts replies within its time; filling writes every key once', async () => {
  const keys = new Set<string>();
  const request = await serve((socket, bytes) => {
    const found = bytes.toString('latin1').match(/key:\d{10}/g) ?? [];
    const sets = bytes.toString('latin1').split('SET').length - 1;
    if (sets > 0) for (const key of found) keys.add(key);
    socket.write('+OK\r\n'.repeat(found.length));
  });
  const filled = await run({ ...request, mode: { kind: 'fill' } });
  expect([filled.sent, filled.answered, filled.errors, keys.size]).toEqual([10, 10, 0, 10]);
  const closed = await run({ ...request, mode: { kind: 'closed', seconds: 0.3, seed: 1 } });
  expect(closed.seconds).toBe(0.3);
  expect(closed.answered).toBeGreaterThan(0);
  expect(closed.sent - closed.answered).toBeLessThanOrEqual(4);
});

test('no server, an abort, and an end: each is told, and no process is left', async () => {
  const request = await serve(() => undefined);
  await expect(run({ ...request, port: 1 })).rejects.toThrow(/cannot connect to 127.0.0.1 port 1/);
  const controller = new AbortController();
  const going = (generator as LoadGenerator).run(request, controller.signal);
  controller.abort(new Error('enough'));
  await expect(going).rejects.toThrow('enough');
  await generator?.close();
  expect(isRunning(generator?.pid ?? 0)).toBe(false);
  expect(owned).toEqual([]);
  await expect(run(request)).rejects.toThrow(/ended/);
});
