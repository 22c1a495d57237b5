/**
 * Several instances of one cell at a time: started with a bounded number in flight, each failure a fact
 * and not an end, and all put away in parallel however it went. Shared by what launches many at once.
 */
import { TrialFailure, type Instance } from '../../runners/runner.ts';
import {
  accountOf,
  conclude,
  launchSignal,
  openGroup,
  outcomeOf,
  proveImage,
  putAway,
  serviceFiles,
  startInstance,
  withCpuOf,
  type Ended,
  type Live,
  type Trial,
} from '../instance/instance.ts';
import type { FailureReason, Mark } from '../../model/instance.ts';
import type { Seconds } from '../../model/quantities.ts';
import type { Outcome } from '../../model/record.ts';

/** Instances put away at the same time: killing is quick, runtimes take 0.1 s of CPU each. */
const awayAtOnce = 16;

/** An instance that runs. */
export interface Member extends Live {
  readonly instance: Instance;
  readonly marks: readonly Mark[];
}

/** An instance that did not start, or ended by itself. */
export interface Loss {
  readonly reason: FailureReason;
  readonly message: string;
  readonly detail: string;
}

export interface Started {
  /** Those that became ready, in the order in which they did. */
  readonly members: readonly Member[];
  readonly losses: readonly Loss[];
  /** Losses with no success after them. */
  readonly lostInARow: number;
  /** What `mayStart` said when it ended the starting; null: all were tried. */
  readonly stopped: string | null;
}

export interface Fleet {
  /** Running now. */
  readonly members: readonly Member[];
  readonly leftovers: readonly string[];
  /** CPU seconds of all instances so far, gone ones included; null without cgroups. */
  readonly cpuSeconds: () => number | null;
  /**
   * Starts `count` more, at most `inFlight` at once. Resolves when none is under way any more.
   * @param mayStart asked before each start: a reason to start no more, or null
   * @throws what is not a failure of an instance, and when the run is interrupted
   */
  start(count: number, inFlight: number, mayStart?: (inFlight: number) => string | null): Promise<Started>;
  /** Starts one more. @throws TrialFailure when it does not become ready */
  startOne(): Promise<Member>;
  /** Puts away those that have ended by themselves since the last call. */
  reap(): Promise<readonly Loss[]>;
  /** Stops everything and proves it gone; never throws. */
  putAllAway(): Promise<void>;
}

/**
 * A trial on a fleet: its work, then every instance put away, however it went.
 * @param placed each on the shape's number of CPUs; otherwise they share the CPUs there are, as many
 *   instances would on any host
 */
export function withFleet(
  trial: Trial,
  work: (fleet: Fleet, allow: () => AbortSignal) => Promise<Outcome>,
  { placed = false }: { readonly placed?: boolean } = {},
): Promise<Ended> {
  const fleet = createFleet(trial, placed);
  return conclude(trial, (allow) => work(fleet, allow), {
    fallen: () => fleet.members.find((member) => fallOf(member) !== null) ?? { instance: null, group: null },
    marks: [],
    readEnd: () => ({ cpuSeconds: fleet.cpuSeconds(), reading: null }),
    async putAway() {
      await fleet.putAllAway();
      return fleet.leftovers;
    },
  });
}

