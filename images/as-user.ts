/**
 * The program that takes on an image's own user and folder, heeds all signals, and then becomes the image's program: the same
 * few system calls in a container and in a virtual machine, whatever tools the image holds. It lies beside
 * the image, and is run as `as-user PROGRAM ARGUMENT...` by root.
 */
import { constants } from 'node:os';
import { buildProgram, type Piece } from './elf-program.ts';

/** Whom and where: numbers, because names are the image's own affair and were looked up when it came in. */
export interface Standing {
  readonly uid: number;
  readonly gid: number;
  /** Further groups. */
  readonly groups: readonly number[];
  /** Absolute, inside. */
  readonly folder: string;
}

/** Exit statuses of it, as shells have them for programs that cannot be started. */
const asUserFailed = { standing: 126, missing: 127 } as const;

const syscalls = {
  write: 1,
  rt_sigaction: 13,
  execve: 59,
  exit: 60,
  chdir: 80,
  setuid: 105,
  setgid: 106,
  setgroups: 116,
};

const little = (value: number): number[] => [...new Uint8Array(new Uint32Array([value]).buffer)];
const toEax = (value: number): Piece => [0xb8, ...little(value)];
const toEdi = (value: number): Piece => [0xbf, ...little(value)];
const toEdx = (value: number): Piece => [0xba, ...little(value)];
const toR10 = (value: number): Piece => [0x41, 0xba, ...little(value)];
const systemCall: Piece = [0x0f, 0x05];
const orElse = (label: string): readonly Piece[] => [
  [0x85, 0xc0], // test eax, eax
  { opcode: [0x0f, 0x85], to: label }, // jne
];

/** The program as the bytes of a static ELF file for x86-64 Linux. */
export function asUserProgram({ uid, gid, groups, folder }: Standing): Uint8Array {
  const complaint = (name: string, text: string): readonly Piece[] => [
    { label: name },
    toEdi(2),
    { opcode: [0xbe], data: `${name} text` }, // mov esi, address
    toEdx(Buffer.byteLength(text)),
    toEax(syscalls.write),
    systemCall,
    toEdi(asUserFailed.standing),
    { opcode: [0xe9], to: 'exit' }, // jmp
  ];
  const words = {
    user: `tare: user ${uid}:${gid} of the image cannot be taken on here\n`,
    folder: `tare: the image's working folder cannot be entered: ${folder}\n`,
  };
  // Root without further groups has nothing to set: in a user namespace it may not even try.
  const setGroups: readonly Piece[] =
    uid === 0 && gid === 0 && groups.length === 0
      ? []
      : [
          toEdi(groups.length),
          { opcode: [0xbe], data: 'groups' },
          toEax(syscalls.setgroups),
          systemCall,
          ...orElse('user'),
        ];
  // A shell without a terminal starts what it does not wait for with these ignored; an engine does not.
  const heed = [constants.signals.SIGINT, constants.signals.SIGQUIT].flatMap((signal): readonly Piece[] => [
    ...[toEdi(signal), { opcode: [0xbe], data: 'by default' }, toEdx(0), toR10(8)],
    ...[toEax(syscalls.rt_sigaction), systemCall],
  ]);
  const code: readonly Piece[] = [
    ...heed,
    ...setGroups,
    ...[toEdi(gid), toEax(syscalls.setgid), systemCall, ...orElse('user')],
    ...[toEdi(uid), toEax(syscalls.setuid), systemCall, ...orElse('user')],
    // As that user: a folder it may not enter is not entered for it.
    ...[{ opcode: [0xbf], data: 'folder' }, toEax(syscalls.chdir), systemCall, ...orElse('place')],
    [0x48, 0x8b, 0x7c, 0x24, 0x10], // mov rdi, [rsp+16]: the program
    [0x48, 0x8d, 0x74, 0x24, 0x10], // lea rsi, [rsp+16]: it and its arguments
    [0x48, 0x8b, 0x0c, 0x24], // mov rcx, [rsp]: their number and one
    [0x48, 0x8d, 0x54, 0xcc, 0x10], // lea rdx, [rsp+rcx*8+16]: the environment
    toEax(syscalls.execve),
    systemCall,
    toEdi(asUserFailed.missing),
    [0x83, 0xf8, 0xfe], // cmp eax, -ENOENT
    { opcode: [0x0f, 0x84], to: 'exit' }, // je
    toEdi(asUserFailed.standing),
    { opcode: [0xe9], to: 'exit' },
    ...complaint('user', words.user),
    ...complaint('place', words.folder),
    { label: 'exit' },
    toEax(syscalls.exit),
    systemCall,
  ];
  return buildProgram({
    code,
    data: {
      // struct sigaction of the kernel: handler, flags, restorer, mask.
      'by default': Buffer.alloc(32),
      groups: Buffer.from(new Uint32Array(groups.length === 0 ? [0] : groups).buffer),
      folder: Buffer.from(`${folder}\0`),
      'user text': Buffer.from(words.user),
      'place text': Buffer.from(words.folder),
    },
  });
}
