/**
 * What a conformance test works with: a prepared runner, and an instance it started.
 */
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import type { Resource } from '../../host/lease.ts';
import type { Mark } from '../../model/instance.ts';
import type { Context, Instance, Job, Prepared } from '../runner.ts';

export interface Bench {
  readonly prepared: Prepared;
  readonly context: (signal?: AbortSignal) => Context;
  readonly owned: Map<string, Resource>;
  /** Starts one instance in a group of its own; both are put away after the test. */
  start(change?: Partial<Job> & { readonly signal?: AbortSignal }): Promise<Started>;
}

export interface Started {
  readonly instance: Instance;
  readonly group: MeteredGroup | null;
  readonly marks: readonly Mark[];
}
