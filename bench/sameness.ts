/**
 * When two measurements were made under the same conditions: what a resumed run and a merged report must
 * agree on (METHODOLOGY C26). Pure comparisons of recorded facts.
 */
import type { HostFingerprint } from './model.ts';

/** What of a cell's identity decides its numbers; paths and temporary names do not. */
export const decisiveIdentity: readonly string[] = [
  'version',
  'runtime',
  'qemu',
  'kernelDigest',
  'cpuModel',
  'machine',
  'accelerator',
  'util-linux',
];

/** Facts that must match but do not, with every host's value in turn; null where one does not know it. */
export function hostDifferences(
  hosts: readonly HostFingerprint[],
): readonly { readonly key: string; readonly values: readonly (string | null)[] }[] {
  const keys = new Set(hosts.flatMap(({ must }) => Object.keys(must)));
  return [...keys]
    .map((key) => ({ key, values: hosts.map(({ must }) => must[key] ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** The part of a version that changes when results are no longer comparable. */
export function majorOf(version: string): string {
  return version.split('.')[0] ?? version;
}
