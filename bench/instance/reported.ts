/** What a site has to report for a workload; where it does not, the launch is refused and nothing is guessed. */
import type { LoadCounters } from '../../host/room.ts';
import type { LadderMemory } from '../../host/meter/memory.ts';
import { notReported, type Site } from '../../host/site/site.ts';
import type { HostRoom } from '../../model/instance.ts';
import { TrialFailure, type Instance } from '../../runners/runner.ts';
import type { Tools } from './tools.ts';

type Reporting = Pick<Tools, 'site'>;

/** @throws TrialFailure `requirement` where the site does not report it */
export function reported<Value>(site: Pick<Site, 'id'>, value: Value | null, what: string): Value {
  if (value !== null) return value;
  throw new TrialFailure({ reason: 'requirement', message: notReported(site, what), detail: '' });
}

export const roomOf = ({ site }: Reporting): HostRoom => reported(site, site.room(), 'its room');

export const loadOf = ({ site }: Reporting): LoadCounters => reported(site, site.load(), 'its load');

/** Memory of the site with these instances; PSS is null where it shows no processes of one of them. */
export function memoryOf(
  { site }: Reporting,
  instances: readonly Pick<Instance, 'pids'>[],
): LadderMemory & { readonly pids: readonly number[] | null } {
  const each = instances.map((instance) => instance.pids());
  const pids = each.includes(null) ? null : each.flatMap((own) => own ?? []);
  const memory = reported(site, site.memory(pids ?? []), 'its memory');
  return pids === null ? { ...memory, pids, pssBytes: null } : { ...memory, pids };
}
