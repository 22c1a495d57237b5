/**
 * An instance's life around its work: a cgroup of its own, a start, what its end means, and the proof
 * that it is gone. Shared by single launches and ladders, so that both leave nothing behind in one way.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  runnerOf,
  TrialFailure,
  type Context,
  type Instance,
  type Prepared,
  type Volume,
} from '../../runners/runner.ts';
import type { Account } from '../../host/site/account.ts';
import type { MeteredGroup } from '../../host/cgroup/cgroup.ts';
import type { HostCounters } from '../../host/drift.ts';
import { messageOf, UserError } from '../../model/errors.ts';
import type { FailureReason, GroupReading, Mark, Series } from '../../model/instance.ts';
import type { Cell, PlannedTrial } from '../../model/plan.ts';
import type { Outcome } from '../../model/record.ts';
import type { Scenario, ServiceSpec } from '../../model/scenario.ts';
import type { Tools } from './tools.ts';
import { UnreadableOutput } from '../workloads/output.ts';

/** Longest output of a program or console that is kept in the record. */
export const keptOutput = 8192;
/** How long an instance may take to go before it counts as a leftover. */
const killSeconds = 10;

/** What a trial is about and what it may use. */
export interface Trial {
  readonly planned: PlannedTrial;
  readonly cell: Cell;
  readonly prepared: Prepared;
  readonly scenario: Scenario;
  readonly tools: Tools;
}

/** A started instance and what is its own. */
export interface Live {
  readonly id: string;
  readonly instance: Instance | null;
  readonly group: MeteredGroup | null;
  /** A meter is reading its group. */
  readonly metered: boolean;
}

/** How a launch, or a ladder of them, ended. */
export interface Ended {
  readonly outcome: Outcome;
  readonly leftovers: readonly string[];
  /** What was read before anything was taken down. */
  readonly atEnd: EndReading;
  /** The host when the work was over, before anything was taken down. */
  readonly after: HostCounters | null;
  readonly toolCpuSeconds: number;
  /** CPU seconds so far of the processes that all instances share; null: not known. */
  readonly sharedCpuSeconds: number | null;
}

/** What instances had used when their work was over. */
export interface EndReading {
  /** CPU seconds of everything launched; null where it is not known. */
  readonly cpuSeconds: number | null;
  /** The whole reading of the one instance; null where there were several or none. */
  readonly reading: GroupReading | null;
}

/** What a trial's work stands on, asked when it is over. */
interface Standing {
  /** Whose end explains what the work threw. */
  readonly fallen: () => Pick<Live, 'instance' | 'group'>;
  readonly marks: readonly Mark[];
  /** Reads what the instances have used so far; asked once, before `putAway`. */
  readonly readEnd: () => EndReading;
  /** Stops every instance and names what is left; never throws. */
  readonly putAway: () => Promise<readonly string[]>;
}

/**
 * Does a trial's work and ends it in the one way there is: what was thrown becomes its outcome, everything is
 * put away, and work that went well but left something behind has failed.
 * @param work is given a way to allow its next part the time of a launch, from then on
 * @throws what is not a failure of the trial: a bug, after everything was put away
 */
export async function conclude(
  trial: Trial,
  work: (allow: () => AbortSignal) => Promise<Outcome>,
  { fallen, marks, readEnd, putAway: away }: Standing,
): Promise<Ended> {
  const { tools } = trial;
  let deadline = new AbortController().signal;
  const allow = () => {
    const part = launchSignal(trial);
    deadline = part.deadline;
    return part.signal;
  };
  let outcome: Outcome = { state: 'ok' };
  let bug: unknown = null;
  try {
    outcome = await work(allow);
  } catch (error) {
    try {
      outcome = outcomeOf(error, fallen(), tools, deadline, marks);
    } catch (unexpected) {
      bug = unexpected;
    }
  }
  // Read now: what tearing down costs the host is nobody else's load.
  const spent = {
    atEnd: readEnd(),
    after: tools.site.counters(),
    toolCpuSeconds: tools.toolCpuSeconds(),
    sharedCpuSeconds: sharedCpuOf(trial),
  };
  const leftovers = await away();
  if (bug !== null) throw bug as Error;
  return { outcome: outcome.state === 'ok' ? cleanOr(leftovers) : outcome, leftovers, ...spent };
}

function cleanOr(leftovers: readonly string[]): Outcome {
  if (leftovers.length === 0) return { state: 'ok' };
  const some = leftovers.slice(0, 3).join(', ');
  return {
    state: 'failed',
    reason: 'unclean',
    message: `after stopping, ${leftovers.length} thing(s) were left: ${some}`,
    detail: leftovers.join('\n'),
  };
}

