/** The host end of the protocol against scripted agents: good answers, rubbish, and an early end. */
import { duplexPair, type Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Mark } from '../model/instance.ts';
import type { ServiceSpec } from '../model/scenario.ts';
import { createFramer } from './framing.ts';
import type { ExecRequest } from './runner.ts';
import { encodeLine, openSession, type SessionOptions } from './session.ts';

const never = new AbortController().signal;
const request: ExecRequest = { argv: ['echo', 'a\\b\nc'], environment: { K: 'v' }, timeoutSeconds: 5 };

/** A session whose clock counts chunks, and the agent's end of its channel. */
function sessionWith(answer: (said: string, agent: Duplex) => void, more: Partial<SessionOptions> = {}) {
  const [host, agent] = duplexPair();
  const marks: Mark[] = [];
  let ticks = 0;
  agent.on('data', (chunk: Buffer) => answer(chunk.toString(), agent));
  const session = openSession(host, { now: () => ++ticks, onMark: (mark) => marks.push(mark), ...more });
  return { session, marks, agent };
}

test('a run is sent as counted lines and its output comes back byte for byte', async () => {
  const said: string[] = [];
  const { session } = sessionWith((text, agent) => {
    said.push(text);
    agent.write('begin 1\n');
    setImmediate(() => agent.write('ended 1\nend 1 3 2 11 4\nmark T6\nab'));
    setImmediate(() => agent.write('\nerr!\n'));
  });
  const edges: string[] = [];
  const result = await session.exec({ ...request, onEdge: (edge) => edges.push(edge) }, never);
  expect(edges).toEqual(['begin', 'end']);
  expect(said.join('')).toBe('run 1 5 1 2\nK=v\necho\na\\\\b\\nc\n');
  expect(result).toMatchObject({ exitCode: 3, stdout: 'mark T6\nab\n', stderr: 'err!', oomKills: 2 });
  expect(result.end).toBeGreaterThan(result.begin);
  expect(session.marks).toEqual([]);
});

test('marks before, between and while waiting are stamped in order', async () => {
  const { session, marks, agent } = sessionWith((text, other) => {
    expect(text).toBe('hello\nping 1\n');
    other.write('mark T5\nmark T6\npong 1\n');
  });
  agent.write('mark T4\n');
  await session.waitFor('T4', never);
  await session.greet(never);
  expect(marks.map((mark) => mark.name)).toEqual(['T4', 'T5', 'T6']);
});

const served: ServiceSpec = {
  ...{ name: 's', argv: ['s'], input: '', port: 80, own: null },
  ready: { kind: 'tcp' },
};
/** An agent that starts a service and waits for the host's word, or looks where it is to. */
const servingAgent = (text: string, agent: Duplex) => {
  if (text.startsWith('serve') && text.includes(' outside\n')) agent.write('mark T5\n');
  if (text === 'seen\n') agent.write('served outside 0\n');
  if (text === 'look\n' || text.includes(' inside\n')) agent.write('mark T5\nmark T6\nserved look 7\n');
};

test('a service is seen from outside at the instant that was seen, and the agent only told', async () => {
  const watch = { untilReady: () => Promise.resolve(1.5), close: () => undefined };
  const { session, marks } = sessionWith(servingAgent, { watch });
  const looking = await session.serve(served, never);
  expect(looking).toEqual({ by: 'outside', cpuSeconds: 0, errorSeconds: 0 });
  expect(marks.filter(({ name }) => name === 'T6')).toEqual([{ name: 'T6', at: 1.5 }]);
});

test('where the host cannot see, the agent looks, and says what that took', async () => {
  const blind = { untilReady: () => Promise.resolve(null), close: () => undefined };
  for (const watch of [blind, null]) {
    const { session, marks } = sessionWith(servingAgent, { watch });
    const looking = await session.serve(served, never);
    expect(looking).toEqual({ by: 'look', cpuSeconds: 0.07, errorSeconds: 0.04 });
    expect(marks.filter(({ name }) => name === 'T6')).toHaveLength(1);
  }
});

test('a service that ends before it is seen is a crash, and nobody watches it any longer', async () => {
  let stopped = false;
  const watch = {
    untilReady: (signal: AbortSignal) =>
      new Promise<null>((resolve) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          resolve(null);
        });
      }),
    close: () => undefined,
  };
  const { session } = sessionWith(
    (text, agent) => {
      if (text.startsWith('serve')) agent.write('mark T5\nfailed serve sorry\n');
    },
    { watch },
  );
  await expect(session.serve(served, never)).rejects.toMatchObject({ facts: { reason: 'crash' } });
  expect(stopped).toBe(true);
});

