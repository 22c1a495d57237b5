/**
 * What the runs of one profile say of the two sides: the values of each runner, and each VM against each container
 * as the analysis of its run judged it, refusals included (C17 to C26). Runs are never put together: every one
 * answers for itself, and what they say is weighed by the rules.
 */
import { analyse } from '../bench/analyse.ts';
import { isVirtualMachine } from '../bench/analysis/pairs.ts';
import type { AccelerationClass, CellRecord, Comparison, Interval, Unit } from '../bench/model.ts';
import { median } from '../bench/statistics/descriptive.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { minimumBlocks } from '../bench/statistics/power.ts';
import { rowsOf, type RowPart } from '../verdicts/rows.ts';
import type { RowKey } from '../verdicts/model.ts';
import type { Run } from '../verdicts/runs.ts';
import { importedContrasts } from './imported.ts';
import { factContrasts } from './inside.ts';
import { quantityOf, type Quantity } from './quantities.ts';
import type { ImportedPair, Side } from './requirements.ts';

/** Where a number is from. */
export interface Origin {
  readonly quantity: Quantity;
  readonly metric: string;
  readonly scenario: string;
  readonly workload: string;
  /** Path of the record. */
  readonly source: string;
}

/** What one runner takes. */
export interface Value extends Origin {
  readonly runner: string;
  readonly side: Side;
  readonly unit: Unit;
  readonly n: number;
  readonly median: number;
  /** 95 %; null where there are too few launches for a verdict (C3): it decides nothing. */
  readonly interval: Interval | null;
  /** `upper`: the emulator's own memory is in it, so that the thing itself takes no more than this. */
  readonly bound: 'upper' | null;
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

export interface Evidence {
  readonly values: readonly Value[];
  readonly contrasts: readonly Contrast[];
  /** What was measured and is used only with care, or not at all, and why. */
  readonly remarks: readonly string[];
}

export const noEvidence: Evidence = { values: [], contrasts: [], remarks: [] };

/** Resamples of each comparison: that of published numbers, and quick enough for a question at a terminal. */
export const resamples = 2000;

/** How cells of one run stand to the profile: VMs of another acceleration class belong to another. */
export type Keeps = (cell: CellRecord) => boolean;

export function evidenceOf(runs: readonly Run[], keeps: Keeps, imported: readonly ImportedPair[]): Evidence {
  const remarks = new Set<string>();
  const values = valuesOf(runs, keeps, remarks);
  const contrasts = runs.flatMap((run) => [
    ...measuredContrasts(run, keeps),
    ...factContrasts(run, keeps),
    ...importedContrasts(run, imported),
  ]);
  for (const { vm, acceleration, favours, unit, source } of contrasts) {
    if (unit === null || favours === 'refused') continue;
    if (acceleration === 'tcg') {
      remarks.add(
        `${source}: memory, disk and processes of ${vm} are facts about mappings and count; the VM was emulated, and the emulator’s translation cache is in its memory (C17)`,
      );
    } else if (acceleration !== 'kvm-hw') {
      remarks.add(`${source}: ${vm} ran on ${acceleration}; this holds for such hosts only (C18)`);
    }
  }
  return { values, contrasts, remarks: [...remarks] };
}

function measuredContrasts(run: Run, keeps: Keeps): Contrast[] {
  const { record } = run;
  const cells = new Map(record.header.cells.map((cell) => [cell.id, cell]));
  const analysis = analyse(record, { resamples });
  return analysis.comparisons.flatMap((comparison): Contrast[] => {
    const quantity = quantityOf(comparison.metric);
    const [vm, container] = [cells.get(comparison.subject), cells.get(comparison.reference)];
    if (quantity === null || vm === undefined || container === undefined) return [];
    if (sideOf(vm) !== 'vm' || sideOf(container) !== 'container' || !keeps(vm)) return [];
    const metric = record.header.metrics.find(({ id }) => id === comparison.metric);
    const summary = analysis.summaries.find(
      (one) => one.metric === comparison.metric && one.cell === container.id,
    );
    return [
      {
        quantity,
        metric: comparison.metric,
        scenario: record.header.scenario.name,
        workload: vm.workload,
        source: run.ref.path,
        vm: named(vm),
        container: named(container),
        ...saidBy(comparison),
        ratio: comparison.ratio,
        interval: comparison.interval,
        n: comparison.n,
        threshold: comparison.threshold,
        reference: summary?.median ?? null,
        unit: metric?.unit ?? 'ratio',
        better: metric?.better ?? 'lower',
        blocksNeeded: comparison.blocksNeeded,
        acceleration: vm.acceleration.class,
        imported: false,
      },
    ];
  });
}

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

/** "q35 (QEMU 7.2.22 q35)" would be too long in a sentence with four of them: the runner and its version. */
function named({ runner, identity }: CellRecord): string {
  const version = identity['version'];
  return version === undefined ? runner : `${runner} ${version}`;
}

function valuesOf(runs: readonly Run[], keeps: Keeps, remarks: Set<string>): Value[] {
  return rowsOf(runs, [], { values: true, references: [] }).flatMap(({ key, base }) => {
    const quantity = quantityOf(key.metric);
    if (quantity === null) return [];
    return base.flatMap((part): Value[] => {
      const side = sideOf(part.cell);
      if (side === null || !keeps(part.cell)) return [];
      const at = `${part.run.ref.path}: ${part.metric.id} of ${part.cell.runner}`;
      if (part.values.length === 0) {
        remarks.add(`${at}: no launch counts (all failed, or their blocks are void)`);
        return [];
      }
      if (part.cell.acceleration.class === 'tcg' && part.metric.needsRealCpu) {
        remarks.add(`${at}: emulated, not representative, and not used (C17)`);
        return [];
      }
      const numbers = part.values.map(({ value }) => value);
      const middle = median(numbers);
      if (middle === null) return [];
      return [
        {
          ...originOf(quantity, part, key),
          runner: part.cell.runner,
          side,
          unit: part.metric.unit,
          n: numbers.length,
          median: middle,
          interval: numbers.length < minimumBlocks ? null : medianInterval(numbers),
          bound: part.cell.acceleration.class === 'tcg' ? 'upper' : null,
        },
      ];
    });
  });
}

function originOf(quantity: Quantity, { run, metric }: RowPart, { scenario, workload }: RowKey): Origin {
  return { quantity, metric: metric.id, scenario, workload, source: run.ref.path };
}

/** null: neither, as a plain process is. */
export function sideOf(cell: CellRecord): Side | null {
  if (isVirtualMachine(cell)) return 'vm';
  const { runnerKind } = cell;
  return runnerKind === 'process' || runnerKind === 'imported' || runnerKind === 'fake' ? null : 'container';
}
