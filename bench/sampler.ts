/**
 * The meter's near end: starts the sampling process and speaks JSON lines with it. Sampling lives in a process
 * of its own because tare's main process blocks for milliseconds when it starts programs, and because the
 * meter's own cost must be a number that can be reported.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Series } from './model.ts';
import { processCpuSeconds } from '../host/drift.ts';
import type { MeterDescription } from '../host/meter.ts';
import { messageOf } from './errors.ts';

export interface SamplerUsage {
  /** CPU the sampling process has used since it started. */
  readonly cpuSeconds: number;
  /** Deadlines that passed before their sample was taken, and were left out rather than made up for. */
  readonly missedTicks: number;
}

export interface Sampler {
  readonly pid: number;
  /** Starts a series: a first sample now, then one per tick. Rejects when a file cannot be opened. */
  watch(id: string, meter: MeterDescription): Promise<void>;
  /** Takes a last sample and ends the series. Rejects for an id that is not watched. */
  unwatch(id: string): Promise<Series>;
  usage(): Promise<SamplerUsage>;
  /** CPU of the process so far in the kernel's ticks of 10 ms, at once: for a trial's account of foreign load. */
  cpuSeconds(): number;
  /** Ends the process; idempotent. */
  close(): Promise<SamplerUsage>;
}

export type SamplerRequest =
  | { readonly kind: 'watch'; readonly id: string; readonly meter: MeterDescription }
  | { readonly kind: 'unwatch'; readonly id: string }
  | { readonly kind: 'usage' };

/** One reply per request, in the order of the requests. */
export type SamplerReply =
  | { readonly kind: 'watching' }
  | { readonly kind: 'series'; readonly series: Series }
  | { readonly kind: 'usage'; readonly usage: SamplerUsage }
  | { readonly kind: 'failed'; readonly message: string };

/** Starts the sampling process, `hertz` samples of every watched group per second. It dies with this process. */
export async function startSampler({ hertz = 10 }: { readonly hertz?: number } = {}): Promise<Sampler> {
  // The sibling has this file's own ending: .ts in a checkout, .js when compiled.
  const program = fileURLToPath(new URL(`./sampler-process${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', program, String(hertz)],
    // NODE_OPTIONS may ask for a debugger or a preload, which are meant for tare and not for its meter.
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const waiting: ((reply: SamplerReply) => void)[] = [];
  let complaint = '';
  let ended: string | null = null;
  const exited = new Promise<void>((resolve) => {
    const end = (why: string) => {
      ended ??= `The sampler ended (${why}). ${complaint}`.trim();
      for (const settle of waiting.splice(0)) settle({ kind: 'failed', message: ended });
      resolve();
    };
    child.once('error', (error) => end(messageOf(error)));
    child.once('close', (code, signal) => end(signal ?? `exit ${String(code)}`));
  });
  child.stdin.on('error', () => undefined); // told by 'close', which settles what is waiting
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.(JSON.parse(line) as SamplerReply);
  });

  const ask = async <K extends SamplerReply['kind']>(
    request: SamplerRequest,
    kind: K,
  ): Promise<Extract<SamplerReply, { kind: K }>> => {
    if (ended !== null) throw new Error(ended);
    const reply = await new Promise<SamplerReply>((resolve) => {
      waiting.push(resolve);
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
    if (reply.kind === 'failed') throw new Error(reply.message);
    if (reply.kind !== kind) throw new Error(`The sampler answered ${reply.kind} to ${request.kind}.`);
    return reply as Extract<SamplerReply, { kind: K }>;
  };
  const usage = async () => (await ask({ kind: 'usage' }, 'usage')).usage;

  let lastCpuSeconds = 0;
  const cpuSeconds = (): number => {
    if (ended === null) lastCpuSeconds = processCpuSeconds(child.pid ?? 0) ?? lastCpuSeconds;
    return lastCpuSeconds;
  };

  let closing: Promise<SamplerUsage> | null = null;
  const close = async (): Promise<SamplerUsage> => {
    const last = await usage();
    child.stdin.end();
    await exited;
    return last;
  };

  await Promise.race([once(child, 'spawn'), exited]);
  await usage(); // the first reply proves that it runs, and keeps its start-up out of the first trial
  return {
    pid: child.pid ?? 0,
    watch: async (id, meter) => {
      await ask({ kind: 'watch', id, meter }, 'watching');
    },
    unwatch: async (id) => (await ask({ kind: 'unwatch', id }, 'series')).series,
    usage,
    cpuSeconds,
    close: () => (closing ??= close()),
  };
}
