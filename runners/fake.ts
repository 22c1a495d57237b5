/**
 * The fake runner: instances that exist only as numbers, with seeded durations and scripted failures.
 * It runs whole scenarios in milliseconds for tests of logic, and says what it is wherever it appears:
 * nothing it prints is a measurement.
 */
import { z } from 'zod';
import { UserError } from '../model/errors.ts';
import { createRandom } from '../model/random.ts';
import type { FailureReason, Mark, Substrate } from '../model/instance.ts';
import { duration } from '../model/quantity-options.ts';
import {
  TrialFailure,
  type Context,
  type ExecRequest,
  type ExecResult,
  type Instance,
  type Job,
  type Prepared,
  type Runner,
} from './runner.ts';

const reasons = [
  'launch',
  'hang',
  'panic',
  'early-exit',
  'oom',
  'crash',
  'bad-output',
  'digest-mismatch',
] as const;

const options = z.strictObject({
  start: duration.prefault('10ms').describe('Claimed time from request to ready.'),
  noise: z.number().min(0).max(1).default(0.02).describe('Claimed spread between launches, as a share.'),
  throughput: z.number().positive().default(1000).describe('Claimed events per second of any program.'),
  failure: z.enum(reasons).optional().describe('Every `failureEvery`th launch fails like this.'),
  failureEvery: z.int().min(1).default(1),
  failureFrom: z.int().min(1).default(1).describe('Launches before this one do not fail.'),
  crowd: z
    .int()
    .min(1)
    .optional()
    .describe('With more than this running, starts and programs slow down alike.'),
  falls: z.int().min(1).optional().describe('This launch ends by itself when the next has started.'),
  unusable: z.string().optional().describe('Claim to be unusable here, with this reason.'),
  unprepared: z.string().optional().describe('Fail to be made ready, with this reason.'),
});
export type FakeOptions = z.infer<typeof options>;

const nothing: Substrate = { isolation: null, architecture: null, kernel: null };

export const fake: Runner<FakeOptions> = {
  kind: 'fake',
  title: 'Fake instances, for tests of logic',
  options,
  probe: ({ unusable }) =>
    Promise.resolve(
      unusable === undefined
        ? {
            usable: true,
            version: '1',
            acceleration: { class: 'none', reason: 'nothing runs: a fake' },
            substrate: nothing,
            details: { fake: 'yes' },
          }
        : { usable: false, reason: unusable, hint: 'take `unusable` out of the scenario' },
    ),
  prepare: ({ options: given, image }) => {
    if (given.unprepared !== undefined) {
      return Promise.reject(new UserError(given.unprepared, 'take `unprepared` out of the scenario'));
    }
    const running = new Set<number>();
    let launches = 0;
    const prepared: Prepared = {
      ...nothing,
      product: 'fake 1',
      identity: { fake: JSON.stringify(given) },
      decisive: [],
      acceleration: { class: 'none', reason: 'nothing runs: a fake' },
      traits: { image: image.digest, kernel: 'none (fake)', startState: 'cold', pageCache: 'warm' },
      sharedDiskBytes: 0,
      start: (job, context) => startFake(given, (launches += 1), running, image.digest, job, context),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    return Promise.resolve(prepared);
  },
};

function startFake(
  given: FakeOptions,
  launch: number,
  running: Set<number>,
  digest: string,
  job: Job,
  context: Context,
): Promise<Instance> {
  const random = createRandom(launch);
  const due = launch >= given.failureFrom && launch % given.failureEvery === 0;
  const failure = given.failure !== undefined && due ? given.failure : null;
  const crowding = () => Math.max(1, running.size / (given.crowd ?? Infinity));
  running.add(launch);
  const fail = (reason: FailureReason) =>
    new TrialFailure({ reason, message: `a scripted failure (${reason})`, detail: 'fake console' });
  const t0 = context.now();
  const ready = given.start * crowding() * Math.exp(given.noise * random.normal());
  const marks: Mark[] = [];
  const stages = [0, 0.05, 0.5, 0.8, 0.9, 1];
  for (const [index, name] of (['T0', 'T1', 'T2', 'T4', 'T5', 'T6'] as const).entries()) {
    if (failure !== null && failure !== 'crash' && name === 'T4' && failsAtStart(failure)) break;
    const mark = { name, at: t0 + ready * (stages[index] ?? 1) };
    marks.push(mark);
    job.onMark(mark);
  }
  if (failure !== null && failsAtStart(failure)) {
    running.delete(launch);
    return Promise.reject(fail(failure));
  }
  const instance: Instance = {
    marks,
    looking: null,
    volume: job.volume,
    pids: () => [],
    exec: (request) =>
      Promise.resolve(
        fakeOutput(
          request,
          { ...given, throughput: given.throughput / crowding() },
          random.normal(),
          failure,
          context.now(),
        ),
      ),
    prove: () =>
      Promise.resolve({
        digest: failure === 'digest-mismatch' ? '0'.repeat(64) : digest,
        checkedFiles: 1,
        mismatches: [],
      }),
    halt: () => Promise.resolve({ how: 'ended', exitCode: 0, seconds: ready }),
    endpoint: () => null,
    diskBytes: () => Promise.resolve(0),
    console: () => 'fake console',
    ended: () =>
      launch === given.falls && Math.max(...running) > launch
        ? { reason: 'early-exit', message: 'a scripted end', detail: '' }
        : null,
    stop: () => {
      running.delete(launch);
      return Promise.resolve({ gone: { name: 'T7', at: context.now() }, leftovers: [] });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return Promise.resolve(instance);
}

function failsAtStart(failure: FailureReason): boolean {
  return failure !== 'crash' && failure !== 'bad-output' && failure !== 'digest-mismatch';
}

/** What the scripts of the surface check would print on a machine without a checker. */
const fakeSurface: Readonly<Record<string, string>> = {
  mark: 'file /fake/marker\n',
  examine:
    'kernel.release 0-fake\nkernel.boot-id fake\nprocess.CapEff 0\nmemory.total 1\nneighbour.file no\n',
};

/** What sysbench or stress-ng would print for the claimed throughput. */
function fakeOutput(
  { argv }: ExecRequest,
  given: FakeOptions,
  normal: number,
  failure: FailureReason | null,
  now: number,
): ExecResult {
  const rate = given.throughput * Math.exp(given.noise * normal);
  const answer = (stdout: string, exitCode = 0): ExecResult => ({
    exitCode,
    stdout,
    stderr: '',
    begin: now,
    end: now + 1.01,
    oomKills: 0,
  });
  if (failure === 'crash') return answer('', 139);
  if (failure === 'bad-output') return answer('\u0000rubbish\u001b[2J');
  if (argv[3]?.startsWith('# tare requirements'))
    return answer('kernel 5.10.0-fake\nmachine x86_64\nboot fake\n');
  const surface = /^# tare surface: (\w+)/.exec(argv[3] ?? '')?.[1];
  if (surface !== undefined) return answer(fakeSurface[surface] ?? '');
  if (argv[0] === 'sysbench') {
    return answer(
      `events per second: ${rate.toFixed(2)}\ntotal time: 1.0000s\n` +
        `total number of events: ${Math.round(rate)}\n1.00 MiB transferred (${rate.toFixed(2)} MiB/sec)\n`,
    );
  }
  const stressor = argv.find((word) => word.startsWith('--'))?.slice(2) ?? 'cpu';
  return answer(
    `stress-ng: info: [1] ${stressor} ${Math.round(rate)} 1.00 0.99 0.01 ${rate.toFixed(2)} 1.00\n`,
  );
}