/** Aborted when the run is interrupted, or when a launch has taken the time of a trial. */
export function launchSignal({ scenario, tools }: Trial): {
  readonly signal: AbortSignal;
  readonly deadline: AbortSignal;
} {
  const deadline = AbortSignal.timeout(scenario.trialTimeoutSeconds * 1000);
  return { signal: AbortSignal.any([tools.signal, deadline]), deadline };
}

/** What of a service is proven: its program by name, or the file it is in an image from elsewhere. */
export function serviceFiles(service: ServiceSpec | null): readonly string[] {
  const program = service?.own?.program ?? service?.argv[0];
  return program === undefined ? [] : [program];
}

/**
 * Proof from inside that an instance runs from the image; returns the digest seen there.
 * @param programs whose files are hashed again: names, or absolute paths inside
 * @throws TrialFailure `digest-mismatch`
 */
export async function proveImage(
  instance: Instance,
  programs: readonly string[],
  tools: Tools,
  signal: AbortSignal,
): Promise<string> {
  const { image } = tools;
  const files = programs.flatMap(
    (program) => image.closure[program] ?? (program.startsWith('/') ? [program] : []),
  );
  const { digest, mismatches } = await instance.prove(files, contextOf(tools, signal));
  if (digest === image.digest && mismatches.length === 0) return digest;
  throw new TrialFailure({
    reason: 'digest-mismatch',
    message:
      digest === image.digest
        ? `${mismatches.length} file(s) inside differ from the image: ${mismatches.slice(0, 3).join(', ')}`
        : `the image inside is ${digest.slice(0, 12)}, expected ${image.digest.slice(0, 12)}`,
    detail: mismatches.join('\n'),
  });
}

/** A cgroup of the instance's own, its intent written first; null where this user has none. */
export async function openGroup(id: string, tools: Tools): Promise<MeteredGroup | null> {
  if (tools.createGroup === null) return null;
  const path = `tare/${tools.lease.runId}/${id}`;
  tools.lease.own({ kind: 'group', path });
  return tools.createGroup(path);
}

/**
 * Starts an instance in its group and waits until it is ready.
 * @param placed on the shape's number of CPUs: the last ones, so that the first, where interrupts and
 *   tare itself tend to run, is left alone
 */
export async function startInstance(
  { cell, planned, prepared, tools }: Trial,
  { id, group }: Pick<Live, 'id' | 'group'>,
  signal: AbortSignal,
  placed: boolean,
  onMark: (mark: Mark) => void,
): Promise<Instance> {
  const workDir = join(tools.workDir, id);
  await mkdir(workDir, { recursive: true });
  const { placeable } = tools.site.cpus;
  const cpus = placed && placeable !== null ? placeable.slice(-cell.shape.cpus).join(',') : null;
  const environment = padding(planned);
  const volume = await makeVolume(cell, id, tools);
  const job = { id, group, cpus, service: cell.workload.service, volume, environment };
  const lent = { ...contextOf(tools, signal), workDir };
  return prepared.start({ ...job, onMark: stampedHere(tools, onMark) }, lent);
}

/**
 * On a site with a clock of its own only the request and the first answer have instants: both are seen here, so
 * they are stamped here, whatever the other clock says.
 */
function stampedHere({ site, now }: Pick<Tools, 'site' | 'now'>, onMark: (mark: Mark) => void) {
  if (site.clock !== null) return onMark;
  return ({ name }: Mark): void => {
    if (name === 'T0' || name === 'T6') onMark({ name, at: now() });
  };
}

/** The volume of one launch; null where its workload has none. @throws TrialFailure where it cannot be made */
async function makeVolume({ workload, runner }: Cell, id: string, tools: Tools): Promise<Volume | null> {
  const spec = workload.volume;
  if (spec === null) return null;
  const use = runnerOf(tools.runners, runner.kind).volumeUse?.(runner.options, spec.kind);
  if (use === undefined) throw new Error(`${runner.kind} takes no volumes`);
  try {
    const { path, mountPoint } = await tools.volumes.make(id, spec, use.attachment);
    const onHost = spec.kind === 'filesystem' ? mountPoint : path;
    return { kind: spec.kind, path, place: use.place ?? onHost };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new TrialFailure({ reason: 'launch', message: error.message, detail: error.hint }, error);
  }
}

/** CPU seconds so far of an engine's daemons, which are in no instance; 0 where there are none, null: not known. */
export function sharedCpuOf({ prepared }: Trial): number | null {
  return prepared.shared === undefined ? 0 : (prepared.shared()?.cpuSeconds ?? null);
}

