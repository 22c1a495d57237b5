/** The checker's parts as values: programs byte by byte, and output read as facts. What it does is a host test. */
import { expect, test } from 'vitest';
import { outsideOf } from '../../host/visible.ts';
import { UnreadableOutput } from '../workloads/output.ts';
import { callNames, callNumber } from './call-names.ts';
import { attemptNames, buildChecker, lastCall, ownCalls, untriedCalls } from './checker.ts';
import { buildProgram, textDatum } from '../../images/elf-program.ts';
import { answerOf, parseFacts } from './facts.ts';
import { buildMarker } from './marker.ts';
import { examineScript, markScript } from './script.ts';

test('a program is an ELF file whose jumps and addresses are filled in', () => {
  const program = buildProgram({
    code: [
      { label: 'again' },
      [0x90],
      { opcode: [0xe9], to: 'again' },
      { opcode: [0x48, 0xc7, 0xc6], data: 'word' },
    ],
    data: { text: textDatum('hi'), word: [-1, { addressOf: 'text' }] },
  });
  const bytes = Buffer.from(program);
  expect(bytes.subarray(0, 20).toString('hex')).toBe('7f454c4602010100000000000000000002003e00');
  expect(bytes.readBigUInt64LE(24)).toBe(0x4000e8n);
  expect(bytes.subarray(0xe8).toString('hex')).toBe(
    [
      '90',
      'e9faffffff', // five bytes and the one before them back
      '48c7c600016000', // data begins at the next multiple of 8, 0xf8, and `word` 8 later
      '000000',
      '6869000000000000',
      'ffffffffffffffff',
      'f800600000000000',
    ].join(''),
  );
});

test('a jump to nowhere and an unknown datum are refused', () => {
  expect(() => buildProgram({ code: [{ opcode: [0xe9], to: 'x' }], data: {} })).toThrow('called x');
  expect(() => buildProgram({ code: [{ opcode: [0xbe], data: 'y' }], data: {} })).toThrow('called y');
});

test('calls have the numbers that Linux gives them', () => {
  for (const [name, number] of [
    ['read', 0],
    ['fork', 57],
    ['reboot', 169],
    ['futex', 202],
    ['kexec_load', 246],
    ['bpf', 321],
    ['rseq', 334],
    ['io_uring_setup', 425],
    ['mseal', 462],
    ['file_setattr', 469],
  ] as const) {
    expect(callNumber(name)).toBe(number);
  }
  expect(new Set(callNames.values()).size).toBe(callNames.size);
  expect(lastCall).toBe(469);
});

test('what could act at arguments of -1 gets other ones, or is left alone', () => {
  for (const name of ['kill', 'tkill', 'tgkill', 'msgget', 'shmget', 'semget'])
    expect(ownCalls).toContain(name);
  expect(untriedCalls).toEqual(['sync']);
  // Small enough for an argument of a program (128 KiB), with room.
  expect(buildChecker().length).toBeLessThan(8192);
  expect(examineScript('m', '/m').length).toBeLessThan(32_768);
});

test('a marker carries its name as an abstract socket address', () => {
  expect(Buffer.from(buildMarker('tare-7')).toString('latin1')).toContain('\u0001\0\0tare-7');
  expect(markScript('tare-7')).toContain('"$TARE_SCRATCH/tare-7"');
});

const printed = `kernel.release 6.1.0
kernel.boot-id 19d686f6
process.CapEff 00000000a00425fb
memory.total 227954688
partitions vda vdb${' '}
read.dmesg refused
neighbour.file no
`;
function statuses(change: Readonly<Record<number, number>> = {}): string {
  const total = lastCall + 1 + ownCalls.length + attemptNames.length;
  return Array.from({ length: total }, (_, at) => {
    const status = change[at] ?? (callNames.has(at) || at > lastCall ? 22 << 8 : 0xffff);
    return status.toString(16).padStart(4, '0');
  }).join('');
}

test('facts are read as they were printed, calls by what became of them', () => {
  const own = lastCall + 1;
  const attempt = own + ownCalls.length;
  const text = `${printed}calls ${statuses({
    [callNumber('reboot')]: 1 << 8,
    [callNumber('kexec_load')]: 38 << 8,
    [callNumber('pause')]: 14,
    [callNumber('bpf')]: 31,
    [callNumber('sync')]: 0xffff,
    [callNumber('kill')]: 0xffff,
    [own + ownCalls.indexOf('kill')]: 3 << 8,
    [attempt + attemptNames.indexOf('module')]: 8 << 8,
    [attempt + attemptNames.indexOf('rawSocket')]: 0,
  })}\n`;
  const { facts, calls, attempts } = parseFacts(text);
  expect(facts['partitions']).toBe('vda vdb');
  expect(facts['read.dmesg']).toBe('refused');
  expect(calls?.refused).toEqual([callNumber('reboot'), callNumber('bpf')]);
  expect(calls?.absent).toEqual([callNumber('kexec_load')]);
  expect(calls?.untried).toEqual([callNumber('sync')]);
  expect(calls?.reached).toHaveLength(callNames.size - 4);
  expect(calls?.reached).toContain(callNumber('kill'));
  expect(attempts).toMatchObject({ module: 'ENOEXEC', rawSocket: 'done', mount: 'EINVAL' });
});

test('without a checker for the architecture the calls are unknown, not none', () => {
  expect(parseFacts(printed)).toMatchObject({ calls: null, attempts: {} });
});

test('rubbish, cut output and a fact that is missing are refused', () => {
  for (const text of [
    '',
    '\u0000\u001b[2J',
    printed.replace(/^memory.*$/m, ''),
    `${printed}calls ${statuses().slice(0, -4)}`,
    `${printed}calls zzzz`,
  ]) {
    expect(() => parseFacts(text)).toThrow(UnreadableOutput);
  }
});

test('a wait status is an answer', () => {
  expect(answerOf(0)).toBe('reached');
  expect(answerOf(1 << 8)).toBe('refused');
  expect(answerOf(31)).toBe('refused'); // SIGSYS, from a filter
  expect(answerOf(38 << 8)).toBe('absent');
  expect(answerOf(255 << 8)).toBe('reached'); // exit(-1)
  expect(answerOf(11)).toBe('reached');
});

test('of the host processes of an instance the one deepest in pid namespaces stands for it', () => {
  const status = (name: string, pids: string, cap: string) =>
    `Name:\t${name}\nUid:\t0\t7\t0\t0\nNSpid:\t${pids}\nCapEff:\t${cap}\nSeccomp:\t2\n`;
  expect(outsideOf([status('unshare', '10', 'ff'), status('busybox', '11\t1', '0a')])).toMatchObject({
    Name: 'busybox',
    CapEff: '0a',
    Seccomp: '2',
    Uid: '7',
  });
  expect(outsideOf([])).toBeNull();
});
