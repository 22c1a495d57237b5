/**
 * A started VM as an Instance: boots or restores, speaks to the agent until it is ready, and turns every
 * way of not getting there into a failure with a reason.
 */
import type { Mark } from '../../model/instance.ts';
import { noNetwork, tapPrefix, type Attachment } from '../network.ts';
import {
  TrialFailure,
  type Context,
  type Instance,
  type Job,
  type Looking,
  type StopReport,
} from '../runner.ts';
import { openSession, type Session } from '../session.ts';
import type { VmPlan } from './args.ts';
import { inflate } from './balloon.ts';
import { startVm, type Vm } from './vm.ts';

/** The environment as init.sh reads it: a count, then NAME=value lines. */
export function environmentLines(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const broken = lines.find((line) => line.includes('\n'));
  if (broken !== undefined)
    throw new Error(`a newline in the environment: ${JSON.stringify(broken.slice(0, 60))}`);
  return [String(lines.length), ...lines].map((line) => `${line}\n`).join('');
}

/** A session with the agent of a VM. The agent's own T4 is not PID 1's, which the console has shown. */
export function openAgent(
  vm: Vm,
  context: Context,
  onMark: (mark: Mark) => void,
  bind = '127.0.0.1',
): Session {
  return openSession(vm.agent, {
    now: context.now,
    bind,
    onMark: (mark) => onMark(mark.name === 'T4' ? { ...mark, name: 'agent' } : mark),
    explainEnd: () => vm.whyEnded(),
    tail: () => vm.text(),
  });
}

/** Starts the VM and resolves at T6. Leaves nothing behind when it fails. */
export async function startInstance(
  plan: VmPlan,
  job: Job,
  context: Context,
  network: Attachment = noNetwork,
): Promise<Instance> {
  const marks: Mark[] = [];
  const onMark = (mark: Mark): void => {
    marks.push(mark);
    job.onMark(mark);
  };
  const prefix = tapPrefix(network.link);
  const vm = await startVm({ plan, prefix, group: job.group, cpus: job.cpus, onMark, context });
  const stop = stopping(vm, network);
  try {
    const session = openAgent(vm, context, onMark, network.bind);
    if (plan.restoreFrom === null) {
      vm.agent.write(environmentLines(job.environment));
      await session.waitFor('T4', context.signal);
    }
    let looking: Looking | null = null;
    if (job.service === null) await session.greet(context.signal);
    else looking = await session.serve(job.service, context.signal);
    if (plan.memory.balloonBytes !== null) await inflate(vm.qmp, plan.memory.balloonBytes, context.signal);
    return instanceOf(vm, session, job, network, stop, { marks, looking });
  } catch (error) {
    const failure = whatFailed(error, vm, marks);
    await stop();
    throw failure;
  }
}

/** A deadline that passes before T6 is a hang of the guest: say how far it got. */
function whatFailed(error: unknown, vm: Vm, marks: readonly Mark[]): unknown {
  if (!(error instanceof TrialFailure) || error.facts.reason !== 'timeout') return error;
  const last = marks.at(-1)?.name ?? 'nothing';
  return new TrialFailure(
    { reason: 'hang', message: `the VM was not ready in time; it got as far as ${last}`, detail: vm.text() },
    error,
  );
}

/** QEMU first, then what it was attached to. */
function stopping(vm: Vm, network: Attachment): Instance['stop'] {
  let report: Promise<StopReport> | null = null;
  const stop = async (): Promise<StopReport> => {
    const { gone, leftovers } = await vm.stop();
    const links = await network.gone();
    return { gone: links.length === 0 ? gone : null, leftovers: [...leftovers, ...links] };
  };
  return () => (report ??= stop());
}

function instanceOf(
  vm: Vm,
  session: Session,
  job: Job,
  network: Attachment,
  stop: Instance['stop'],
  start: Pick<Instance, 'marks' | 'looking'>,
): Instance {
  return {
    ...start,
    volume: job.volume,
    pids: () => job.group?.pids() ?? [vm.launched.pid],
    exec: (request, context) =>
      session.exec(
        { ...request, environment: { ...job.environment, ...request.environment } },
        context.signal,
      ),
    prove: (paths, context) => session.prove(paths, context.signal),
    halt: (how, context) => session.halt(how, context.signal),
    endpoint: (port) => network.endpoint(port),
    // The disk is shared and read-only, what is written stays in guest memory.
    diskBytes: () => Promise.resolve(0),
    console: () => vm.text(),
    ended: () => vm.ended(),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}
