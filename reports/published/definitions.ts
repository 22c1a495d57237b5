/**
 * Which published numbers are of the same thing as one that tare measures: the same first and last instant, or
 * the same way of counting. Instants are tare's milestones under their authors' words; a row whose words are
 * not here is told apart, never drawn beside a measurement.
 */
import { publishedRows, type PublishedRow } from '../../guidance/published/index.ts';
import type { Milestone } from '../../model/instance.ts';
import type { Family, LadderQuantity } from '../../model/metric.ts';
import type { Isolation } from '../../model/instance.ts';

/** What both sides have to mean. */
export type Definition =
  | { readonly kind: 'interval'; readonly from: Milestone; readonly to: Milestone }
  | { readonly kind: 'slope'; readonly of: LadderQuantity };

export interface Shared {
  readonly id: string;
  readonly family: Family;
  readonly definition: Definition;
  /** In tare's words and the authors'. */
  readonly title: string;
  /** What the published subjects are; only runners of that kind stand beside them. */
  readonly isolation: Isolation;
  readonly suits: (row: PublishedRow) => boolean;
}

const lasts = (start: string, end: string) => (row: PublishedRow) => row.start === start && row.end === end;

export const shared: readonly Shared[] = [
  {
    id: 'guest-kernel',
    family: 'startup',
    definition: { kind: 'interval', from: 'T1', to: 'T3' },
    title: 'Monitor process running (T1) to guest kernel entered (T3)',
    isolation: 'virtual machine',
    suits: lasts('QEMU process spawned', 'guest kernel entered'),
  },
  {
    id: 'guest-init',
    family: 'startup',
    definition: { kind: 'interval', from: 'T1', to: 'T4' },
    title: 'Monitor process running (T1) to guest init (T4)',
    isolation: 'virtual machine',
    suits: lasts('QEMU process spawned', 'guest init executed'),
  },
  {
    id: 'host-memory',
    family: 'tare',
    definition: { kind: 'slope', of: 'hostBytes' },
    title: 'Available memory of the host taken by one more instance',
    isolation: 'container',
    suits: ({ method, subject }) =>
      method === 'available memory of the host before less after, over 50 instances' &&
      subject.endsWith(', sleep'),
  },
];

/** Rows that share a definition and may stand beside a measurement: those from memory (mark M) never do. */
export function rowsOf({ suits }: Shared): readonly PublishedRow[] {
  return publishedRows.filter((row) => row.mark !== 'M' && suits(row));
}

/** Published families, and the measured ones whose reports tell of them. */
export const toldIn: Readonly<Record<PublishedRow['family'], readonly Family[]>> = {
  startup: ['startup', 'scale-out'],
  snapshot: ['startup'],
  memory: ['tare', 'memory', 'density'],
  cpu: ['cpu', 'memory', 'app'],
  io: ['io'],
  network: ['network'],
  isolation: ['isolation'],
};
