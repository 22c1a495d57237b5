/**
 * The memory that belongs to an emulator and to no machine: the code that it has translated for a guest. Under
 * hardware virtualization there is none of it, so it is told apart and is in no figure of the machine's.
 */
import type { Bytes } from '../../model/quantities.ts';
import type { Trial } from './instance.ts';

/** Guests have whole mebibytes. */
export function guestBytes(bytes: Bytes): Bytes {
  return Math.floor(bytes / 2 ** 20) * 2 ** 20;
}

/** Translated code held by one instance's processes: 0 where nothing is emulated, null where it cannot be read. */
export function translationBytes(
  { prepared, cell, tools }: Pick<Trial, 'prepared' | 'cell' | 'tools'>,
  pids: readonly number[] | null,
): Bytes | null {
  if (prepared.acceleration.class !== 'tcg') return 0;
  if (pids === null) return null;
  const memory = tools.site.processes(pids, guestBytes(cell.shape.memoryBytes));
  return memory?.hypervisor?.translationBytes ?? null;
}

/** A measure of memory without the translated code that is in it; null where either is not known. */
export function withoutTranslation(bytes: Bytes | null, translation: Bytes | null): Bytes | null {
  return bytes === null || translation === null ? null : Math.max(0, bytes - translation);
}
