/**
 * One QEMU process with its channels: agent, console, monitor, firmware. Turns what appears on them into
 * marks and, at the end, into a reason. Booting, restoring and probing are all uses of this.
 */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Mark } from '../../model/instance.ts';
import type { Seconds } from '../../model/quantities.ts';
import type { Group } from '../../host/cgroup/group.ts';
import { launch, type Launched } from '../launch.ts';
import type { Context, StopReport, TrialFailureFacts } from '../runner.ts';
import { qemuArguments, type VmPlan } from './args.ts';
import { explainEnd } from './ends.ts';
import { openQmp, type Qmp } from './qmp.ts';

/** The first descriptor the launcher hands out for channels. */
const firstChannel = 4;
export const coldChannels = { agent: 4, console: 5, monitor: 6 } as const;
const consoleTail = 16_384;
const killSeconds = 10;

export interface VmRequest {
  readonly plan: VmPlan;
  /** argv before QEMU's own, which becomes it. */
  readonly prefix?: readonly string[];
  readonly group: Group | null;
  readonly cpus: string | null;
  readonly onMark: (mark: Mark) => void;
  readonly context: Context;
}

export interface Vm {
  readonly agent: Duplex;
  readonly qmp: Qmp;
  readonly launched: Launched;
  /** Console tail, then QEMU's own words. */
  text(): string;
  /** Resolves with the first console line that matches, or null when QEMU ended before one came. */
  consoleLine(pattern: RegExp): Promise<string | null>;
  /** Why it ended by itself; null while it lives or when it was stopped. */
  ended(): TrialFailureFacts | null;
  /** The same, after giving QEMU a moment to be gone once its channels have closed. */
  whyEnded(): Promise<TrialFailureFacts | null>;
  stop(): Promise<StopReport>;
}

/** Splits a stream into lines, stamped with the arrival of their last byte. */
function readLines(stream: Duplex, now: () => Seconds, onLine: (line: string, at: Seconds) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const at = now();
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-consoleTail);
    for (const line of lines) onLine(line.replace(/\r$/, ''), at);
  });
  stream.on('error', () => undefined);
}

/** Starts QEMU in its group and lets it go (T0). */
export async function startVm(request: VmRequest): Promise<Vm> {
  const { plan, group, context, onMark } = request;
  const seen = new Set<string>();
  const once = (mark: Mark): void => {
    if (seen.has(mark.name)) return;
    seen.add(mark.name);
    onMark(mark);
  };
  const launched = await launch({
    argv: [...(request.prefix ?? []), ...qemuArguments(plan)],
    group,
    cpus: request.cpus,
    environment: {},
    channels: plan.channels.firmware === null ? 3 : 4,
    onMark: once,
    context,
  }).catch(async (error: unknown) => {
    // The launcher was told to die; the group tells when it has.
    await group?.kill(killSeconds);
    throw error;
  });
  const channel = (number: number): Duplex => {
    const found = launched.channels[number - firstChannel];
    if (found === undefined) throw new Error(`no channel ${String(number)}`);
    return found;
  };
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  readLines(channel(plan.channels.console), context.now, (line, at) => {
    lines.push(line);
    while (lines.length > 1 && lines.reduce((sum, each) => sum + each.length, 0) > consoleTail) lines.shift();
    // The firmware clears the screen without ending the line, so the mark may have company before it.
    if (line.endsWith('mark T4')) once({ name: 'T4', at });
    for (const watch of watchers) watch(line);
  });
  if (plan.channels.firmware !== null) {
    readLines(channel(plan.channels.firmware), context.now, (line, at) => {
      if (line.startsWith('Booting from')) once({ name: 'T3', at });
    });
  }
  const qmp = openQmp(channel(plan.channels.monitor), { now: context.now });
  void qmp.greeted.then((at) => once({ name: 'T2', at })).catch(() => undefined);
  const agent = channel(plan.channels.agent);
  agent.on('error', () => undefined);

  let stopping: Promise<StopReport> | null = null;
  const facts = (): TrialFailureFacts | null => {
    const exit = launched.exited();
    if (exit === null || stopping !== null) return null;
    return explainEnd({
      exitCode: exit.code,
      signal: exit.signal,
      console: lines.join('\n'),
      stderr: launched.tail(),
      hostOomKills: group?.read().oomKills ?? null,
    });
  };
  const vm: Vm = {
    agent,
    qmp,
    launched,
    text: () => [lines.join('\n'), launched.tail()].filter((text) => text !== '').join('\n'),
    consoleLine: (pattern) => {
      const before = lines.find((line) => pattern.test(line));
      if (before !== undefined) return Promise.resolve(before);
      return new Promise((resolve) => {
        const watch = (line: string): void => {
          if (!pattern.test(line)) return;
          watchers.delete(watch);
          resolve(line);
        };
        watchers.add(watch);
        void launched.exit.then(() => resolve(null));
      });
    },
    ended: facts,
    async whyEnded() {
      await Promise.race([launched.exit, delay(3000, undefined, { ref: false })]);
      return facts();
    },
    stop: () => (stopping ??= stopVm(launched, group, context)),
  };
  launched.go();
  return vm;
}

async function stopVm(launched: Launched, group: Group | null, context: Context): Promise<StopReport> {
  launched.kill();
  const emptied = group === null ? true : await group.kill(killSeconds);
  await launched.exit;
  const gone: Mark = { name: 'T7', at: context.now() };
  for (const channel of launched.channels) channel.destroy();
  const left = emptied ? [] : (group?.pids() ?? []);
  return { gone, leftovers: left.map((pid) => `process ${String(pid)}`) };
}
