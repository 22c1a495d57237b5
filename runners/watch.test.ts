/** What the host reads of an instance's sockets, from texts of real kernels. */
import { expect, test } from 'vitest';
import { hasListener, socketsIn } from './watch.ts';

const sockstat = 'sockets: used 41\nTCP: inuse 2 orphan 0 tw 7 alloc 5 mem 2\nUDP: inuse 1 mem 0\n';
const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (at: number, local: string, state: string) =>
  `${String(at).padStart(4)}: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 10 1\n`;

test('TCP sockets are counted, of either family; none where the text has no line of them', () => {
  expect(socketsIn(sockstat)).toBe(2);
  expect(socketsIn('TCP6: inuse 6\nUDP6: inuse 9\n')).toBe(6);
  expect(socketsIn('sockets: used 3\nUDP: inuse 4 mem 0\n')).toBe(0);
  expect(socketsIn('')).toBe(0);
});

test('a listener is told by its port and its state, on any address', () => {
  const table = `${head}${row(0, '0100007F:1F90', '0A')}${row(1, '00000000:0050', '01')}${row(12, '00000000000000000000000000000000:46A0', '0A')}`;
  expect([8080, 80, 18_080, 144].map((port) => hasListener(table, port))).toEqual([true, false, true, false]);
  expect(hasListener(head, 0)).toBe(false);
});
