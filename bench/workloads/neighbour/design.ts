/** What one launch of victim and neighbour consists of, as the workload hands it to the execution. */
import type { NeighbourLimits, VictimValue } from '../../../model/observation.ts';
import type { Seconds } from '../../../model/quantities.ts';
import type { ServiceSpec, Shape } from '../../../model/scenario.ts';
import type { Measured } from '../output.ts';

/** What the phases of one launch consist of. */
export interface NeighbourDesign {
  readonly victim: Victim;
  readonly victimName: string;
  readonly limits: NeighbourLimits;
  /** How long the victim's program works. */
  readonly seconds: Seconds;
  readonly settleSeconds: Seconds;
  /** After which it has not finished. */
  readonly limitSeconds: Seconds;
  readonly writeBytesPerSecond: number;
  readonly stressors: readonly {
    readonly name: string;
    /** @param folder inside, for what it writes */
    command(folder: string): readonly string[];
  }[];
}

/** A program that is disturbed. */
export interface Victim {
  readonly title: string;
  readonly programs: readonly string[];
  /** Stands as its main program; null: none. */
  readonly service: ServiceSpec | null;
  /** Names of its values, the first the one that stands for it. */
  readonly values: readonly VictimValue['name'][];
  /** @param folder inside, for what it writes */
  command(seconds: Seconds, shape: Shape, folder: string): readonly string[];
  /** Throws UnreadableOutput. */
  parse(measured: Measured, seconds: Seconds): readonly VictimValue[];
}
