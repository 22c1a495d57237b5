/**
 * Which cells are read against which: every runner against the baseline, every virtual machine against
 * every other container, and the control against the cell it repeats. Same workload, same shape only.
 */
import type { Comparison } from '../../model/analysis.ts';
import type { CellRecord, RecordHeader } from '../../model/record.ts';

export interface Pair {
  readonly subject: CellRecord;
  readonly reference: CellRecord;
  readonly kind: Comparison['kind'];
}

/** All pairs of a run, in the order of its cells. */
export function comparedPairs(header: RecordHeader): Pair[] {
  const measured = header.cells.filter(({ role }) => role === 'measured');
  return header.cells.flatMap((subject) => {
    const peers = measured.filter((cell) => cell.id !== subject.id && isSameWork(cell, subject));
    if (subject.role === 'control') {
      return peers
        .filter(({ runner }) => runner === subject.runner)
        .map((reference): Pair => ({ subject, reference, kind: 'control' }));
    }
    return peers
      .filter((reference) => isOfInterest(subject, reference, subject.baseline ?? header.baseline))
      .map((reference): Pair => ({ subject, reference, kind: 'runners' }));
  });
}

/** True for a cell whose instance is a virtual machine. */
export function isVirtualMachine(cell: CellRecord): boolean {
  return cell.runnerKind === 'qemu';
}

const containers: readonly CellRecord['runnerKind'][] = ['namespace', 'oci', 'podman', 'docker'];

function isOfInterest(subject: CellRecord, reference: CellRecord, baseline: string): boolean {
  if (subject.runner === baseline) return false;
  if (reference.runner === baseline) return true;
  return isVirtualMachine(subject) && containers.includes(reference.runnerKind);
}

function isSameWork(a: CellRecord, b: CellRecord): boolean {
  return a.workload === b.workload && a.shape.id === b.shape.id;
}
