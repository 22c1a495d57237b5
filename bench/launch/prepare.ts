/**
 * Before the first launch: which runners can run here, and every runner x shape made ready, once.
 * A runner that cannot run skips its cells with its reason; nothing here is timed.
 */
import {
  runnerOf,
  type Availability,
  type Prepared,
  type Usable,
  type VolumeUse,
} from '../../runners/runner.ts';
import type { VolumeProblem } from '../../host/volume.ts';
import { problemOf, type CellProblem } from './cell-problems.ts';
import { exitCode, UserError } from '../../model/errors.ts';
import { contextOf } from '../instance/instance.ts';
import type { Cell } from '../../model/plan.ts';
import type { CellRecord, SkippedCell } from '../../model/record.ts';
import type { RunnerSpec, Scenario } from '../../model/scenario.ts';
import { requirementWords } from '../scenario/requirements.ts';
import { workDigest } from '../record/comparable.ts';
import { factsOfImage } from '../scenario/image-facts.ts';
import type { Tools } from '../instance/tools.ts';

/** Cells that can run, ready to launch, and those that cannot, with the reason. */
export interface PreparedRun {
  readonly cells: readonly Cell[];
  readonly prepared: ReadonlyMap<string, Prepared>;
  readonly records: readonly CellRecord[];
  readonly skipped: readonly SkippedCell[];
  dispose(): Promise<void>;
}

/** Asks every runner whether it can run here, once per runner entry. */
async function probeRunners(
  runners: readonly RunnerSpec[],
  tools: Tools,
): Promise<ReadonlyMap<string, Availability>> {
  const found = new Map<string, Availability>();
  for (const { id, kind, options } of runners) {
    found.set(id, await runnerOf(tools.runners, kind).probe(options, contextOf(tools, tools.signal)));
  }
  return found;
}

/**
 * Probes every runner and prepares every runner x shape; a runner that cannot run here skips its cells.
 * @throws UserError (exit 3) when nothing is left to run
 */
