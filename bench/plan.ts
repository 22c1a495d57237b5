/**
 * Scenario + seed -> the ordered list of launches: randomised interleaved blocks (METHODOLOGY B1).
 * Each block runs every cell once in a fresh random order, so that drift of the host falls on all
 * alike; a cell of a workload with fewer blocks sits out evenly.
 */
import type { Cell, Plan, PlannedTrial } from '../model/plan.ts';
import type { Seconds } from '../model/quantities.ts';
import type { Scenario } from '../model/scenario.ts';
import { createRandom } from '../model/random.ts';
import { workloads } from './workloads/index.ts';
import type { ServiceLoad } from './workloads/service-load.ts';
import { isFleet } from './workloads/workload.ts';

/** Environment padding is drawn below this many bytes (METHODOLOGY B5). */
const maxPadBytes = 4096;

/** Cells in scenario order: measured first, then the A/A control's twins. */
export function cellsOf(scenario: Scenario): Cell[] {
  const measured = scenario.workloads.flatMap((workload) =>
    scenario.shapes.flatMap((shape) =>
      scenario.runners
        .filter(({ id }) => workload.runners?.includes(id) ?? true)
        .map((runner): Cell => ({
          id: `${runner.id}/${workload.id}/${shape.id}`,
          runner,
          workload,
          shape,
          role: 'measured',
        })),
    ),
  );
  // A fleet is too long to run twice, and its parts are the launches the control already covers.
  const twins = measured
    .filter(({ runner, workload }) => runner.id === scenario.control && !launchesItsOwn(workload.programs))
    .map((cell): Cell => ({ ...cell, id: `${cell.id}/control`, role: 'control' }));
  return [...measured, ...twins];
}

/** The whole plan; equal scenarios and seeds give equal plans on every machine. */
export function createPlan(
  scenario: Scenario,
  seed: number,
  cells: readonly Cell[] = cellsOf(scenario),
): Plan {
  const random = createRandom(seed);
  const trials: PlannedTrial[] = [];
  const add = (block: number, order: readonly Cell[]) => {
    order.forEach((cell, position) =>
      trials.push({
        index: trials.length,
        block,
        position,
        cell: cell.id,
        padBytes: random.integer(maxPadBytes),
      }),
    );
  };
  const warm = cells.filter((cell) => cell.role === 'measured' && !launchesItsOwn(cell.workload.programs));
  for (let round = 0; round < scenario.warmup; round += 1) add(-1, warm);
  for (let block = 0; block < scenario.blocks; block += 1) {
    const present = cells.filter((cell) => takesPart(block, scenario.blocks, cell.workload.blocks));
    add(block, random.shuffle(present));
  }
  return { seed, cells, trials };
}

/** Whether a workload that runs in `wanted` of `total` blocks runs in this one; evenly spread. */
function takesPart(block: number, total: number, wanted: number | null): boolean {
  if (wanted === null || wanted >= total) return true;
  return Math.floor(((block + 1) * wanted) / total) > Math.floor((block * wanted) / total);
}

function launchesItsOwn(programs: Cell['workload']['programs']): boolean {
  return programs.some(({ use }) => isFleet(workloads.get(use)));
}

/** What a launch is expected to cost beside its programs. */
export interface LaunchCost {
  readonly startSeconds: Seconds;
  readonly stopSeconds: Seconds;
  /** How much longer programs' own start-up takes inside (emulation). */
  readonly programOverheadSeconds: Seconds;
}

/** CPUs that starts at once are assumed to share where a plan is made before the host is asked. */
const assumedCpus = 2;

/** Estimated wall time of a plan, given the cost of a launch per cell. */
export function estimateSeconds(scenario: Scenario, plan: Plan, costOf: (cell: Cell) => LaunchCost): Seconds {
  const perCell = new Map(
    plan.cells.map((cell) => [cell.id, launchSeconds(cell, costOf(cell)) + scenario.cooldownSeconds]),
  );
  return plan.trials.reduce((total, trial) => total + (perCell.get(trial.cell) ?? 0), 0);
}

/**
 * What loading a service costs inside beside its own time: some five programs, and making what is stored, which
 * takes ten times as long where starting a program takes a second (seen: 13 s for 20 MiB in an emulated guest).
 */
function loadSeconds({ steps }: ServiceLoad, cost: LaunchCost): Seconds {
  return cost.programOverheadSeconds * (5 + 10 * (steps.fill?.seconds ?? 0));
}

function launchSeconds(cell: Cell, cost: LaunchCost): Seconds {
  return cell.workload.programs.reduce((total, { use, options }) => {
    const workload = workloads.get(use);
    if (workload === undefined) return total;
    if (workload.kind === 'ladder') {
      const top = workload.steps(options).counts.at(-1) ?? 0;
      const loads = workload.load === undefined ? 0 : top * loadSeconds(workload.load(options).load, cost);
      return total + workload.estimateSeconds(options) + (top - 1) * cost.startSeconds + loads;
    }
    if (workload.kind === 'weigh') {
      return total + workload.estimateSeconds(options) + loadSeconds(workload.load(options), cost);
    }
    if (workload.kind === 'density' || workload.kind === 'scale-out') {
      // Starts in flight together share the host's CPUs: without knowing them, half of what flies is gained.
      const { starts, inFlight } = workload.fleet(options);
      const atOnce = Math.max(1, inFlight / 2);
      const proofs = starts * Math.max(0, cost.programOverheadSeconds);
      const others = (starts - 1) * (cost.startSeconds + cost.stopSeconds) + proofs;
      return total + workload.estimateSeconds(options) + others / Math.min(atOnce, assumedCpus);
    }
    return total + workload.estimateSeconds(options) + cost.programOverheadSeconds;
  }, cost.startSeconds + cost.stopSeconds);
}
