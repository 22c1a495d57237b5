/**
 * A victim and its neighbour: where their groups lie and how each is started and put away. The neighbour's
 * group is in a cage (cage.ts) of its own; victim and cage lie side by side, so that equal weights mean what
 * they say.
 */
import { TrialFailure, type Instance } from '../../runners/runner.ts';
import type { GroupOptions } from '../../host/cgroup/hierarchy.ts';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import type { Disk, GroupLimits } from '../../host/cgroup/group.ts';
import { cageFor, type Cage } from './cage.ts';
import { reported, roomOf } from '../instance/reported.ts';
import { proveImage, putAway, startInstance, withCpuOf, type Trial } from '../instance/instance.ts';
import type { GroupStrain } from '../../model/instance.ts';
import type { LimitsHeld, NeighbourLimits } from '../../model/observation.ts';
import type { ServiceSpec } from '../../model/scenario.ts';

/** An instance of the pair that lives. */
export interface Half {
  readonly id: string;
  readonly instance: Instance;
  readonly group: MeteredGroup;
  /** Folder inside for what it writes: its volume, or its scratch folder. */
  readonly folder: string;
}

export interface Neighbour extends Half {
  readonly cage: Cage;
  readonly held: LimitsHeld;
  readonly unset: readonly string[];
}

export interface Pair {
  readonly leftovers: readonly string[];
  /** CPU seconds of everything put away so far; null once some are not known. */
  cpuSeconds(): number | null;
  startVictim(service: ServiceSpec | null, programs: readonly string[], signal: AbortSignal): Promise<Half>;
  startNeighbour(signal: AbortSignal): Promise<Neighbour>;
  /** Stops it and proves it gone; never throws. */
  putAway(half: Half): Promise<void>;
}

/** What every group has by default: equal to its siblings. */
const equalWeight = 100;

