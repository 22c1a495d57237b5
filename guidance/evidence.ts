/**
 * What runs say of the two sides: for each quantity the values of each runner, and the ratio of each VM to each
 * container within the blocks of one run. Emulated numbers that depend on the speed of the CPU are refused (C17).
 */
import { UserError } from '../bench/errors.ts';
import type { Interval } from '../bench/model.ts';
import { median } from '../bench/statistics/descriptive.ts';
import { medianInterval } from '../bench/statistics/median-interval.ts';
import { rowsOf, type RowPart } from '../verdicts/rows.ts';
import type { Run } from '../verdicts/runs.ts';
import type { Quantity, Side } from './rules.ts';

export interface Value {
  readonly quantity: Quantity;
  readonly metric: string;
  readonly workload: string;
  readonly runner: string;
  readonly side: Side;
  readonly median: number;
  /** 95 %; null below six launches: it decides nothing. */
  readonly interval: Interval | null;
  readonly source: string;
  readonly imported: boolean;
}

/** VM over container: above 1 the container takes less. */
export interface Contrast extends Omit<Value, 'runner' | 'side'> {
  readonly vm: string;
  /** The VM ran without KVM: its own numbers are not those of a VM on hardware. */
  readonly emulated: boolean;
  readonly container: string;
}

export interface Evidence {
  readonly values: readonly Value[];
  readonly contrasts: readonly Contrast[];
  /** What was measured and may not be used, and why. */
  readonly refused: readonly string[];
}

export const noEvidence: Evidence = { values: [], contrasts: [], refused: [] };

const quantities: Readonly<Partial<Record<string, Quantity>>> = {
  'tare.memory': 'memory',
  'density.memory-per-instance': 'memory',
  'startup.ready': 'start',
};

/** @throws UserError for runs of several hosts, which cannot answer for one server */
export function evidenceOf(runs: readonly Run[]): Evidence {
  const hosts = new Map(runs.map(({ ref }) => [ref.host.hash, ref.host.name]));
  if (hosts.size > 1) {
    throw new UserError(
      `the profiles are of hosts with different fingerprints: ${[...hosts.values()].join(', ')}`,
      'advise from the records of one host at a time',
    );
  }
  const values: Value[] = [];
  const refused = new Set<string>();
  const kept: { quantity: Quantity; side: Side; part: RowPart; workload: string; scenario: string }[] = [];
  for (const { key, base } of rowsOf(runs, [], { values: true, references: [] })) {
    const quantity = quantities[key.metric];
    if (quantity === undefined) continue;
    for (const part of base) {
      const side = sideOf(part);
      if (side === null) continue;
      const { cell, metric, run } = part;
      const named = `${run.ref.path}: ${metric.id} of ${cell.runner}`;
      if (part.values.length === 0) {
        refused.add(`${named}: no launch counts (all failed, or their blocks are void)`);
        continue;
      }
      if (cell.acceleration.class === 'tcg') {
        if (metric.needsRealCpu || metric.family === 'density') {
          refused.add(`${named}: emulated, not representative (C17); run where KVM works`);
          continue;
        }
        refused.add(`${named}: used, though the translation cache of the emulator is in it`);
      }
      if (cell.acceleration.class === 'kvm-nested' || cell.acceleration.class === 'kvm-pvm') {
        refused.add(`${named}: used, but for nested hosts only (C18)`);
      }
      kept.push({ quantity, side, part, workload: key.workload, scenario: key.scenario });
      const summary = summaryOf(part.values.map(({ value }) => value));
      if (summary === null) continue;
      values.push({ ...described(quantity, part, key.workload), ...summary, runner: cell.runner, side });
    }
  }
  const contrasts = kept
    .filter(({ side }) => side === 'vm')
    .flatMap((vm) =>
      kept
        .filter(
          ({ side, part, workload }) =>
            side === 'container' &&
            part.run === vm.part.run &&
            workload === vm.workload &&
            part.metric.id === vm.part.metric.id &&
            part.cell.shape.id === vm.part.cell.shape.id,
        )
        .flatMap(({ part }): Contrast[] => {
          const below = new Map(part.values.map(({ block, value }) => [block, value]));
          const ratios = vm.part.values.flatMap(({ block, value }) => {
            const other = below.get(block);
            return other === undefined || other <= 0 ? [] : [value / other];
          });
          const summary = summaryOf(ratios);
          if (summary === null) return [];
          const emulated = vm.part.cell.acceleration.class === 'tcg';
          const names = { vm: vm.part.cell.runner, container: part.cell.runner, emulated };
          return [{ ...described(vm.quantity, vm.part, vm.workload), ...summary, ...names }];
        }),
    );
  return { values, contrasts, refused: [...refused] };
}

function described(quantity: Quantity, { run, metric }: RowPart, workload: string) {
  const imported = run.ref.importedFrom !== null;
  return { quantity, metric: metric.id, workload, source: run.ref.path, imported };
}

function summaryOf(values: readonly number[]): Pick<Value, 'median' | 'interval'> | null {
  const middle = median(values);
  return middle === null ? null : { median: middle, interval: medianInterval(values) };
}

function sideOf({ cell: { runnerKind } }: RowPart): Side | null {
  if (runnerKind === 'qemu') return 'vm';
  return runnerKind === 'process' || runnerKind === 'imported' || runnerKind === 'fake' ? null : 'container';
}
