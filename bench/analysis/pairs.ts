/**
 * Which cells are read against which: every runner against the baseline, every virtual machine against every
 * other container (a sandbox stands between them), and the control against the cell it repeats. Same workload,
 * same shape only.
 */
import type { Comparison } from '../../model/analysis.ts';
import type { Isolation } from '../../model/instance.ts';
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
  return cell.isolation === 'virtual machine';
}

/** How far from the host an instance is kept; what is kept by nothing, or in a way not known, is read against none. */
const distance: Readonly<Record<Isolation, number | null>> = {
  process: null,
  container: 0,
  sandbox: 1,
  'virtual machine': 2,
};

/** Whether the subject is kept further from the host than the reference, and both are kept from it at all. */
function isKeptFurther(subject: CellRecord, reference: CellRecord): boolean {
  const [far, near] = [subject, reference].map(({ isolation }) =>
    isolation === null ? null : distance[isolation],
  );
  return far != null && near != null && far > near;
}

function isOfInterest(subject: CellRecord, reference: CellRecord, baseline: string): boolean {
  if (subject.runner === baseline) return false;
  if (reference.runner === baseline) return true;
  return isKeptFurther(subject, reference);
}

function isSameWork(a: CellRecord, b: CellRecord): boolean {
  return a.workload === b.workload && a.shape.id === b.shape.id;
}
