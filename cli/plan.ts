/** `tare run --dry-run`: the whole plan as a table and the order of every block, nothing started. */
import type { Cell, Scenario } from '../bench/model.ts';
import { cellsOf, createPlan, estimateSeconds, type LaunchCost } from '../bench/plan.ts';
import { smallestEffect } from '../bench/statistics/power.ts';
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
  output.out(`\n${powerLine(scenario.blocks)}`);
}

/** Spread between launches of one runner that the forecast assumes: a quiet host's (METHODOLOGY B0). */
const assumedSpread = 0.05;

/** What so many blocks can and cannot conclude, said before anything runs (METHODOLOGY C8). */
export function powerLine(blocks: number): string {
  if (blocks < 6)
    return `${blocks} block(s) give points only: an interval takes 6, a verdict 10, the standard is 30.`;
  if (blocks < 10)
    return `${blocks} blocks give intervals but no verdicts: a verdict takes 10, the standard is 30.`;
  // Two launches differ by the spread of both.
  const effect = smallestEffect(blocks, assumedSpread * Math.SQRT2);
  const percent = `${((effect - 1) * 100).toFixed(0)} %`;
  return `At a spread of ${assumedSpread * 100} % between launches, ${blocks} blocks show a difference of ${percent} in four runs of five.`;
}