/** The pair of one launch; nothing is started yet. */
export function createPair(
  trial: Trial,
  { limits, writeBytesPerSecond }: { readonly limits: NeighbourLimits; readonly writeBytesPerSecond: number },
): Pair {
  const { planned, cell, tools } = trial;
  const base = `tare/${tools.lease.runId}/i-${planned.index}`;
  const sharing: GroupOptions = limits === 'off' ? { sharesCpuOf: base } : {};
  const disk = tools.site.diskOf(tools.workDir);
  const weights: GroupLimits =
    limits === 'off'
      ? {}
      : { cpuWeight: equalWeight, ...(disk === null ? {} : { ioWeight: { disk, weight: equalWeight } }) };
  const leftovers: string[] = [];
  const cages = new Map<string, MeteredGroup>();
  let serial = 0;
  let gone: number | null = 0;

  const makeGroup = async (path: string): Promise<MeteredGroup> => {
    if (tools.createGroup === null) throw noGroups('this user can make no cgroups');
    tools.lease.own({ kind: 'group', path });
    return tools.createGroup(path, sharing);
  };
  const removeCage = async (id: string): Promise<void> => {
    const cage = cages.get(id);
    if (cage === undefined) return;
    cages.delete(id);
    if ((await cage.kill(10)) && (await cage.remove()))
      tools.lease.release({ kind: 'group', path: cage.path });
    else leftovers.push(`cgroup ${cage.path}`);
  };
  const away = async (half: Pick<Half, 'id' | 'group'> & { readonly instance: Instance | null }) => {
    gone = withCpuOf(gone, half.group);
    leftovers.push(...(await putAway({ ...half, metered: false }, tools)).leftovers);
    await removeCage(half.id);
  };
  /** Starts an instance in a group, proven to run from the image, or puts everything of it away. */
  const start = async (
    id: string,
    group: MeteredGroup,
    service: ServiceSpec | null,
    programs: readonly string[],
    placed: boolean,
    signal: AbortSignal,
  ): Promise<Half> => {
    const own = { ...trial, cell: { ...cell, workload: { ...cell.workload, service } } };
    let instance: Instance | null = null;
    try {
      instance = await startInstance(own, { id, group }, signal, placed, () => undefined);
      await proveImage(instance, programs, tools, signal);
      return { id, instance, group, folder: instance.volume?.place ?? '.' };
    } catch (error) {
      await away({ id, instance, group });
      throw error;
    }
  };

  return {
    leftovers,
    cpuSeconds: () => gone,
    async startVictim(service, programs, signal) {
      const id = `i-${planned.index}-v${serial++}`;
      const group = await makeGroup(`${base}/v`);
      await group.limit(weights);
      return start(id, group, service, ['busybox', ...programs], true, signal);
    },
    async startNeighbour(signal) {
      const id = `i-${planned.index}-n${serial++}`;
      const { placeable } = tools.site.cpus;
      const cpus = reported(tools.site, placeable, 'CPUs that instances can be held to');
      const cage = cageFor(roomOf(tools), cpus, cell.shape);
      if (typeof cage === 'string') throw noGroups(cage);
      const path = `${base}/c${serial}`;
      const outer = await makeGroup(path);
      cages.set(id, outer);
      const { unset: open } = await outer.limit({ ...cage, ...weights });
      const unbounded = open.filter((name) => name === 'memoryBytes' || name === 'pids');
      if (unbounded.length > 0) {
        await removeCage(id);
        throw noGroups(`this host cannot bound ${unbounded.join(' and ')} of a group`);
      }
      const inner = await makeGroup(`${path}/n`);
      const own = hardLimits(limits, cell.shape.cpus, writeBytesPerSecond, disk);
      const ownUnset = (await inner.limit(own)).unset;
      const unset = [...open, ...ownUnset];
      if (limits === 'hard' && disk === null) unset.push('writeRate');
      if (limits !== 'off' && disk === null) unset.push('ioWeight');
      const asked: GroupLimits[] = [];
      const group = listening(inner, limits === 'hard', (wanted, failed) => {
        asked.push(wanted);
        unset.push(...failed);
      });
      const half = await start(id, group, null, ['stress-ng'], false, signal);
      const given = asked.reduce<GroupLimits>((all, one) => ({ ...all, ...one }), own);
      const missing = new Set(unset);
      const value = (name: keyof GroupLimits, number: number | undefined) =>
        number === undefined || missing.has(name) ? null : number;
      return {
        ...half,
        cage,
        unset: [...missing],
        held: {
          cpuQuota: value('cpuQuota', given.cpuQuota),
          cpuWeight: value('cpuWeight', weights.cpuWeight),
          memoryBytes: value('memoryBytes', given.memoryBytes),
          pids: value('pids', given.pids),
          writeBytesPerSecond: value('writeRate', given.writeRate?.bytesPerSecond),
        },
      };
    },
    putAway: away,
  };
}

/** Beside what the runner itself asks for its instances (memory, processes). */
function hardLimits(
  limits: NeighbourLimits,
  cpus: number,
  bytesPerSecond: number,
  disk: Disk | null,
): GroupLimits {
  if (limits !== 'hard') return {};
  return { cpuQuota: cpus, ...(disk === null ? {} : { writeRate: { disk, bytesPerSecond } }) };
}

/** A group whose runner sets its own caps only where the neighbour is to have any. */
function listening(
  group: MeteredGroup,
  capped: boolean,
  heard: (asked: GroupLimits, unset: readonly string[]) => void,
): MeteredGroup {
  return {
    ...group,
    async limit(asked) {
      const passed: GroupLimits = capped ? asked : asked.cpus === undefined ? {} : { cpus: asked.cpus };
      const answer = await group.limit(passed);
      heard(passed, answer.unset);
      return answer;
    },
  };
}

function noGroups(why: string): TrialFailure {
  return new TrialFailure({ reason: 'launch', message: `no neighbour is started: ${why}`, detail: '' });
}

/** What a group met between two readings; peaks are those of the later one. */
export function strainBetween(from: GroupStrain, to: GroupStrain): GroupStrain {
  const peaks: readonly (keyof GroupStrain)[] = ['memoryPeakBytes', 'pidsPeak'];
  const names = Object.keys(to) as (keyof GroupStrain)[];
  return Object.fromEntries(
    names.map((name) => {
      const [before, after] = [from[name], to[name]];
      if (peaks.includes(name) || after === null) return [name, after];
      return [name, before === null ? null : after - before];
    }),
  ) as unknown as GroupStrain;
}
