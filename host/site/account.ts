/**
 * What an instance uses, whoever counts it. A cgroup of this host is one kind (host/cgroup/group.ts); where
 * instances run elsewhere, whatever runs them tells, and what it does not count is null. Types only.
 */
import type { GroupReading, GroupStrain } from '../../model/instance.ts';

export interface Account {
  /** What it is, as a leftover is named: "cgroup tare/RUN/i-3". */
  readonly name: string;
  /** Totals so far. */
  read(): GroupReading;
  /** How hard it was held and what it suffered, since it was made. */
  strain(): GroupStrain;
  /** Ends everything that is charged to it; false when something survives. */
  kill(timeoutSeconds: number): Promise<boolean>;
  /** Removes it; false when something is left. */
  remove(): Promise<boolean>;
}
