/**
 * Memory of the processes of one instance, mapping by mapping: what is the guest's RAM, what the emulator's
 * translated code and what the hypervisor's own. Told apart by what the mappings are (size, permissions),
 * because QEMU gives anonymous memory no names.
 */
import { readFileSync } from 'node:fs';
import type { HypervisorMemory } from '../../model/instance.ts';
import type { Bytes } from '../../model/quantities.ts';
import { parseMeminfo } from './memory.ts';

/** One mapping of `/proc/PID/smaps`. */
export interface Mapping {
  /** Address space, not memory. */
  readonly sizeBytes: Bytes;
  /** As in `rw-p`. */
  readonly permissions: string;
  /** File or pseudo file; empty for anonymous memory. */
  readonly name: string;
  readonly pssBytes: Bytes;
}

/** Memory of a list of processes, each measure summed over them. */
export interface ProcessMemory {
  /** Shared pages divided by their users; null when this user may not read one of the processes. */
  readonly pssBytes: Bytes | null;
  /** Shared pages counted in full by each process: an upper bound. */
  readonly rssBytes: Bytes | null;
  /** null where no process maps a guest's RAM. */
  readonly hypervisor: HypervisorMemory | null;
}

const head = /^[0-9a-f]+-[0-9a-f]+ (\S{4}) \S+ \S+ \d+\s*(.*)$/;

/** The mappings of one process, from the text of its `smaps`. */
export function parseSmaps(text: string): readonly Mapping[] {
  const mappings: Mapping[] = [];
  let header: RegExpExecArray | null = null;
  let fields: string[] = [];
  const flush = () => {
    if (header === null) return;
    const values = parseMeminfo(fields.join('\n'));
    mappings.push({
      sizeBytes: values.get('Size') ?? 0,
      permissions: header[1] ?? '',
      name: header[2] ?? '',
      pssBytes: values.get('Pss') ?? 0,
    });
  };
  for (const line of text.split('\n')) {
    const match = head.exec(line);
    if (match === null) fields.push(line);
    else {
      flush();
      header = match;
      fields = [];
    }
  }
  flush();
  return mappings;
}

/**
 * How a hypervisor's PSS divides, or null when no mapping is a guest's RAM: exactly as large as the guest's
 * memory, writable and without a file on disk. Translated code is what can be both written and executed.
 */
export function splitHypervisor(mappings: readonly Mapping[], guestBytes: Bytes): HypervisorMemory | null {
  const isGuest = (mapping: Mapping) =>
    mapping.sizeBytes === guestBytes && mapping.permissions.startsWith('rw-') && isMemory(mapping);
  const guest = mappings.filter(isGuest);
  if (guest.length === 0) return null;
  const translated = mappings.filter(({ permissions, name }) =>
    permissions.startsWith('rwx') ? true : name.startsWith('/memfd:tcg-jit'),
  );
  const [guestRamBytes, translationBytes] = [sum(guest), sum(translated)];
  return { guestRamBytes, translationBytes, otherBytes: sum(mappings) - guestRamBytes - translationBytes };
}

function isMemory({ name }: Mapping): boolean {
  return name === '' || name.startsWith('/memfd:') || name.startsWith('/dev/shm/');
}

function sum(mappings: readonly Mapping[]): Bytes {
  return mappings.reduce((total, { pssBytes }) => total + pssBytes, 0);
}

/**
 * One reading of every process. A process that has ended meanwhile weighs nothing.
 * @param guestBytes configured memory of a virtual machine, null where there is none; then only summaries
 *   are read (0.1 ms a process instead of 4 ms for a hypervisor's full list)
 */
export function readProcessMemory(
  pids: readonly number[],
  guestBytes: Bytes | null,
  proc = '/proc',
): ProcessMemory {
  let [pssBytes, rssBytes] = [0, 0];
  let hypervisor: HypervisorMemory | null = null;
  for (const pid of pids) {
    try {
      const folder = `${proc}/${String(pid)}`;
      const values = parseMeminfo(readFileSync(`${folder}/smaps_rollup`, 'utf8'));
      pssBytes += values.get('Pss') ?? 0;
      rssBytes += values.get('Rss') ?? 0;
      if (guestBytes !== null) {
        hypervisor ??= splitHypervisor(parseSmaps(readFileSync(`${folder}/smaps`, 'utf8')), guestBytes);
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOENT' && code !== 'ESRCH') return { pssBytes: null, rssBytes: null, hypervisor: null };
    }
  }
  return { pssBytes, rssBytes, hypervisor };
}
