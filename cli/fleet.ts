/** The fleet that verdicts are translated into hosts of: `--fleet FILE`, or the one that a policy names. */
import { messageOf, UserError } from '../model/errors.ts';
import type { ChangeReport, FleetReport, GateReport } from '../verdicts/model.ts';
import type { Run } from '../verdicts/runs.ts';
import { readTextFile, type Say } from './text-file.ts';

export const fleetOption = {
  type: 'string',
  describe: 'A fleet (YAML): report what a change in memory per instance costs in hosts.',
} as const;

/** Translates reports into hosts of one fleet. */
export interface Teller {
  readonly ofGate: (report: GateReport, runs: readonly Run[]) => FleetReport;
  readonly ofCompare: (report: ChangeReport, runs: readonly Run[]) => FleetReport;
}

/**
 * Null where no fleet is given.
 * @throws UserError for a file that cannot be read, and for every problem in it
 */
export async function readFleet(file: string | null, say: Say): Promise<Teller | null> {
  if (file === null) return null;
  const { parseFleet } = await import('../sizing/fleet.ts');
  const { fleetOfCompare, fleetOfGate } = await import('../sizing/fleet-change.ts');
  const fleet = parseFleet(textOf(file, say), file);
  return {
    ofGate: (report, runs) => fleetOfGate(fleet, file, report, runs),
    ofCompare: (report, runs) => fleetOfCompare(fleet, file, report, runs),
  };
}

function textOf(file: string, say: Say): string {
  try {
    return readTextFile(file, say);
  } catch (error) {
    throw new UserError(
      `cannot read the fleet ${file}: ${messageOf(error)}`,
      'docs/sizing/fleet.yaml is an example',
    );
  }
}
