/** `tare run --dry-run`: the whole plan as a table and the order of every block, nothing started. */
import type { Cell, Scenario } from '../bench/model.ts';
import { cellsOf, createPlan, estimateSeconds, type LaunchCost } from '../bench/plan.ts';
import { formatValue } from '../bench/units.ts';
import type { Output } from './command.ts';
import { clock, table } from './table.ts';

/**
 * Rough cost of a launch before anything was measured here: containers by tare's own overheads, VMs as
 * if emulated (the slow case), so that the estimate errs on the long side.
 */
function costOf({ runner: { kind } }: Cell): LaunchCost {
  if (kind === 'fake') return { startSeconds: 0, stopSeconds: 0.005, programOverheadSeconds: -1 };
  if (kind === 'qemu') return { startSeconds: 4, stopSeconds: 0.3, programOverheadSeconds: 1 };
  return { startSeconds: 0.15, stopSeconds: 0.15, programOverheadSeconds: 0.1 };
}

export function printPlan(scenario: Scenario, seed: number, json: boolean, output: Output): void {
  const cells = cellsOf(scenario);
  const plan = createPlan(scenario, seed, cells);
  const seconds = Math.max(0, estimateSeconds(scenario, plan, costOf));
  if (json) {
    output.out(JSON.stringify({ scenario, seed, trials: plan.trials, estimateSeconds: seconds }, null, 2));
    return;
  }
  output.out(`${scenario.name}: ${scenario.description}`);
  output.out(
    `${plan.trials.length} launches: ${cells.length} cells, ${scenario.warmup} warm-up round(s), ${scenario.blocks} blocks; ` +
      `seed ${seed}; about ${clock(seconds)} if VMs are emulated\n`,
  );
  const count = (cell: Cell) =>
    plan.trials.filter((trial) => trial.cell === cell.id && trial.block >= 0).length;
  output.out(
    table([
      ['CELL', 'RUNNER', 'SHAPE', 'LAUNCHES', 'PROGRAMS'],
      ...cells.map((cell) => [
        cell.id,
        cell.runner.kind,
        `${cell.shape.cpus} CPU, ${formatValue(cell.shape.memoryBytes, 'B')}`,
        String(count(cell)),
        [cell.workload.service?.name, ...cell.workload.programs.map(({ use }) => use)]
          .filter((name) => name !== undefined)
          .join(', ') || '(start only)',
      ]),
    ]),
  );
  output.out('\nOrder:');
  for (let block = scenario.warmup > 0 ? -1 : 0; block < scenario.blocks; block += 1) {
    const order = plan.trials.filter((trial) => trial.block === block).map(({ cell }) => cell);
    output.out(`${block < 0 ? 'warm-up' : String(block + 1).padStart(7)}  ${order.join('  ')}`);
  }
  if (scenario.blocks < 10) {
    output.out(`\n${scenario.blocks} blocks give no verdicts (10 are the least, 30 the standard).`);
  }
}
