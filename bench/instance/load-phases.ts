/**
 * A load workload on a ready instance: fill, warm up, capacity by a closed loop, then each load by an open
 * loop. Two rules, declared before any run, take a phase's numbers out (they stay in the record, with the
 * reason): the generator's own lag was not small beside the latencies (METHODOLOGY B12, C22), or the generator
 * and not the server was the limit.
 */
import { stealBetween } from '../../host/drift.ts';
import { TrialFailure } from '../../runners/runner.ts';
import { messageOf } from '../../model/errors.ts';
import { usedBetween, type Inside } from './program.ts';
import type { Gathered } from './gathered.ts';
import type { LoadPhase } from '../../model/observation.ts';
import { countOf, mergeBins, quantileOf } from '../analysis/percentiles.ts';
import type { LoadPlan, LoadPoint } from '../workloads/workload.ts';
import type { LoadGenerator, LoadRequest, LoadResult } from '../load/load.ts';
import { formatValue, formatShare } from '../../model/units.ts';
import { lagged, lagLimit } from '../load/schedule.ts';

/** Above this share of one CPU a program that works in one thread is taken to be at its limit. */
const busyCores = 0.9;

/** A trial whose instance is ready and can be reached. */
interface Loaded extends Inside {
  readonly gathered: Pick<Gathered, 'marks' | 'outputs' | 'samples' | 'observations'>;
}

/** Puts the loads on the instance's service. @throws TrialFailure when it does not hold */
export async function giveLoads(session: Loaded, plan: LoadPlan): Promise<void> {
  const { trial, instance } = session;
  const { cell, tools, planned } = trial;
  const port = cell.workload.service?.port;
  const endpoint = port == null ? null : instance.endpoint(port);
  if (endpoint === null) throw failure('launch', 'no client outside can reach its service');
  // The instance has the last CPUs; a generator on the same would be late whenever the server works.
  const others = tools.site.cpus.placeable?.slice(0, -cell.shape.cpus) ?? [];
  const cpus = others.length === 0 ? null : others.join(',');
  const generator = await tools.startLoad({ enter: endpoint.enter, cpus }).catch((error: unknown) => {
    throw failure('launch', messageOf(error));
  });
  const { address } = endpoint;
  const { protocol, connections } = plan;
  const request = { address, port: endpoint.port, protocol, connections };
  // Equal for all cells of a block, so that they are asked the same.
  const seed = planned.block + 2;
  const phase = (mode: LoadRequest['mode'], point: string) =>
    runPhase(session, generator, { ...request, mode }, point, plan.failures);
  try {
    if (protocol.kind === 'redis') await phase({ kind: 'fill' }, 'fill');
    if (plan.warmupSeconds > 0) await phase({ kind: 'closed', seconds: plan.warmupSeconds, seed }, 'warm-up');
    const top = await phase({ kind: 'closed', seconds: plan.capacitySeconds, seed }, 'capacity');
    const capacity = top.result.answered / top.result.seconds;
    const bound = judgeCapacity(top);
    note(session, 'capacity', capacity, cpus, top, bound);
    if (bound === null) session.gathered.samples.push({ metric: 'network.capacity', value: capacity });
    pushCpu(session, 'network.cpu-per-request', top);
    for (const point of plan.points) {
      const rate = rateOf(point, capacity);
      const rhythm = { rate, seconds: plan.durationSeconds, pattern: plan.pattern, seed };
      const done = await phase({ kind: 'open', ...rhythm }, point.id);
      const discarded = judgeLag(done.result, done.stealShare);
      note(session, point.id, rate, cpus, done, discarded);
      if (discarded !== null) continue;
      const { latency: bins } = done.result;
      session.gathered.observations.push({
        kind: 'distribution',
        metric: `network.latency-at-${point.id}`,
        bins,
      });
      if (point.of.kind === 'rate') pushCpu(session, `network.cpu-at-${point.id}`, done);
    }
  } finally {
    await generator.close();
  }
}

function rateOf({ of }: LoadPoint, capacity: number): number {
  return of.kind === 'share' ? Math.max(1, of.share * capacity) : of.rate;
}

interface Done {
  readonly result: LoadResult;
  /** CPU seconds of the instance meanwhile. */
  readonly cpuSeconds: number | null;
  /** CPU time withheld from the site meanwhile; null: not reported. */
  readonly stealShare: number | null;
}

