/**
 * The meter's near end: the sampling process's requests and replies.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Series } from '../../model/instance.ts';
import type { MeterDescription } from './meter.ts';
import { startLineProcess, type FailedReply } from '../line-process.ts';

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
  | FailedReply;

/** Starts the sampling process, `hertz` samples of every watched group per second. It dies with this process. */
export async function startSampler({ hertz = 10 }: { readonly hertz?: number } = {}): Promise<Sampler> {
  // The sibling has this file's own ending: .ts in a checkout, .js when compiled.
  const program = fileURLToPath(new URL(`./sampler-process${extname(import.meta.url)}`, import.meta.url));
  const child = startLineProcess<SamplerReply>('sampler', [
    ...[process.execPath, '--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'],
    ...[program, String(hertz)],
  ]);
  const ask = async <K extends SamplerReply['kind']>(
    request: SamplerRequest,
    kind: K,
  ): Promise<Extract<SamplerReply, { kind: K }>> => {
    const reply: SamplerReply = await child.ask(JSON.stringify(request));
    if (reply.kind !== kind) throw new Error(`the sampler answered ${reply.kind} to ${request.kind}`);
    return reply as Extract<SamplerReply, { kind: K }>;
  };
  const usage = async () => (await ask({ kind: 'usage' }, 'usage')).usage;

  let closing: Promise<SamplerUsage> | null = null;
  const close = async (): Promise<SamplerUsage> => {
    const last = await usage();
    await child.end();
    return last;
  };

  await usage(); // the first reply proves that it runs, and keeps its start-up out of the first trial
  return {
    pid: child.pid,
    watch: async (id, meter) => {
      await ask({ kind: 'watch', id, meter }, 'watching');
    },
    unwatch: async (id) => (await ask({ kind: 'unwatch', id }, 'series')).series,
    usage,
    cpuSeconds: child.cpuSeconds,
    close: () => (closing ??= close()),
  };
}
