/** What a trial gathers while it runs: it becomes the record's line however the trial ends. */
import type { SharedUsage } from '../runners/runner.ts';
import type { GroupReading, LadderPoint, Mark, Observation, ProgramOutput, Sample, Series } from './model.ts';

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
  atEnd: GroupReading | null;
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
    atEnd: null,
  };
}
