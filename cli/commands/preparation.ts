/**
 * What would stop a run before its first launch, found out without starting anything: `--dry-run` ends as the run
 * would. What only the preparation itself can find (a package that is not there, a disk that cannot be made) is not.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UserError, type ExitCode } from '../../model/errors.ts';
import type { Scenario } from '../../model/scenario.ts';
import { problemOf, type Circumstances } from '../../bench/launch/cell-problems.ts';
import { nothingRuns } from '../../bench/launch/prepare.ts';
import { cellsOf } from '../../bench/plan.ts';
import { recordFile } from '../../bench/record/record.ts';
import { bindServices } from '../../bench/scenario/own-service.ts';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import { measureClockError } from '../../host/clock.ts';
import { readFingerprint } from '../../host/fingerprint.ts';
import { localSite } from '../../host/site/local.ts';
import { appNamed, recipeOf } from '../../images/apps/index.ts';
import type { Image } from '../../images/image.ts';
import { inspectImage } from '../../images/import/index.ts';
import { lookUpImage } from '../../images/named.ts';
import { runners } from '../../runners/index.ts';
import type { Output } from '../command.ts';
import type { Forecast } from '../estimate.ts';
import type { Batch, Request } from '../requests.ts';

/** A cell that would be left out, and why. */
export interface Skipped {
  readonly runner: string;
  readonly reason: string;
}

/**
 * Checks every request of a batch. One alone ends with its error; of several each is reported, as a run would.
 * @returns per request the cells that would be skipped, and the exit status of the first that cannot run
 * @throws UserError where the batch is one scenario and nothing of it can run
 */
export async function checkPreparation(
  { requests, series }: Batch,
  forecasts: readonly Forecast[],
  output: Output,
): Promise<{ readonly skipped: readonly (readonly Skipped[])[]; readonly code: ExitCode | null }> {
  const skipped: (readonly Skipped[])[] = [];
  let code: ExitCode | null = null;
  for (const [at, request] of requests.entries()) {
    try {
      skipped.push(await skippedOf(request, forecasts[at], output.signal));
    } catch (error) {
      if (series === null || !(error instanceof UserError)) throw error;
      output.err(`tare: ${request.scenario.name}: ${messageOf(error)}\n      ${error.hint}`);
      skipped.push([]);
      code ??= error.code;
    }
  }
  return { skipped, code };
}

async function skippedOf(
  { scenario, folder, earlier }: Request,
  forecast: Forecast | undefined,
  signal: AbortSignal,
): Promise<readonly Skipped[]> {
  if (earlier === null && existsSync(join(folder, recordFile)))
    throw new UserError(
      `${folder} already holds a record`,
      'give another --out, or continue it with --resume',
    );
  const image = await foreseeImage(scenario, signal);
  const bound = image === null ? scenario : await bindServices(scenario, image);
  const ruler = createRuler();
  const circumstances: Circumstances = {
    site: localSite(await readFingerprint(), await measureClockError(), '.'),
    createGroup: ruler.usable ? (path, options) => ruler.createGroup(path, options) : null,
    runners,
    image,
  };
  const cells = cellsOf(bound);
  const problems = cells.flatMap((cell) => {
    const problem = problemOf(cell, forecast?.available.get(cell.runner.id), circumstances);
    return problem === null ? [] : [{ runner: cell.runner.id, cell: cell.id, reason: problem.reason }];
  });
  if (problems.length === cells.length) throw nothingRuns(scenario.name, problems);
  // A runner that cannot run at all is in the forecast; these are single cells of the others.
  return problems
    .filter(({ runner }) => forecast?.available.get(runner)?.usable === true)
    .map(({ cell, reason }) => ({ runner: cell, reason }));
}

/** The image as it is in the cache; null where it is there and has to be made or unpacked first. */
async function foreseeImage({ image }: Scenario, signal: AbortSignal): Promise<Image | null> {
  const app = appNamed(image);
  if (app !== null) recipeOf(app);
  const cached = await lookUpImage(image);
  if (cached !== null || app !== null || image === 'builtin' || image === 'mini') return cached;
  await inspectImage(image, signal);
  return null;
}
