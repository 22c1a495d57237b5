/**
 * What records before schema 3 left to their reader's knowledge of runner kinds. The one table that knows kinds,
 * and closed: later runners say of themselves what they are (runners/runner.ts), and their records hold it.
 */
import type { Isolation } from '../../model/instance.ts';
import type { CellRecord } from '../../model/record.ts';

interface OldKind {
  readonly isolation: Isolation | null;
  /** What reports called it. */
  readonly product: string;
}

const oldKinds: ReadonlyMap<string, OldKind> = new Map<string, OldKind>([
  ['imported', { isolation: null, product: 'imported from' }],
  ['fake', { isolation: null, product: 'fake' }],
  ['process', { isolation: 'process', product: 'host process' }],
  ['namespace', { isolation: 'container', product: 'namespaces' }],
  ['oci', { isolation: 'container', product: 'OCI runtime' }],
  ['podman', { isolation: 'container', product: 'podman' }],
  ['docker', { isolation: 'container', product: 'docker' }],
  ['qemu', { isolation: 'virtual machine', product: 'QEMU' }],
]);

/** Keys of a cell's identity that decided its numbers, whatever its runner. */
const oldDecisive: readonly string[] = [
  'version',
  'runtime',
  'qemu',
  'kernelDigest',
  'cpuModel',
  'machine',
  'accelerator',
  'util-linux',
];

interface Named {
  readonly runner: string;
  readonly runnerKind: string;
  readonly identity: Readonly<Record<string, string>>;
}

/** What schema 3 says of a cell of an older record. A kind that never was is left without isolation. */
export function factsOfKind(
  cell: Named,
): Pick<CellRecord, 'isolation' | 'architecture' | 'kernel' | 'product' | 'decisive'> {
  return {
    isolation: oldKinds.get(cell.runnerKind)?.isolation ?? null,
    architecture: null,
    kernel: null,
    product: productOf(cell),
    decisive: oldDecisive,
  };
}

function productOf({ runner, runnerKind, identity }: Named): string {
  const product = oldKinds.get(runnerKind)?.product ?? runnerKind;
  // Under "version", or under the name its runner recorded it by.
  const recorded = identity['version'] ?? identity['runtime'] ?? identity['qemu'];
  if (runnerKind === 'imported') return `${product} ${runner} ${recorded ?? ''}`.trim();
  if (recorded === undefined || runnerKind === 'process') return product;
  const version = shortVersion(recorded);
  if (!/^v?\d/.test(version)) return runnerKind === 'oci' ? version : `${product} (${version})`;
  const machine = identity['machine'];
  return [product, version, ...(machine === undefined ? [] : [machine])].join(' ');
}

/** "runc version 1.1.5+ds1" is "runc 1.1.5" to a reader; the identity keeps it to the letter. */
export function shortVersion(printed: string): string {
  return printed.replace(/\bversion /, '').replace(/\+\S*$/, '');
}

const onlyNote = /^\(only runners (.*)\)$/;

/** The runners chosen on the command line, which stood among the overrides as a sentence. */
export function withoutOnlyNote(overrides: readonly string[]): {
  readonly overrides: readonly string[];
  readonly onlyRunners: readonly string[] | null;
} {
  const list = overrides.map((word) => onlyNote.exec(word)?.[1]).find((word) => word !== undefined);
  return {
    overrides: overrides.filter((word) => !onlyNote.test(word)),
    onlyRunners: list?.split(',').map((word) => word.trim()) ?? null,
  };
}
