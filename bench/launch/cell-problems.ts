/**
 * Why a cell cannot be measured on this host with this image, found out before its first launch: each
 * problem belongs to its cell alone, and the others go on.
 */
import { runnerOf, type Availability, type Usable } from '../../runners/runner.ts';
import type { Cell } from '../../model/plan.ts';
import type { Image } from '../../images/image.ts';
import { formatValue } from '../../model/units.ts';
import type { Tools } from '../instance/tools.ts';
import { notReported, type Site } from '../../host/site/site.ts';
import { unmeetable } from '../scenario/requirements.ts';
import { workloads } from '../workloads/index.ts';
import { isFleet, programsOf, type FleetKind } from '../workloads/workload.ts';

export interface CellProblem {
  /** It is its workload's requirement that nothing here can meet. */
  readonly required?: true;
  readonly reason: string;
  readonly hint: string;
}

/** What is asked of the host and the image; of an image that is yet to be made or unpacked only what is known. */
export interface Circumstances extends Pick<Tools, 'site' | 'createGroup' | 'runners'> {
  readonly image: Pick<Image, 'name' | 'programs' | 'config'> | null;
}

/** The first thing that stands in the way of a cell; null where nothing does. */
export function problemOf(
  cell: Cell,
  found: Availability | undefined,
  tools: Circumstances,
): CellProblem | null {
  if (found?.usable !== true) {
    return { reason: found?.reason ?? 'unknown runner', hint: found?.hint ?? '' };
  }
  const { shape } = cell;
  const { count } = tools.site.cpus;
  if (shape.cpus > count) {
    return {
      reason: `the shape wants ${shape.cpus} CPUs, this host has ${count}`,
      hint: 'use a smaller shape',
    };
  }
  const memoryTotalBytes = tools.site.room()?.memoryTotalBytes ?? Infinity;
  if (cell.runner.kind !== 'fake' && shape.memoryBytes > memoryTotalBytes) {
    return {
      reason: `the shape wants ${formatValue(shape.memoryBytes, 'B')} of memory, this host has ${formatValue(memoryTotalBytes, 'B')}`,
      hint: 'use a smaller shape',
    };
  }
  return (
    systemProblem(cell, found) ??
    missingPrograms(cell, tools) ??
    unboundNeighbour(cell, tools) ??
    unreported(cell, tools) ??
    refusal(cell, tools)
  );
}

/** An architecture or a system that this runner cannot bring, whatever it launches. */
function systemProblem({ workload }: Cell, { substrate }: Usable): CellProblem | null {
  if (workload.requires === null) return null;
  const { architecture, isolation } = substrate;
  const problem = unmeetable(workload.requires, architecture, isolation === 'virtual machine');
  return problem === null ? null : { ...problem, required: true };
}

/** Every program that runs inside must be in the image: found out now, not in the hundredth launch. */
function missingPrograms(
  { runner, workload }: Cell,
  { image }: Pick<Circumstances, 'image'>,
): CellProblem | null {
  if (runner.kind === 'fake' || image === null) return null; // fakes run no program
  const wanted = new Map<string, string>();
  for (const { use, options } of workload.programs) {
    for (const program of programsOf(workloads.get(use), options)) wanted.set(program, use);
  }
  const { service } = workload;
  // Of an image from elsewhere it has been looked up in its tree.
  if (service?.own === null) wanted.set(service.argv[0] ?? '', `service ${service.name}`);
  wanted.delete('busybox'); // the agent's own, whatever the image holds
  const missing = [...wanted].filter(([program]) => image.programs[program] === undefined);
  if (missing.length === 0) return null;
  return {
    reason: `image ${image.name} lacks ${missing.map(([program, by]) => `${program} (for ${by})`).join(', ')}`,
    hint: `it holds: ${Object.keys(image.programs).join(', ')}; use another image or drop these workloads`,
  };
}

/** A noisy neighbour is never started where nothing could hold it. */
function unboundNeighbour(
  { workload }: Cell,
  { createGroup }: Pick<Circumstances, 'createGroup'>,
): CellProblem | null {
  if (!workload.programs.some(({ use }) => workloads.get(use)?.kind === 'neighbour')) return null;
  if (createGroup !== null) return null;
  return {
    reason: 'this user can make no cgroups, and a noisy neighbour is not started without bounds',
    hint: 'run as root, or with delegated groups: systemd-run --user --scope -p Delegate=yes tare ...',
  };
}

/** What a way of launching stands on, that a site may not report: refused now, and not guessed from this machine. */
const standsOn: Readonly<Record<FleetKind, (site: Site) => readonly (readonly [unknown, string])[]>> = {
  ladder: (site) => [[site.memory([]), 'its memory']],
  density: (site) => [
    [site.room(), 'its room'],
    [site.load(), 'its load'],
    [site.memory([]), 'its memory'],
  ],
  neighbour: (site) => [
    [site.counters(), 'its CPU time'],
    [site.room(), 'its room'],
    [site.cpus.placeable, 'CPUs that instances can be held to'],
  ],
  surface: (site) => [[site.visible(), 'what its kernel shows']],
  'scale-out': () => [],
};

function unreported({ workload }: Cell, { site }: Pick<Tools, 'site'>): CellProblem | null {
  for (const { use } of workload.programs) {
    const found = workloads.get(use);
    if (!isFleet(found)) continue;
    const missing = standsOn[found.kind](site).find(([value]) => value === null);
    if (missing !== undefined)
      return {
        reason: `${notReported(site, missing[1])}, which ${use} stands on`,
        hint: 'run it where that is reported, as on this host, or leave the workload out',
      };
  }
  return null;
}

/** Why this runner cannot serve this workload: what it needs beside a launch is not there. */
function refusal({ runner, workload }: Cell, tools: Circumstances): CellProblem | null {
  const reachable = workload.programs.some(({ use }) => workloads.get(use)?.reachable === true);
  const serving = runnerOf(tools.runners, runner.kind);
  // Asked even without needs: options alone can ask for what this host does not have.
  if (serving.refuse !== undefined)
    return serving.refuse(runner.options, {
      volume: workload.volume,
      reachable,
      ownRoot: tools.image !== null && tools.image.config !== null,
    });
  if (workload.volume === null && !reachable) return null;
  const what = workload.volume === null ? 'be reached from outside' : 'take volumes';
  return {
    reason: `the runner "${runner.kind}" cannot ${what}`,
    hint: 'use another runner for this workload',
  };
}
