/** Every way of launching several instances as one trial, by its kind; adding one is a file here and a line below. */
import type { ProgramSpec } from '../../model/scenario.ts';
import type { Gathered } from '../instance/gathered.ts';
import type { Ended, Trial } from '../instance/instance.ts';
import type { FleetKind, FleetWorkload } from '../workloads/workload.ts';
import { sweepDensity } from './density.ts';
import { climbLadder } from './ladder.ts';
import { measureNeighbours } from './neighbour.ts';
import { scaleOut } from './scale-out.ts';
import { examine } from './surface.ts';

/** Launches, measures and puts away; what was read before a failure stays in `gathered`. */
type Launch<Kind extends FleetKind> = (
  trial: Trial,
  workload: Extract<FleetWorkload, { kind: Kind }>,
  options: ProgramSpec['options'],
  gathered: Gathered,
) => Promise<Ended>;

const fleets: { readonly [Kind in FleetKind]: Launch<Kind> } = {
  ladder: climbLadder,
  surface: examine,
  density: sweepDensity,
  'scale-out': scaleOut,
  neighbour: measureNeighbours,
};

/** One trial of a workload that launches its own instances. */
export function launchFleet(
  trial: Trial,
  workload: FleetWorkload,
  options: ProgramSpec['options'],
  gathered: Gathered,
): Promise<Ended> {
  // Each entry takes workloads of its own kind: the map says so, and a look-up by kind keeps to it.
  const launch = fleets[workload.kind] as Launch<FleetKind>;
  return launch(trial, workload, options, gathered);
}
