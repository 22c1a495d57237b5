/** What a trial gathers while it runs: it becomes the record's line however the trial ends. */
import type { SharedUsage } from '../../runners/runner.ts';
import type { GroupReading, Mark, Series } from '../../model/instance.ts';
import type { LadderPoint, Observation } from '../../model/observation.ts';
import type { ProgramOutput, Sample } from '../../model/record.ts';

export interface Gathered {
  readonly marks: Mark[];
  readonly samples: Sample[];
  readonly outputs: ProgramOutput[];
  readonly observations: Observation[];
  ladder: readonly LadderPoint[];
  provenDigest: string | null;
  series: Series | null;
  atRequest: GroupReading | null;
  /** What all instances share, at T0 and T6. */
  sharedAtRequest: SharedUsage | null;
  sharedAtReady: SharedUsage | null;
  atReady: GroupReading | null;
}

export function newGathered(): Gathered {
  return {
    marks: [],
    samples: [],
    outputs: [],
    observations: [],
    ladder: [],
    provenDigest: null,
    series: null,
    atRequest: null,
    sharedAtRequest: null,
    sharedAtReady: null,
    atReady: null,
  };
}
