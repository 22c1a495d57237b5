/** The fleet that verdicts are told in: `--fleet FILE`, or the one that a policy names. */
import { readFileSync } from 'node:fs';
import { messageOf, UserError } from '../bench/errors.ts';
import type { Fleet } from '../sizing/fleet.ts';

export const fleetOption = {
  type: 'string',
  describe: 'A fleet (YAML): tell what a change of memory per instance costs it in hosts.',
} as const;

/** @throws UserError for a file that cannot be read, and for every problem in it */
export async function readFleet(file: string): Promise<Fleet> {
  const { parseFleet } = await import('../sizing/fleet.ts');
  try {
    return parseFleet(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `cannot read the fleet ${file}: ${messageOf(error)}`,
      'docs/sizing/fleet.yaml is an example',
    );
  }
}
