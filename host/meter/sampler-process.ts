/**
 * The meter itself: a small process that reads the watched groups' files at absolute deadlines, so that a late
 * tick does not delay those after it, and stamps each sample with its own time. Requests come as JSON lines on
 * stdin, one reply each on stdout; the end of stdin (its parent is gone, too) ends it.
 */
import { createInterface } from 'node:readline';
import type { Series } from '../../model/instance.ts';
import type { SamplerReply, SamplerRequest } from './sampler.ts';
import { messageOf } from '../../model/errors.ts';
import { monotonicSeconds } from '../clock.ts';
import { openMeter, type Meter, type MeterDescription } from './meter.ts';

/** A series being taken. A quantity that the host does not give stays an empty list. */
interface Watched {
  readonly meter: Meter;
  readonly at: number[];
  readonly cpuSeconds: number[];
  readonly memoryBytes: number[];
  /** The group has gone; what was read before stays. */
  gone: boolean;
}

const period = 1 / Number(process.argv[2]);
const watched = new Map<string, Watched>();
let missedTicks = 0;
let deadline = 0;
let timer: NodeJS.Timeout | null = null;

function sample(one: Watched): void {
  if (one.gone) return;
  const reading = one.meter.read();
  if (reading === null) {
    one.gone = true;
    return;
  }
  one.at.push(round(monotonicSeconds()));
  if (reading.cpuSeconds !== null) one.cpuSeconds.push(round(reading.cpuSeconds));
  if (reading.memoryBytes !== null) one.memoryBytes.push(reading.memoryBytes);
}

/** To microseconds: finer digits are noise, and cost a third of the record's size. */
function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function tick(): void {
  for (const one of watched.values()) sample(one);
  const late = Math.floor((monotonicSeconds() - deadline) / period);
  missedTicks += Math.max(0, late);
  deadline += (Math.max(0, late) + 1) * period;
  schedule();
}

function schedule(): void {
  timer = setTimeout(tick, Math.max(0, (deadline - monotonicSeconds()) * 1000));
}

function watch(id: string, description: MeterDescription): void {
  if (watched.has(id)) throw new Error(`"${id}" is being watched already.`);
  const one = { meter: openMeter(description), at: [], cpuSeconds: [], memoryBytes: [], gone: false };
  watched.set(id, one);
  sample(one);
  if (timer !== null) return;
  deadline = monotonicSeconds() + period;
  schedule();
}

function unwatch(id: string): Series {
  const one = watched.get(id);
  if (one === undefined) throw new Error(`"${id}" is not being watched.`);
  sample(one);
  one.meter.close();
  watched.delete(id);
  if (watched.size === 0 && timer !== null) {
    clearTimeout(timer);
    timer = null; // an idle meter costs nothing
  }
  return { at: one.at, cpuSeconds: one.cpuSeconds, memoryBytes: one.memoryBytes };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function answer(request: SamplerRequest): SamplerReply {
  try {
    switch (request.kind) {
      case 'watch':
        watch(request.id, request.meter);
        return { kind: 'watching' };
      case 'unwatch':
        return { kind: 'series', series: unwatch(request.id) };
      case 'usage':
        return { kind: 'usage', usage: { cpuSeconds: cpuSeconds(), missedTicks } };
    }
  } catch (error) {
    return { kind: 'failed', message: messageOf(error) };
  }
}

// Ctrl-C reaches the whole foreground group; the parent still wants the last series, and then ends stdin.
process.on('SIGINT', () => undefined);
process.stdout.on('error', () => process.exit(0));
createInterface({ input: process.stdin })
  .on('line', (line) =>
    process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as SamplerRequest))}\n`),
  )
  .on('close', () => process.exit(0));
