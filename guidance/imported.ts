/**
 * What another tool measured, as a contrast of the two sides: the user says which benchmarks of an imported record
 * are the VM and the container, and how the VM was executed, which no such record tells. The two were not interleaved,
 * so that they are compared as independent launches and never block by block.
 */
import { recordName } from '../verdicts/runs.ts';
import type { Comparison } from '../model/analysis.ts';
import { createBootstrap } from '../bench/statistics/bootstrap.ts';
import { median } from '../model/descriptive.ts';
import { changeOf, isEnough } from '../verdicts/numbers.ts';
import { verdictOf } from '../verdicts/drafts.ts';
import { rowsOf, type RowPart } from '../verdicts/rows.ts';
import type { Run } from '../verdicts/runs.ts';
import { resamples, saidBy, type Contrast } from './contrast.ts';
import type { ImportedPair } from './requirements.ts';

/** The first metric of the record that both benchmarks have is compared. */
export function importedContrasts(run: Run, pairs: readonly ImportedPair[]): Contrast[] {
  if (run.ref.importedFrom === null) return [];
  const parts = rowsOf([run], [], { values: true, references: [] }).flatMap(({ base }) => base);
  return pairs.flatMap((pair): Contrast[] => {
    const vms = parts.filter(({ cell }) => cell.workload === pair.vm);
    for (const vm of vms) {
      const container = parts.find(
        ({ cell, metric }) => cell.workload === pair.container && metric.id === vm.metric.id,
      );
      if (container !== undefined) return [contrastOf(run, pair, vm, container)];
    }
    return [];
  });
}

function contrastOf(run: Run, pair: ImportedPair, vm: RowPart, container: RowPart): Contrast {
  const { metric } = vm;
  const { seed, scenario } = run.record.header;
  const [head, base] = [vm, container].map(({ values }) => values.map(({ value }) => value));
  const change = changeOf(
    [{ base: [base ?? []], head: [head ?? []] }],
    metric.better,
    createBootstrap(seed, resamples),
  );
  const medians = [median(base ?? []), median(head ?? [])] as const;
  const judged = isEnough(change)
    ? verdictOf(change, metric.threshold, change.p ?? 1, medians, metric.better)
    : 'no-verdict';
  const refusals = refusalsOf(pair);
  const verdict: Comparison['verdict'] = refusals.length > 0 ? 'refused' : judged;
  return {
    quantity: pair.quantity,
    metric: metric.id,
    scenario: scenario.name,
    workload: `${pair.vm} against ${pair.container}`,
    source: recordName(run.ref),
    vm: pair.vm,
    container: pair.container,
    ...saidBy({ verdict, refusals, n: change.n }),
    ratio: change.estimate?.ratio ?? null,
    interval: change.estimate?.interval ?? null,
    n: change.n,
    threshold: metric.threshold,
    reference: medians[0],
    unit: metric.unit,
    better: metric.better,
    blocksNeeded: null,
    acceleration: pair.acceleration === 'unknown' ? 'none' : pair.acceleration,
    imported: true,
  };
}

/** C17: speeds of a VM of which nobody says how it was executed are no more than those of an emulated one. */
function refusalsOf({ quantity, acceleration, vm }: ImportedPair): Comparison['refusals'] {
  const isFact = quantity === 'memory' || quantity === 'disk';
  if (isFact || (acceleration !== 'tcg' && acceleration !== 'unknown')) return [];
  const how = acceleration === 'tcg' ? 'was emulated' : 'was executed in a way that is not said';
  return [
    {
      rule: 'C17',
      message: `The virtual machine of "${vm}" ${how}.`,
      remedy: 'Say acceleration: kvm-hw (or what it was) beside it, if that is so.',
    },
  ];
}