/** An empty fleet of a trial's cell. */
function createFleet(trial: Trial, placed: boolean): Fleet {
  const { planned, tools } = trial;
  const members: Member[] = [];
  const leftovers: string[] = [];
  let launches = 0;
  let gone: Seconds | null = 0;
  const away = async (live: Live) => {
    // What never started has used nothing that anybody counts.
    if (live.instance !== null || live.group !== null) gone = withCpuOf(gone, accountOf(live));
    leftovers.push(...(await putAway(live, tools)).leftovers);
  };
  const launch = () => tryStart(trial, `i-${planned.index}-${launches++}`, placed, away);
  return {
    members,
    leftovers,
    async startOne() {
      const tried = await launch();
      if (!('instance' in tried)) throw new TrialFailure(tried);
      members.push(tried);
      return tried;
    },
    cpuSeconds: () => members.reduce((total, member) => withCpuOf(total, accountOf(member)), gone),
    async start(count, inFlight, mayStart = () => null) {
      const before = members.length;
      const losses: Loss[] = [];
      const bugs: unknown[] = [];
      let stopped: string | null = null;
      let lostInARow = 0;
      let under = 0;
      await atOnce(count, inFlight, async () => {
        stopped ??= bugs.length > 0 || tools.signal.aborted ? 'interrupted' : mayStart(under);
        if (stopped !== null) return;
        under += 1;
        try {
          const tried = await launch();
          if ('instance' in tried) {
            members.push(tried);
            lostInARow = 0;
          } else {
            losses.push(tried);
            lostInARow += 1;
          }
        } catch (error) {
          bugs.push(error);
        } finally {
          under -= 1;
        }
      });
      if (bugs.length > 0) throw bugs[0] as Error;
      tools.signal.throwIfAborted();
      return { members: members.slice(before), losses, lostInARow, stopped };
    },
    async reap() {
      const fallen = members.flatMap((member) => {
        const loss = fallOf(member);
        return loss === null ? [] : [{ member, loss }];
      });
      for (const { member } of fallen) members.splice(members.indexOf(member), 1);
      await atOnce(fallen.length, awayAtOnce, async (index) => {
        const one = fallen[index];
        if (one !== undefined) await away(one.member);
      });
      return fallen.map(({ loss }) => loss);
    },
    async putAllAway() {
      const all = members.splice(0);
      await atOnce(all.length, awayAtOnce, async (index) => {
        const member = all[index];
        if (member !== undefined) await away(member);
      });
    },
  };
}

/** Runs a task for each index, at most `limit` at once; a task must not reject. */
export async function atOnce(
  count: number,
  limit: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
}

/**
 * Proof from inside for each of these, in bounded parallel; returns the digest.
 * @param programs whose files are hashed again, beside the agent's and the service's
 * @throws TrialFailure of the first that fails
 */
export async function proveMembers(
  trial: Trial,
  members: readonly Member[],
  programs: readonly string[],
  inFlight: number,
): Promise<string | null> {
  let digest: string | null = null;
  const wanted = ['busybox', ...serviceFiles(trial.cell.workload.service), ...programs];
  const failures: unknown[] = [];
  await atOnce(members.length, inFlight, async (index) => {
    const member = members[index];
    if (member === undefined || failures.length > 0) return;
    try {
      digest = await proveImage(member.instance, wanted, trial.tools, launchSignal(trial).signal);
    } catch (error) {
      // One that has ended meanwhile is a loss of the fleet, told by reap().
      if (fallOf(member) === null) failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0] as Error;
  return digest;
}

/** From request to ready, by the instance's own marks; null where it has none. */
export function startSecondsOf({ marks }: Member): Seconds | null {
  const at = (name: string) => marks.find((mark) => mark.name === name)?.at;
  const [from, to] = [at('T0'), at('T6')];
  return from === undefined || to === undefined ? null : to - from;
}

async function tryStart(
  trial: Trial,
  id: string,
  placed: boolean,
  away: (live: Live) => Promise<void>,
): Promise<Member | Loss> {
  const { tools } = trial;
  const { signal, deadline } = launchSignal(trial);
  const marks: Mark[] = [];
  let live: Live = { id, instance: null, group: null, metered: false };
  try {
    live = { ...live, group: await openGroup(id, tools) };
    const instance = await startInstance(trial, live, signal, placed, (mark) => marks.push(mark));
    return { ...live, instance, marks };
  } catch (error) {
    try {
      const outcome = outcomeOf(error, live, tools, deadline, marks);
      if (outcome.state === 'ok') throw error;
      return outcome;
    } finally {
      await away(live);
    }
  }
}

/** How an instance ended by itself, or met its cap; null: it runs. */
export function fallOf(member: Member): Loss | null {
  const { instance } = member;
  const end = instance.ended();
  if (end !== null) return end;
  const kills = accountOf(member)?.read().oomKills ?? 0;
  if (kills === 0) return null;
  const message = `met its memory cap: ${kills} OOM kill(s) in its cgroup`;
  return { reason: 'oom', message, detail: instance.console() };
}

/** A loss as the record keeps it. */
export function lossWords({ reason, message }: Loss): { reason: FailureReason; message: string } {
  return { reason, message };
}
