/** What a run is planned to have (`tare gate --power`): of a scenario that was not measured yet, or of flags. */
import { UserError } from '../model/errors.ts';
import type { Planned } from '../verdicts/power-check.ts';
import type { Say } from './text-file.ts';

interface Wishes {
  readonly scenario: string | undefined;
  readonly blocks: number | undefined;
  readonly runs: number;
}

/** @throws UserError for a scenario that is wrong or is a list, and for counts that are none */
export async function plannedOf({ scenario: name, blocks, runs }: Wishes, say: Say): Promise<Planned> {
  requireCount('runs', runs);
  if (blocks !== undefined) requireCount('blocks', blocks);
  if (name === undefined) return { blocks: blocks ?? null, runs, cells: null };
  const { loadScenarios } = await import('./scenarios.ts');
  const { parseScenarioList } = await import('../bench/scenario/list.ts');
  const { parseScenario } = await import('../bench/scenario/scenario.ts');
  const { cellsOf } = await import('../bench/plan.ts');
  const { runnerSchemas } = await import('../runners/index.ts');
  const { list, scenarios } = loadScenarios([name], parseScenarioList, say);
  const [only] = scenarios;
  if (list !== null || only === undefined) {
    throw new UserError(
      `--scenario ${name} is a list of scenarios`,
      'give one that measures something itself',
    );
  }
  const scenario = parseScenario(only.text, only.file, runnerSchemas);
  return {
    blocks: blocks ?? scenario.blocks,
    runs,
    cells: cellsOf(scenario).map(({ runner, workload, shape }) => ({
      scenario: scenario.name,
      runner: runner.id,
      workload: workload.id,
      shape: shape.id,
    })),
  };
}

export function requireCount(flag: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new UserError(`--${flag} must be a whole number above 0, got ${value}`, `as in --${flag} 5`);
}
