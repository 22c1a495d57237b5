import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { openQmp } from './qmp.ts';
import type { Qmp } from './qmp.ts';

const greeting = '{"QMP": {"version": {"qemu": {"major": 7}}, "capabilities": []}}\n';

/** A QMP client and the other end, which answers each command by `answer`. */
function connect(answer: (command: string) => string): { qmp: Qmp; server: Duplex; commands: string[] } {
  const [client, server] = duplexPair();
  const commands: string[] = [];
  let time = 0;
  const qmp = openQmp(client, { now: () => (time += 1) });
  server.setEncoding('utf8');
  server.on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      const { execute, id } = JSON.parse(line) as { execute: string; id: number };
      commands.push(execute);
      if (!server.writableEnded) server.write(answer(execute).replace('ID', String(id)));
    }
  });
  return { qmp, server, commands };
}

test('greets, leaves negotiation, answers and reports events', async () => {
  const { qmp, server, commands } = connect(
    (command) => `{"event": "STOP", "timestamp": {}}\r\n{"return": {"asked": "${command}"}, "id": ID}\r\n`,
  );
  // In pieces, as sockets deliver.
  server.write(greeting.slice(0, 10));
  server.write(greeting.slice(10));
  await qmp.greeted;
  expect(await qmp.execute('query-status')).toEqual({ asked: 'query-status' });
  expect(commands).toEqual(['qmp_capabilities', 'query-status']);
  expect(qmp.events.map(({ name, data }) => [name, data])).toEqual([
    ['STOP', {}],
    ['STOP', {}],
  ]);
});

test("an error is QEMU's own words", async () => {
  const { qmp } = connect(() => '{"error": {"class": "GenericError", "desc": "no such file"}, "id": ID}\n');
  await expect(qmp.execute('migrate', { uri: 'x' })).rejects.toThrow('QEMU: migrate: no such file');
});

test('rubbish is skipped, and the end of QEMU fails what is under way and what follows', async () => {
  const { qmp, server } = connect(() => 'not json\n');
  const pending = qmp.execute('query-status');
  server.write('{"half": ');
  server.end();
  await expect(pending).rejects.toThrow('QEMU has ended');
  await expect(qmp.greeted).rejects.toThrow('QEMU has ended');
  await expect(qmp.execute('cont')).rejects.toThrow('QEMU has ended');
});
