/**
 * What the runs of one profile say of the two sides: the values of each runner, and each VM against each container
 * as the analysis of its run judged it, refusals included (C17 to C26). Runs are never put together: every one
 * answers for itself, and what they say is weighed by the rules.
 */
import { recordName } from '../verdicts/runs.ts';
import { analyse } from '../bench/analyse.ts';
import type { Interval, Unit } from '../model/quantities.ts';
import type { CellRecord } from '../model/record.ts';
import { median } from '../model/descriptive.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { minimumBlocks } from '../bench/statistics/power.ts';
import { rowsOf, type RowPart } from '../verdicts/rows.ts';
import type { RowKey } from '../verdicts/model.ts';
import type { Run } from '../verdicts/runs.ts';
import { resamples, saidBy, sideOf, type Contrast, type Keeps, type Origin } from './contrast.ts';
import { importedContrasts } from './imported.ts';
import { factContrasts } from './inside.ts';
import { quantityOf, type Quantity } from './quantities.ts';
import type { ImportedPair, Side } from './requirements.ts';

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

export interface Evidence {
  readonly values: readonly Value[];
  readonly contrasts: readonly Contrast[];
  /** What was measured and is used only with care, or not at all, and why. */
  readonly remarks: readonly string[];
}

export const noEvidence: Evidence = { values: [], contrasts: [], remarks: [] };

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
        `${source}: memory, disk and processes of ${vm} are facts about mappings and count; the VM was emulated, and memory of the emulator is in its figures (C17)`,
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
        source: recordName(run.ref),
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
      const at = `${recordName(part.run.ref)}: ${part.metric.id} of ${part.cell.runner}`;
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
  return { quantity, metric: metric.id, scenario, workload, source: recordName(run.ref) };
}