async function runPhase(
  { account, instance, signal, gathered, trial: { tools } }: Loaded,
  generator: LoadGenerator,
  request: LoadRequest,
  point: string,
  failures: number,
): Promise<Done> {
  const before = account?.read() ?? null;
  const from = tools.site.counters();
  gathered.marks.push({ name: `begin load ${point}`, at: tools.now() });
  const result = await generator.run(request, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    // Why the instance ended says more than that its clients lost it.
    throw new TrialFailure(instance.ended() ?? { reason: 'crash', message: messageOf(error), detail: '' });
  });
  gathered.marks.push({ name: `end load ${point}`, at: tools.now() });
  requireService(result, instance.ended(), point, failures);
  const to = tools.site.counters();
  const stealShare = from === null || to === null ? null : stealBetween(from, to);
  return { result, cpuSeconds: usedBetween(before, account?.read() ?? null), stealShare };
}

/** @throws TrialFailure when the service is gone, answers nothing, or fails more than the declared share */
export function requireService(
  result: LoadResult,
  ended: TrialFailure['facts'] | null,
  point: string,
  failures: number,
): void {
  if (ended !== null) throw new TrialFailure(ended);
  const { sent, answered, errors, lost, problem } = result;
  const why = problem === null ? '' : `: ${problem}`;
  if (sent > 0 && answered === 0) throw failure('hang', `load ${point}: no request was answered${why}`);
  const share = (count: number) => `${count} of ${sent} (${formatShare(count / sent)})`;
  if (lost > failures * sent) throw failure('crash', `load ${point}: requests lost: ${share(lost)}${why}`);
  if (errors > failures * sent)
    throw failure('bad-output', `load ${point}: answered by an error: ${share(errors)}`);
}

/** Why the closed loop does not show the server's capacity; null: it does. */
export function judgeCapacity({ result, cpuSeconds }: Done): string | null {
  const generator = result.cpuSeconds / result.wallSeconds;
  const server = cpuSeconds === null ? null : cpuSeconds / result.wallSeconds;
  if (generator < busyCores || (server !== null && server >= busyCores)) return null;
  const other = server === null ? 'unknown' : `${server.toFixed(2)} cores`;
  return `the generator was the limit: it kept ${generator.toFixed(2)} cores busy, the server ${other}`;
}

/**
 * Why the latencies of an open loop are not used; null: they are.
 * @param stealShare named where it alone makes a hundredth of all requests late, whatever the generator does
 */
export function judgeLag(
  { lag, latency }: Pick<LoadResult, 'lag' | 'latency'>,
  stealShare: number | null = null,
): string | null {
  const worst = quantileOf(lag, 0.99);
  const middle = quantileOf(latency, 0.5);
  if (!lagged(worst, middle)) return null;
  const text = (value: number | null) => (value === null ? 'unknown' : formatValue(value, 's'));
  const stolen = stealShare ?? 0;
  const withheld = `; ${formatShare(stolen)} of this host's CPU time was withheld meanwhile (steal)`;
  return `the generator lagged: p99 of its lag ${text(worst)}, more than ${formatShare(lagLimit)} of the median latency ${text(middle)}${stolen > 0.01 ? withheld : ''}`;
}

function note(
  { gathered }: Loaded,
  point: string,
  rate: number,
  generatorCpus: string | null,
  { result, cpuSeconds, stealShare }: Done,
  discarded: string | null,
): void {
  const { seconds, sent, answered, errors, lost, unanswered, lag, notice, latency } = result;
  const phase: LoadPhase = {
    kind: 'load-phase',
    ...{ point, rate, seconds, sent, answered, errors, lost, unanswered },
    medianSeconds: quantileOf(latency, 0.5),
    lagP99Seconds: quantileOf(lag, 0.99),
    noticeP99Seconds: quantileOf(notice, 0.99),
    generatorCores: result.cpuSeconds / result.wallSeconds,
    generatorCpus,
    instanceCores: cpuSeconds === null ? null : cpuSeconds / result.wallSeconds,
    stealShare,
    discarded,
    // Used latencies are the launch's distribution; those that are not must not be lost for that.
    unused: discarded !== null && countOf(lag) > 0 ? coarse(latency) : [],
  };
  gathered.observations.push(phase);
}

/** To two digits, which is a tenth of the size: evidence that is kept, not used. */
function coarse(bins: LoadResult['latency']): LoadResult['latency'] {
  return mergeBins([bins.map(([value, count]) => [Number(value.toPrecision(2)), count] as const)]);
}

function pushCpu({ gathered }: Loaded, metric: string, { result, cpuSeconds }: Done): void {
  if (cpuSeconds === null || result.answered === 0) return;
  gathered.samples.push({ metric, value: cpuSeconds / result.answered });
}

function failure(reason: 'launch' | 'hang' | 'crash' | 'bad-output', message: string): TrialFailure {
  return new TrialFailure({ reason, message, detail: '' });
}
