/**
 * The world as a value: opens every instrument a run needs (lease, cgroups, meter, image, clocks) and
 * closes it again. The one place where production instruments are chosen; tests choose others.
 */
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exitCode, messageOf, UserError } from '../model/errors.ts';
import type { HostFingerprint } from '../model/instance.ts';
import type { Scenario } from '../model/scenario.ts';
import { createGenerators } from '../bench/load/generators.ts';
import { startSampler } from '../host/meter/sampler.ts';
import type { ProgressEvent, Tools } from '../bench/instance/tools.ts';
import { createRuler } from '../host/cgroup/cgroup.ts';
import { measureClockError, monotonicSeconds } from '../host/clock.ts';
import { readFingerprint } from '../host/fingerprint.ts';
import { collectGarbage } from '../host/gc.ts';
import { acquireLease } from '../host/lease.ts';
import { localSite } from '../host/site/local.ts';
import { openVolumes } from '../host/volume.ts';
import { appNamed, openApp } from '../images/apps/index.ts';
import { ensureBuiltinImage, ensureMiniImage } from '../images/builtin.ts';
import type { Image } from '../images/image.ts';
import { importImage } from '../images/import/index.ts';
import { lookUpImage } from '../images/named.ts';
import type { Context } from '../runners/runner.ts';
import { runners } from '../runners/index.ts';
import type { Output } from './command.ts';

export interface Edges {
  readonly tools: Tools;
  readonly hostAfter: () => Promise<HostFingerprint>;
  close(): Promise<void>;
}

/** Opens everything a run of this scenario needs; first removes what killed runs left. */
export async function openTools(
  scenario: Scenario,
  output: Output,
  listen: (now: () => number) => (event: ProgressEvent) => void,
): Promise<Edges> {
  const lease = acquireLease(newRunId(isFake(scenario) ? 'fake' : 'run'));
  const closers: (() => unknown)[] = [() => lease.close()];
  const close = async () => {
    for (const one of closers.toReversed()) {
      try {
        await one();
      } catch (error) {
        output.err(messageOf(error));
      }
    }
  };
  try {
    await tidyUp(lease.runId, scenario, output);
    const image = await openImage(scenario, (line) => output.err(line), output.signal);
    const ruler = createRuler();
    if (!ruler.usable) output.err(`CPU and memory will not be measured: ${ruler.reason} (${ruler.hint})`);
    const sampler = ruler.usable ? await startSampler() : null;
    if (sampler !== null) closers.push(() => sampler.close());
    const generators = createGenerators(lease);
    closers.push(() => generators.close());
    const workDir = join(lease.folder, 'work');
    await mkdir(workDir, { recursive: true });
    const volumes = openVolumes({ lease });
    closers.push(() => volumes.close());
    const tools: Tools = {
      runners,
      image,
      lease,
      workDir,
      now: monotonicSeconds,
      sleep: (seconds, signal) => delay(seconds * 1000, undefined, { signal }),
      createGroup: ruler.usable ? (path, options) => ruler.createGroup(path, options) : null,
      meters: sampler,
      startLoad: (place) => generators.start(place),
      volumes,
      site: localSite(await readFingerprint(), await measureClockError(), workDir),
      toolCpuSeconds: () => ownCpuSeconds() + (sampler?.cpuSeconds() ?? 0) + generators.cpuSeconds(),
      progress: listen(monotonicSeconds),
      signal: output.signal,
    };
    return {
      tools,
      hostAfter: readFingerprint,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A context for probes outside any run, with a scratch folder that goes with it. */
export async function withScratch<T>(use: (context: Context) => Promise<T>): Promise<T> {
  const workDir = await mkdtemp(join(tmpdir(), 'tare-')).catch((error: unknown) => {
    throw new UserError(
      `no scratch folder can be made in ${tmpdir()}: ${messageOf(error)}`,
      'set TMPDIR to a folder that is there and that you can write',
      exitCode.hostCannot,
      error,
    );
  });
  const lease = acquireLease(newRunId('probe'));
  try {
    return await use({ signal: new AbortController().signal, now: monotonicSeconds, workDir, lease });
  } finally {
    lease.close();
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Removes what killed runs left, and gives way to a run that is measuring already. */
async function tidyUp(runId: string, scenario: Scenario, output: Output): Promise<void> {
  const { runs } = await collectGarbage({ dryRun: false });
  for (const { runId: dead, removed } of runs)
    if (removed) output.err(`removed what killed run ${dead} had left`);
  if (isFake(scenario)) return;
  // Ids sort by time: of two that begin together the earlier one goes on.
  const other = runs.find(({ live, runId: id }) => live && id.startsWith('run-') && id < runId);
  if (other === undefined) return;
  throw new UserError(
    `another tare run is measuring on this host (${other.runId}, process ${other.runId.split('-').at(-1) ?? ''})`,
    'two runs would measure each other: wait until it ends, or stop it with Ctrl-C',
    exitCode.hostCannot,
  );
}

/** Fakes measure nothing and disturb nobody. */
function isFake({ runners: used }: Scenario): boolean {
  return used.every(({ kind }) => kind === 'fake');
}

/** Sorts by time, unique on this host, safe as a file and cgroup name. */
function newRunId(purpose: 'run' | 'probe' | 'fake'): string {
  return `${purpose}-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${process.pid}`;
}

/** One that tare assembles, an application of its own, one in the cache by name or digest, or one from elsewhere. */
async function openImage(
  { image }: Scenario,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<Image> {
  if (image === 'builtin') return ensureBuiltinImage(report);
  if (image === 'mini') return ensureMiniImage(report);
  const app = appNamed(image);
  if (app !== null) return openApp(app, report, signal);
  return (await lookUpImage(image)) ?? importImage(image, { report, signal });
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
