/** What the licences of a host cost: per core with a minimum per socket, per socket, or per host. */
import type { HostType } from './model.ts';

/** Of one host per month, minimum cores charged. */
export function licenceCost(host: HostType, form: 'vm' | 'container'): number {
  return host.licences
    .filter(({ appliesTo }) => appliesTo === 'all' || appliesTo === form)
    .reduce((sum, { per, perMonth, minimumCoresPerSocket }) => {
      if (per === 'host') return sum + perMonth;
      if (per === 'socket') return sum + perMonth * host.sockets;
      return sum + perMonth * Math.max(host.cores, (minimumCoresPerSocket ?? 0) * host.sockets);
    }, 0);
}
