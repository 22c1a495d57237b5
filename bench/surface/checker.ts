/**
 * The checker: a program that really makes every system call it knows, each in a child of its own, and
 * prints how that child ended. It does no harm by construction: arguments are -1 (no such descriptor,
 * process, address or flag), with other ones just as void where -1 would mean something; the child has no
 * terminal, no stack pointer to return to, one second to live, and dumps no core.
 *
 * Printed: for each try the child's wait status as two bytes, low byte first. Its exit code is the errno
 * (0: the call succeeded); untried numbers are 0xffff.
 */
import { callNames, callNumber } from './call-names.ts';
import { buildProgram, textDatum, type Piece, type Word } from '../../images/elf-program.ts';

type Arguments = readonly Word[];
const none = -1;

/** Calls whose arguments are others than six times -1, and why. */
const ownArguments: Readonly<Record<string, Arguments>> = {
  // Signal 0 only asks whether a process is there, and there is no process with this number.
  kill: [0x7fffffff, 0],
  tkill: [0x7fffffff, 0],
  tgkill: [0x7fffffff, 0x7fffffff, 0],
  // All flags set would create a queue, a segment or semaphores that outlive us.
  shmget: [none, none, 0],
  semget: [none, 0, 0],
  msgget: [none, 0],
  // An unknown command is answered like a missing call: read an empty table; wait on no address; ask a size.
  modify_ldt: [0, none, none],
  futex: [none, 0],
  syslog: [10],
};

/** Writes every dirty page of the host to disk before it answers: not harmless to what is measured beside it. */
export const untriedCalls: readonly string[] = ['sync'];

/** Calls tried once more, with arguments that get as far as the question of who may. Order of printing. */
const attempts: Readonly<Record<string, { readonly call: string; readonly arguments: Arguments }>> = {
  // Sixteen bytes that are no module: ENOEXEC from a kernel that would take one.
  module: { call: 'init_module', arguments: [{ addressOf: 'text' }, 16, { addressOf: 'empty' }] },
  // An option tmpfs does not have: EINVAL, and nothing mounted, from a kernel that would mount.
  mount: {
    call: 'mount',
    arguments: [
      { addressOf: 'text' },
      { addressOf: 'root' },
      { addressOf: 'tmpfs' },
      0,
      { addressOf: 'option' },
    ],
  },
  // A tick of 0 us is out of range: EINVAL, and the clock left alone, from a kernel that would set it.
  clock: { call: 'adjtimex', arguments: [{ addressOf: 'timex' }] },
  // No magic numbers: EINVAL from a kernel that would restart.
  reboot: { call: 'reboot', arguments: [none, none, none] },
  // These three succeed where they may, for the one child and its last instructions.
  userNamespace: { call: 'unshare', arguments: [0x10000000] },
  rawSocket: { call: 'socket', arguments: [2, 3, 1] },
  ports: { call: 'iopl', arguments: [3] },
};

/** Names of the attempts, in the order of their answers. */
export const attemptNames: readonly string[] = Object.keys(attempts);
/** Every number from 0 to this one has an answer. */
export const lastCall = Math.max(...callNames.keys());

const tried = (number: number): boolean => {
  const name = callNames.get(number);
  return name !== undefined && !(name in ownArguments) && !untriedCalls.includes(name);
};

/** Calls with arguments of their own, in the order of their answers: after the numbers, before the attempts. */
export const ownCalls: readonly string[] = Object.keys(ownArguments);

const entry = (call: string, given: Arguments): Word[] => [
  callNumber(call),
  ...Array.from({ length: 6 }, (_, index) => given[index] ?? none),
];

/** struct timex with one of its modes, ADJ_TICK, and all else 0. */
function timex(): Uint8Array {
  const bytes = Buffer.alloc(208);
  bytes.writeUInt32LE(0x4000, 0);
  return bytes;
}

const syscall = [0x0f, 0x05];
const load = (register: number, value: number): number[] => [
  0xb8 + register,
  ...[0, 8, 16, 24].map((shift) => (value >> shift) & 0xff),
];
const [eax, edx, esi, edi] = [0, 2, 6, 7];
const call = (name: string): Piece => [...load(eax, callNumber(name)), ...syscall];
const label = (name: string): Piece => ({ label: name });
const jump = {
  always: (to: string): Piece => ({ opcode: [0xe9], to }),
  ifZero: (to: string): Piece => ({ opcode: [0x0f, 0x84], to }),
  ifNegative: (to: string): Piece => ({ opcode: [0x0f, 0x88], to }),
  ifBelow: (to: string): Piece => ({ opcode: [0x0f, 0x82], to }),
  ifNotBelow: (to: string): Piece => ({ opcode: [0x0f, 0x83], to }),
  subroutine: (to: string): Piece => ({ opcode: [0xe8], to }),
};
const isAnswerZero: Piece = [0x85, 0xc0]; // test eax, eax
const exitWith = (code: number): Piece[] => [load(edi, code), call('exit')];
/** Waits for the child whose number is in eax; its status goes to the word at the stack pointer. */
const awaitChild: Piece[] = [
  [0x89, 0xc7], // mov edi, eax
  [0x48, 0x89, 0xe6], // mov rsi, rsp
  load(edx, 0x40000000), // __WALL: children of any kind
  [0x45, 0x31, 0xd2], // xor r10d, r10d
  call('wait4'),
];