test.each([
  ['a word it does not know', 'oops\n'],
  ['the answer to another request', 'begin 9\n'],
  ['an end without a beginning', 'end 1 0 0 0 0\n'],
  ['counts that are none', 'begin 1\nended 1\nend 1 0 0 -1 x\n'],
  ['a count beyond reason', 'begin 1\nended 1\nend 1 0 0 99999999999 0\n'],
  ['an endless line', 'x'.repeat(40_000)],
])('%s is bad output, and the session is over', async (_what, answer) => {
  const { session } = sessionWith((_text, agent) => agent.write(answer));
  await expect(session.exec(request, never)).rejects.toMatchObject({ facts: { reason: 'bad-output' } });
  await expect(session.greet(never)).rejects.toMatchObject({ facts: { reason: 'bad-output' } });
});

test('a channel closed midway is an early exit, or what the runner knows better', async () => {
  const { session } = sessionWith((_text, agent) => agent.end('begin 1\n'));
  await expect(session.exec(request, never)).rejects.toMatchObject({ facts: { reason: 'early-exit' } });
  const [host, agent] = duplexPair();
  const facts = { reason: 'oom', message: 'out of memory', detail: '' } as const;
  const known = openSession(host, { now: () => 0, onMark: () => undefined, explainEnd: () => facts });
  agent.destroy();
  await expect(known.waitFor('T4', never)).rejects.toMatchObject({ facts });
});

test('the deadline of a trial is a timeout, and Ctrl-C is an interruption', async () => {
  const late = new AbortController();
  const waiting = sessionWith(() => undefined).session.exec(request, late.signal);
  late.abort(new DOMException('too late', 'TimeoutError'));
  await expect(waiting).rejects.toMatchObject({ facts: { reason: 'timeout' } });
  const stopped = sessionWith(() => undefined).session.greet(AbortSignal.abort());
  await expect(stopped).rejects.toMatchObject({ facts: { reason: 'interrupted' } });
});

test('a kill that came no sooner than the limit is a timeout, an earlier one is not', async () => {
  for (const [stampedSeconds, exitCode] of [
    [7, 124],
    [0, 137],
  ] as const) {
    const [host, agent] = duplexPair();
    let now = 0;
    agent.on('data', (chunk: Buffer) => {
      const id = chunk.toString().split(' ')[1] ?? '';
      agent.write(`begin ${id}\n`);
      setImmediate(() => {
        now += stampedSeconds;
        agent.write(`ended ${id}\nend ${id} 137 0 0 0\n\n`);
      });
    });
    const session = openSession(host, { now: () => now, onMark: () => undefined });
    expect((await session.exec(request, never)).exitCode).toBe(exitCode);
  }
});

test('a proof carries the digest and the paths that differ', async () => {
  const digest = 'a'.repeat(64);
  const { session } = sessionWith((_text, agent) => agent.write(`proof 1 ${digest} 7 2\n/a b\n/mark T6\n`));
  expect(await session.prove(['/a b'], never)).toEqual({
    digest,
    checkedFiles: 7,
    mismatches: ['/a b', '/mark T6'],
  });
});

test('a service is asked to end by number, and its end is timed on the host', async () => {
  const said: string[] = [];
  const { session } = sessionWith((text, agent) => {
    said.push(text);
    agent.write('stopped killed 137\n');
  });
  const end = await session.halt({ signal: 'SIGRTMIN+3', graceSeconds: 2.5 }, never);
  expect(said).toEqual(['stop 37 2.5\n']);
  expect(end).toEqual({ how: 'killed', exitCode: 137, seconds: 1 });
  const { session: odd } = sessionWith((_text, agent) => agent.write('stopped somehow 0\n'));
  await expect(odd.halt({ signal: null, graceSeconds: 1 }, never)).rejects.toMatchObject({
    facts: { reason: 'bad-output' },
  });
});

test('arguments that no line can carry are refused', () => {
  expect(() => encodeLine('a\0b')).toThrow(/NUL/);
});

test('framing gives the same frames however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }), (cuts) => {
      const stream = Buffer.from('begin 1\n5\n\n\nab\nx\n0\n0\nlast\n');
      const seen: string[] = [];
      const framer = createFramer({
        onLine(text) {
          seen.push(`line ${text}`);
          return /^\d$/.test(text) ? { kind: 'bytes', count: Number(text) } : { kind: 'line' };
        },
        onBytes(bytes) {
          seen.push(`bytes ${JSON.stringify(bytes.toString())}`);
          return { kind: 'line' };
        },
        onRubbish: () => seen.push('rubbish'),
      });
      let place = 0;
      for (let turn = 0; place < stream.length; turn += 1) {
        const next = place + (cuts[turn % cuts.length] ?? 1);
        framer.push(stream.subarray(place, next), 0);
        place = next;
      }
      expect(seen).toEqual([
        'line begin 1',
        'line 5',
        'bytes "\\n\\nab\\n"',
        'line x',
        'line 0',
        'bytes ""',
        'line 0',
        'bytes ""',
        'line last',
      ]);
    }),
  );
});