/** Who counts what an instance uses: its site, or the group it was given; null: nobody. */
export function accountOf({ instance, group }: Pick<Live, 'instance' | 'group'>): Account | null {
  return instance?.account === undefined ? group : instance.account;
}

/** CPU seconds with those of one more instance; null once one of them is not known. */
export function withCpuOf(total: number | null, account: Pick<Account, 'read'> | null): number | null {
  const own = account?.read().cpuSeconds ?? null;
  return total === null || own === null ? null : total + own;
}

/** Environment that moves the program's memory layout a little in each launch (METHODOLOGY B5). */
export function padding({ padBytes }: PlannedTrial): Readonly<Record<string, string>> {
  return { TARE_PAD: 'x'.repeat(padBytes) };
}

/** What a runner is lent for one call. */
export function contextOf(tools: Tools, signal: AbortSignal): Context {
  return { signal, now: tools.now, workDir: tools.workDir, lease: tools.lease };
}

/** Anything thrown by a launch as its outcome; what is not a failure of the trial is a bug and goes on. */
export function outcomeOf(
  error: unknown,
  live: Pick<Live, 'instance' | 'group'>,
  tools: Tools,
  deadline: AbortSignal,
  marks: readonly Mark[],
): Outcome {
  const { instance } = live;
  const screen = instance?.console() ?? '';
  const outcome = (reason: FailureReason, message: string, detail = screen): Outcome => ({
    state: 'failed',
    reason,
    message,
    detail: detail.slice(-keptOutput),
  });
  if (tools.signal.aborted) return outcome('interrupted', 'the run was interrupted');
  const facts = error instanceof TrialFailure ? error.facts : null;
  const kills = accountOf(live)?.read().oomKills ?? 0;
  if (kills > 0 && facts?.reason !== 'oom') {
    return outcome('oom', `met its memory cap: ${kills} OOM kill(s) in its cgroup`, facts?.detail ?? screen);
  }
  // What the instance says of its own end explains more than the broken channel it left.
  const ended = instance?.ended() ?? null;
  if (ended !== null && facts?.reason !== 'oom') return outcome(ended.reason, ended.message, ended.detail);
  if (deadline.aborted) {
    const last = marks.at(-1)?.name ?? 'nothing';
    return instance === null
      ? outcome('hang', `not ready in the trial's time; last mark: ${last}`, facts?.detail ?? screen)
      : outcome('timeout', "its work did not end in the trial's time", facts?.detail ?? screen);
  }
  if (facts !== null) return outcome(facts.reason, facts.message, facts.detail);
  if (error instanceof UnreadableOutput) return outcome('bad-output', error.message);
  // A system call that failed (no memory, no process slots) is the host's answer to this launch.
  if (error instanceof Error && 'syscall' in error) return outcome('launch', messageOf(error));
  throw error;
}

/** Stops an instance, empties and removes its group and folder; names whatever is left. */
export async function putAway(
  { id, instance, group, metered }: Live,
  tools: Tools,
): Promise<{
  readonly marks: readonly Mark[];
  readonly series: Series | null;
  readonly leftovers: readonly string[];
}> {
  const leftovers: string[] = [];
  const marks: Mark[] = [{ name: 'stop', at: tools.now() }];
  try {
    const report = await instance?.stop();
    // Proven gone: when, is told by our clock alone.
    if (report?.gone)
      marks.push(tools.site.clock === null ? { ...report.gone, at: tools.now() } : report.gone);
    leftovers.push(...(report?.leftovers ?? []));
  } catch (error) {
    leftovers.push(`instance ${id}: ${messageOf(error)}`);
  }
  let series: Series | null = null;
  if (group !== null) {
    // A meter that has died costs its series, not the launch.
    if (metered) series = (await tools.meters?.unwatch(id).catch(() => null)) ?? null;
    if (!(await group.kill(killSeconds)))
      leftovers.push(`processes ${group.pids().join(', ')} in ${group.path}`);
    if (await group.remove()) tools.lease.release({ kind: 'group', path: group.path });
    else leftovers.push(`cgroup ${group.path}`);
  }
  const own = instance?.account ?? null;
  if (own !== null && !((await own.kill(killSeconds)) && (await own.remove()))) leftovers.push(own.name);
  leftovers.push(...(await tools.volumes.remove(id)));
  await rm(join(tools.workDir, id), { recursive: true, force: true }).catch((error: unknown) => {
    leftovers.push(`folder of ${id}: ${messageOf(error)}`);
  });
  return { marks, series, leftovers };
}