/**
 * ebx the number being tried, r12 its arguments, r13 the entry, r14 where the next answer goes. The first
 * process has the terminal and only waits; the second starts a session of its own and does the work.
 */
const code: readonly Piece[] = [
  call('fork'),
  isAnswerZero,
  jump.ifZero('work'),
  jump.ifNegative('failed'),
  [0x6a, 0xff], // push -1
  ...awaitChild,
  [0x8b, 0x3c, 0x24], // mov edi, [rsp]
  [0x85, 0xff], // test edi, edi
  jump.ifZero('well'),
  label('failed'),
  ...exitWith(1),
  label('well'),
  ...exitWith(0),

  label('work'),
  call('setsid'),
  load(edi, 4), // PR_SET_DUMPABLE
  load(esi, 0),
  call('prctl'),
  { opcode: [0x49, 0xc7, 0xc6], data: 'answers' }, // mov r14, answers
  { opcode: [0x49, 0xc7, 0xc4], data: 'nothing' }, // mov r12, nothing
  [0x31, 0xdb], // xor ebx, ebx
  label('number'),
  { opcode: [0x0f, 0xa3, 0x1c, 0x25], data: 'wanted' }, // bt [wanted], ebx
  jump.ifNotBelow('skip'),
  jump.subroutine('try'),
  jump.always('next'),
  label('skip'),
  [0x66, 0x41, 0xc7, 0x06, 0xff, 0xff], // mov word [r14], -1
  [0x49, 0x83, 0xc6, 0x02], // add r14, 2
  label('next'),
  [0xff, 0xc3], // inc ebx
  [0x81, 0xfb, ...load(0, lastCall + 1).slice(1)], // cmp ebx, lastCall + 1
  jump.ifBelow('number'),

  { opcode: [0x49, 0xc7, 0xc5], data: 'entries' }, // mov r13, entries
  label('entry'),
  [0x41, 0x8b, 0x5d, 0x00], // mov ebx, [r13]
  [0x4d, 0x8d, 0x65, 0x08], // lea r12, [r13 + 8]
  jump.subroutine('try'),
  [0x49, 0x83, 0xc5, 0x38], // add r13, 56
  { opcode: [0x49, 0x81, 0xfd], data: 'end' }, // cmp r13, end
  jump.ifBelow('entry'),

  load(edi, 1),
  { opcode: [0x48, 0xc7, 0xc6], data: 'answers' }, // mov rsi, answers
  [0x4c, 0x89, 0xf2], // mov rdx, r14
  [0x48, 0x29, 0xf2], // sub rdx, rsi
  call('write'),
  [0x39, 0xd0], // cmp eax, edx
  jump.ifZero('well'),
  jump.always('failed'),

  label('try'),
  call('fork'),
  isAnswerZero,
  jump.ifZero('child'),
  jump.ifNegative('failed'),
  [0x6a, 0xff], // push -1
  ...awaitChild,
  [0x59], // pop rcx
  [0x66, 0x41, 0x89, 0x0e], // mov [r14], cx
  [0x49, 0x83, 0xc6, 0x02], // add r14, 2
  [0xc3], // ret

  label('child'),
  load(edi, 1),
  call('alarm'),
  [0x31, 0xe4], // xor esp, esp: what returns by the stack, or runs on it, ends here
  [0x49, 0x8b, 0x3c, 0x24], // mov rdi, [r12]
  [0x49, 0x8b, 0x74, 0x24, 0x08], // mov rsi, [r12 + 8]
  [0x49, 0x8b, 0x54, 0x24, 0x10], // mov rdx, [r12 + 16]
  [0x4d, 0x8b, 0x54, 0x24, 0x18], // mov r10, [r12 + 24]
  [0x4d, 0x8b, 0x44, 0x24, 0x20], // mov r8, [r12 + 32]
  [0x4d, 0x8b, 0x4c, 0x24, 0x28], // mov r9, [r12 + 40]
  [0x89, 0xd8], // mov eax, ebx
  syscall,
  [0x31, 0xff], // xor edi, edi
  [0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff], // cmp rax, -4095
  jump.ifBelow('leave'),
  [0xf7, 0xd8], // neg eax
  [0x89, 0xc7], // mov edi, eax
  label('leave'),
  call('exit'),
  [0xf4], // hlt: where even exit is refused
];

/** The checker as an ELF file. */
export function buildChecker(): Uint8Array {
  const wanted = Buffer.alloc(Math.ceil((lastCall + 1) / 64) * 8);
  for (let number = 0; number <= lastCall; number += 1) {
    if (tried(number)) wanted[number >> 3] = (wanted[number >> 3] ?? 0) | (1 << (number & 7));
  }
  const answers = lastCall + 1 + ownCalls.length + attemptNames.length;
  return buildProgram({
    code,
    data: {
      nothing: Array.from({ length: 6 }, () => none),
      wanted,
      text: textDatum('tare: no module'),
      empty: textDatum(''),
      root: textDatum('/'),
      tmpfs: textDatum('tmpfs'),
      option: textDatum('tare=1'),
      timex: timex(),
      entries: [
        ...Object.entries(ownArguments).flatMap(([name, given]) => entry(name, given)),
        ...Object.values(attempts).flatMap(({ call: name, arguments: given }) => entry(name, given)),
      ],
      end: [],
      answers: Buffer.alloc(answers * 2),
    },
  });
}
