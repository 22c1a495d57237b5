/** What a contrast of the two sides is, whoever makes it: measured launches, facts seen from inside, other tools. */
import type { Comparison } from '../model/analysis.ts';
import type { AccelerationClass, Isolation } from '../model/instance.ts';
import type { Interval, Unit } from '../model/quantities.ts';
import type { CellRecord } from '../model/record.ts';
import { minimumBlocks } from '../bench/statistics/power.ts';
import type { Quantity } from './quantities.ts';
import type { Side } from './requirements.ts';

/** Where a number is from. */
export interface Origin {
  readonly quantity: Quantity;
  readonly metric: string;
  readonly scenario: string;
  readonly workload: string;
  /** Path of the record. */
  readonly source: string;
}

/** One VM against one container in one metric, or in one fact seen from inside. */
export interface Contrast extends Origin {
  readonly vm: string;
  readonly container: string;
  /** Which side costs less; `few`: too few launches to say, which stops nobody else from saying. */
  readonly favours: Side | 'neither' | 'unclear' | 'few' | 'refused';
  /** Cost of the VM over the container's, with its interval; null for facts. */
  readonly ratio: number | null;
  readonly interval: Interval | null;
  readonly n: number;
  /** Difference below which nothing matters, as a fraction. */
  readonly threshold: number;
  /** Of the container, in `unit`: what a VM would have to take to be no dearer. */
  readonly reference: number | null;
  readonly unit: Unit | null;
  readonly better: 'lower' | 'higher';
  /** Why nothing follows, rule first; what was seen, for facts. */
  readonly remark: string | null;
  /** Launches that a verdict would take; null: not known. */
  readonly blocksNeeded: number | null;
  readonly acceleration: AccelerationClass;
  /** Another tool measured it. */
  readonly imported: boolean;
}

/** Resamples of each comparison: that of published numbers, and quick enough for a question at a terminal. */
export const resamples = 2000;

/** How cells of one run stand to the profile: VMs of another acceleration class belong to another. */
export type Keeps = (cell: CellRecord) => boolean;

/** A verdict as what it says of the two sides. */
export function saidBy({
  verdict,
  refusals,
  n,
}: Pick<Comparison, 'verdict' | 'refusals' | 'n'>): Pick<Contrast, 'favours' | 'remark'> {
  switch (verdict) {
    case 'regression':
      return { favours: 'container', remark: null };
    case 'improvement':
      return { favours: 'vm', remark: null };
    case 'equivalent':
    case 'different-but-small':
      return { favours: 'neither', remark: 'no difference that matters' };
    case 'inconclusive':
      return { favours: 'unclear', remark: 'C20: the interval allows both answers' };
    case 'no-verdict':
      return { favours: 'few', remark: `C3: ${n} launches of each; a verdict takes ${minimumBlocks}` };
    case 'refused':
      return {
        favours: 'refused',
        remark: refusals.map(({ rule, message }) => `${rule}: ${message}`).join(' '),
      };
  }
}

/** A sandbox speaks for neither side: it has a kernel of its own and shares its host's memory and CPUs. */
const sides: Readonly<Record<Isolation, Side | null>> = {
  process: null,
  container: 'container',
  sandbox: null,
  'virtual machine': 'vm',
};

/** null: neither, as a plain process is, or not known. */
export function sideOf({ isolation }: Pick<CellRecord, 'isolation'>): Side | null {
  return isolation === null ? null : sides[isolation];
}
