/**
 * What a run is about to do and how long that takes: a few lines before it starts, or for `--dry-run` the
 * whole plan as a table and the order of every block, no instance started.
 */
import { availableParallelism, loadavg } from 'node:os';
import type { Cell } from '../model/plan.ts';
import { cellsOf, createPlan } from '../bench/plan.ts';
import { smallestEffect } from '../bench/statistics/power.ts';
import { formatValue, formatShare } from '../model/units.ts';
import type { Output } from './command.ts';
import type { Forecast } from './estimate.ts';
import type { Batch, Request } from './requests.ts';
import { clock, table } from './table.ts';

/** Printed once with every estimate. */
const basis =
  'Estimated from the durations in the scenario and typical start-up times on a quiet host; building missing images and guest kernels takes extra time.';

/** What the estimate does not know: how busy the host is by now. */
function printBusy(output: Output): void {
  const [load = 0] = loadavg();
  const cpus = availableParallelism();
  if (load < busyFrom * cpus) return;
  output.err(
    `This host is busy (load ${load.toFixed(1)} on ${cpus} CPUs): starts and fixed work may take about ${Math.ceil(load / cpus)} times as long.`,
  );
}

/** Runnable tasks per CPU from which on waiting shows. */
const busyFrom = 1.5;

/** Before a run: how long it will take, and what its blocks can conclude. */
export function printForecast(batch: Batch, forecasts: readonly Forecast[], output: Output): void {
  const { requests, series } = batch;
  const [request] = requests;
  const [only] = forecasts;
  printBusy(output);
  if (series === null && request !== undefined && only !== undefined) {
    output.err(`${estimateWords(only)}. ${basis}`);
    output.err(powerLine(request.scenario.blocks));
    return;
  }
  output.err(seriesTable(requests, forecasts));
  output.err(basis);
}

/** `--dry-run`: every plan in full. */
export function printPlans(
  batch: Batch,
  forecasts: readonly Forecast[],
  json: boolean,
  output: Output,
): void {
  const { requests, series } = batch;
  if (json) {
    const plans = requests.map((request, at) => planData(request, forecasts[at]));
    const estimate = total(forecasts);
    output.out(
      JSON.stringify(
        series === null ? plans[0] : { name: series.name, estimateSeconds: estimate, scenarios: plans },
        null,
        2,
      ),
    );
    return;
  }
  printBusy(output);
  requests.forEach((request, at) => {
    if (at > 0) output.out('');
    printPlan(request, forecasts[at], output);
  });
  if (series !== null) output.out(`\n${seriesTable(requests, forecasts)}`);
  output.out(`\n${basis}`);
}

function planData({ scenario, seed }: Request, forecast: Forecast | undefined): unknown {
  const { trials } = createPlan(scenario, seed);
  return {
    scenario,
    seed,
    trials,
    estimateSeconds: forecast?.seconds ?? null,
    skipped: forecast?.skipped ?? [],
  };
}

function printPlan({ scenario, seed }: Request, forecast: Forecast | undefined, output: Output): void {
  const cells = cellsOf(scenario);
  const plan = createPlan(scenario, seed, cells);
  output.out(`${scenario.name}: ${scenario.description}`);
  output.out(
    `${plan.trials.length} launches: ${cells.length} cells, ${scenario.warmup} warm-up round(s), ${scenario.blocks} blocks; ` +
      `seed ${seed}; ${forecast === undefined ? '' : estimateWords(forecast)}\n`,
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
        programsOf(cell),
      ]),
    ]),
  );
  for (const { runner, reason } of forecast?.skipped ?? []) {
    output.out(`${runner} will be skipped: ${reason}`);
  }
  output.out('\nOrder:');
  for (let block = scenario.warmup > 0 ? -1 : 0; block < scenario.blocks; block += 1) {
    const order = plan.trials.filter((trial) => trial.block === block).map(({ cell }) => cell);
    output.out(`${block < 0 ? 'warm-up' : String(block + 1).padStart(7)}  ${order.join('  ')}`);
  }
  output.out(`\n${powerLine(scenario.blocks)}`);
}

function programsOf({ workload }: Cell): string {
  const names = [workload.service?.name, ...workload.programs.map(({ use }) => use)];
  return names.filter((name) => name !== undefined).join(', ') || '(start only)';
}

function seriesTable(requests: readonly Request[], forecasts: readonly Forecast[]): string {
  const rows = requests.map(({ scenario }, at) => {
    const { launches = 0, seconds = 0, skipped = [] } = forecasts[at] ?? {};
    const without = skipped.length === 0 ? '' : `without ${skipped.map(({ runner }) => runner).join(', ')}`;
    return [scenario.name, String(scenario.blocks), String(launches), clock(seconds), without];
  });
  const sum = forecasts.reduce((launches, forecast) => launches + forecast.launches, 0);
  const words = forecasts.some(({ emulated }) => emulated) ? 'VMs are emulated here' : '';
  return table([
    ['SCENARIO', 'BLOCKS', 'LAUNCHES', 'ABOUT', ''],
    ...rows,
    ['together', '', String(sum), clock(total(forecasts)), words],
  ]);
}

function total(forecasts: readonly Forecast[]): number {
  return forecasts.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** "about 4:30 (VMs are emulated here)". */
function estimateWords({ seconds, emulated }: Forecast): string {
  return `about ${clock(seconds)}${emulated ? ' (VMs are emulated here)' : ''}`;
}
/** Spread between launches of one runner that the forecast assumes: a quiet host's (METHODOLOGY B0). */
const assumedSpread = 0.05;

/** What so many blocks can and cannot conclude, said before anything runs (METHODOLOGY C8). */
function powerLine(blocks: number): string {
  if (blocks < 6)
    return `${blocks} block(s) give points only: an interval takes 6, a verdict 10, the standard is 30.`;
  if (blocks < 10)
    return `${blocks} blocks give intervals but no verdicts: a verdict takes 10, the standard is 30.`;
  // Two launches differ by the spread of both.
  const effect = smallestEffect(blocks, assumedSpread * Math.SQRT2);
  return `At a spread of ${formatShare(assumedSpread)} between launches, ${blocks} blocks show a difference of ${formatShare(effect - 1)} in four runs of five.`;
}