export async function prepareRun(
  scenario: Scenario,
  cells: readonly Cell[],
  tools: Tools,
  written: Scenario = scenario,
): Promise<PreparedRun> {
  const asWritten = new Map(written.workloads.map((workload) => [workload.id, workload]));
  const availability = await probeRunners(scenario.runners, tools);
  const shared = new Map<string, Prepared | CellProblem>();
  const prepared = new Map<string, Prepared>();
  const records: CellRecord[] = [];
  const skipped: SkippedCell[] = [];
  const skip = (cell: Cell, reason: string, hint: string, required = false) => {
    const requires = required && cell.workload.requires !== null ? cell.workload.requires : null;
    skipped.push({
      ...(requires === null ? {} : { requires: requirementWords(requires) }),
      cell: cell.id,
      runner: cell.runner.id,
      reason,
      hint,
    });
    tools.progress({ kind: 'skipped', cell, reason, hint });
  };
  const dispose = async () => {
    for (const one of shared.values()) if (!('reason' in one)) await one[Symbol.asyncDispose]();
  };
  try {
    for (const cell of cells) {
      const { runner, shape } = cell;
      const found = availability.get(runner.id);
      const inTheWay = problemOf(cell, found, tools);
      if (found?.usable !== true || inTheWay !== null) {
        skip(cell, inTheWay?.reason ?? '', inTheWay?.hint ?? '', inTheWay?.required);
        continue;
      }
      const { use, problem } = await volumeUse(cell, tools);
      if (problem !== null) {
        skip(cell, problem.reason, problem.hint);
        continue;
      }
      const modules = cell.workload.requires?.modules ?? [];
      const key = [runner.id, shape.id, ...modules].join('/');
      const known = shared.get(key);
      if (known === undefined) tools.progress({ kind: 'preparing', cell });
      const ready = known ?? (await prepareOne(cell, found, scenario, tools));
      shared.set(key, ready);
      if ('reason' in ready) {
        skip(cell, ready.reason, ready.hint);
        continue;
      }
      prepared.set(cell.id, ready);
      const { readiness, ...identity } = ready.identity;
      const own = cell.workload.service?.own ?? null;
      const isSeen = readiness !== undefined && cell.workload.service !== null;
      records.push({
        id: cell.id,
        runner: runner.id,
        runnerKind: runner.kind,
        workload: cell.workload.id,
        shape,
        role: cell.role,
        ...(cell.workload.baseline === null ? {} : { baseline: cell.workload.baseline }),
        ...(cell.workload.requires === null ? {} : { requires: requirementWords(cell.workload.requires) }),
        workDigest: workDigest(asWritten.get(cell.workload.id) ?? cell.workload),
        options: runner.options,
        isolation: ready.isolation,
        architecture: ready.architecture,
        kernel: ready.kernel,
        product: ready.product,
        decisive: ['version', ...ready.decisive],
        identity: {
          version: found.version,
          ...found.details,
          ...identity,
          ...(isSeen ? { readiness } : {}),
          sharedDiskBytes: String(ready.sharedDiskBytes),
          ...volumeIdentity(cell, use, tools),
          ...(own === null || tools.image.config === null ? {} : factsOfImage(tools.image.config, own)),
        },
        acceleration: ready.acceleration,
        traits: { ...ready.traits, ...(use?.traits ?? { volume: 'none', cacheMode: 'no volume' }) },
      });
    }
    if (records.length === 0) {
      throw nothingRuns(scenario.name, skipped);
    }
    return { cells: cells.filter(({ id }) => prepared.has(id)), prepared, records, skipped, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The end of a run that has no cell left. */
export function nothingRuns(
  scenario: string,
  skipped: readonly { readonly runner: string; readonly reason: string }[],
): UserError {
  const reasons = [...new Set(skipped.map(({ runner, reason }) => `${runner}: ${reason}`))];
  return new UserError(
    `nothing of scenario ${scenario} can run here: ${reasons.join('; ')}`,
    'see `tare doctor` for what each needs',
    exitCode.hostCannot,
  );
}

/** A runner made ready for a shape; one that cannot be is a problem of its own cells. */
async function prepareOne(
  { runner, shape, workload }: Cell,
  found: Usable,
  scenario: Scenario,
  tools: Tools,
): Promise<Prepared | CellProblem> {
  try {
    return await runnerOf(tools.runners, runner.kind).prepare(
      {
        options: runner.options,
        found,
        shape,
        image: tools.image,
        pidsLimit: scenario.pidsLimit,
        modules: workload.requires?.modules ?? [],
      },
      contextOf(tools, tools.signal),
    );
  } catch (error) {
    if (!(error instanceof UserError) || tools.signal.aborted) throw error;
    return { reason: error.message, hint: error.hint };
  }
}

/** How the cell's volume is taken, null without one, and why there can be none on this host. */
async function volumeUse(
  { runner, workload }: Cell,
  tools: Tools,
): Promise<{ readonly use: VolumeUse | null; readonly problem: VolumeProblem | null }> {
  const spec = workload.volume;
  const use =
    spec === null ? null : runnerOf(tools.runners, runner.kind).volumeUse?.(runner.options, spec.kind);
  if (spec === null || use == null) return { use: null, problem: null };
  return { use, problem: await tools.volumes.check(spec, use.attachment) };
}

/** What volume figures are figures of. */
function volumeIdentity({ workload }: Cell, use: VolumeUse | null, tools: Tools): Record<string, string> {
  if (workload.volume === null || use === null) return {};
  const { kind, sizeBytes } = workload.volume;
  return {
    volume: kind,
    volumeBytes: String(sizeBytes),
    volumeOn: tools.volumes.describePlace(),
    volumeAttachment: use.attachment,
    hostPageCache: use.hostCache,
    volumeFlushes: use.flushes,
  };
}
