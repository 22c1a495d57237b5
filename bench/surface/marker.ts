/**
 * The marker: what the neighbour of an examined instance shows of itself, so that someone who could see it
 * would. A process of a name of its own, a file of that name and an abstract Unix socket of that name; it
 * does nothing, and ends by itself if nobody ends it.
 */
import { callNumber } from './call-names.ts';
import { buildProgram, type Piece } from '../../images/elf-program.ts';

/** How long a marker stays that nobody removes. */
const lifeSeconds = 900;

const syscall = [0x0f, 0x05];
const bytesOf = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >> shift) & 0xff);
const [eax, edx, esi, edi] = [0xb8, 0xba, 0xbe, 0xbf];
const load = (register: number, value: number): number[] => [register, ...bytesOf(value)];
const call = (name: string): Piece => [...load(eax, callNumber(name)), ...syscall];

/** Binds the socket, leaves a child behind that holds it, and ends: when it has ended, everything is there. */
function code(addressBytes: number): readonly Piece[] {
  const failIf: Piece = { opcode: [0x0f, 0x88], to: 'failed' };
  return [
    load(edi, 1), // AF_UNIX
    load(esi, 1), // SOCK_STREAM
    load(edx, 0),
    call('socket'),
    [0x85, 0xc0], // test eax, eax
    failIf,
    [0x89, 0xc7], // mov edi, eax
    { opcode: [0x48, 0xc7, 0xc6], data: 'address' }, // mov rsi, address
    load(edx, addressBytes),
    call('bind'),
    [0x85, 0xc0],
    failIf,
    call('fork'),
    [0x85, 0xc0],
    failIf,
    { opcode: [0x0f, 0x84], to: 'stay' },
    load(edi, 0),
    call('exit'),
    { label: 'stay' },
    load(edi, lifeSeconds),
    call('alarm'),
    call('pause'),
    { label: 'failed' },
    load(edi, 1),
    call('exit'),
  ];
}

/** The marker as an ELF file. `name`: at most 15 letters, as the kernel cuts process names there. */
export function buildMarker(name: string): Uint8Array {
  // struct sockaddr_un: the family, then a NUL that makes the name abstract.
  const address = Buffer.concat([Buffer.from([1, 0, 0]), Buffer.from(name, 'latin1')]);
  return buildProgram({ code: code(address.length), data: { address } });
}
