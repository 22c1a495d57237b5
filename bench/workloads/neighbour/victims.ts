/**
 * What a noisy neighbour disturbs: small real programs whose speed (and, where they tell it, latency) is read
 * the same way alone, beside an idle neighbour and beside each stressor.
 */
import type { VictimValue } from '../../../model/observation.ts';
import type { Seconds, Unit } from '../../../model/quantities.ts';
import { cpu } from '../cpu.ts';
import { services } from '../services.ts';
import type { Victim } from './design.ts';
import { checkClock, numberIn, UnreadableOutput } from '../output.ts';

export const victimNames = ['cpu', 'redis', 'fsync', 'fork'] as const;
export type VictimName = (typeof victimNames)[number];

const rate = (value: number): VictimValue => ({ name: 'throughput', unit: '1/s', better: 'higher', value });
const latency = (name: 'p50' | 'p99', value: number, unit: Unit = 's'): VictimValue => ({
  name,
  unit,
  better: 'lower',
  value,
});

/** Whole seconds: sysbench and stress-ng know no others. */
const whole = (seconds: Seconds): number => Math.max(1, Math.round(seconds));

/** redis-benchmark counts requests, not time: so many per second asked for, that no runner is done at once. */
const requestsPerSecond = 10_000;

export const victims: Readonly<Record<VictimName, Victim>> = {
  cpu: {
    title: 'sysbench cpu',
    programs: ['sysbench'],
    service: null,
    values: ['throughput'],
    command: (seconds, shape) => cpu.command({ duration: seconds }, shape, null),
    parse(measured, seconds) {
      const events = cpu
        .parse(measured, { duration: seconds })
        .find(({ metric }) => metric === 'cpu.events')?.value;
      if (events === undefined) throw new UnreadableOutput('sysbench cpu', 'events', measured.result.stdout);
      return [rate(events)];
    },
  },
  redis: {
    title: 'redis, SET from 8 clients',
    programs: ['redis-server', 'redis-benchmark'],
    service: services['redis'] ?? null,
    values: ['throughput', 'p50', 'p99'],
    command: (seconds) => [
      ...['redis-benchmark', '-p', String(services['redis']?.port), '-t', 'set', '-c', '8', '--csv'],
      ...['-n', String(Math.round(requestsPerSecond * seconds))],
    ],
    parse({ result: { stdout } }) {
      // "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max..."
      const row = stdout.split('\n').find((line) => line.startsWith('"SET"'));
      const fields = (row ?? '').split(',').map((field) => Number(field.replaceAll('"', '')));
      const [, perSecond, , , p50, , p99] = fields;
      if (perSecond === undefined || p50 === undefined || p99 === undefined || !(perSecond > 0)) {
        throw new UnreadableOutput('redis-benchmark', 'SET row', stdout);
      }
      return [rate(perSecond), latency('p50', p50 / 1000), latency('p99', p99 / 1000)];
    },
  },
  fsync: {
    title: 'fio, 4 KiB writes each followed by fsync',
    programs: ['fio'],
    service: null,
    values: ['throughput', 'p50', 'p99'],
    command: (seconds, _shape, folder) => [
      ...['fio', '--name=fsync', `--directory=${folder}`, '--rw=write', '--bs=4k', '--size=8m'],
      ...['--fsync=1', '--ioengine=psync', '--time_based', `--runtime=${whole(seconds)}`],
      ...['--thread', '--allow_file_create=1', '--unlink=1', '--output-format=json'],
    ],
    parse(measured) {
      const { stdout } = measured.result;
      const job = fsyncJob(stdout);
      checkClock('fio', job.seconds, measured);
      return [rate(job.iops), latency('p50', job.p50), latency('p99', job.p99)];
    },
  },
  fork: {
    title: 'stress-ng fork',
    programs: ['stress-ng'],
    service: null,
    values: ['throughput'],
    command: (seconds, shape, folder) => [
      ...['stress-ng', '--fork', String(shape.cpus), '--timeout', `${whole(seconds)}s`],
      ...['--metrics', '--temp-path', folder],
    ],
    parse(measured) {
      const text = `${measured.result.stdout}\n${measured.result.stderr}`;
      const row = /\] fork\s+\d+\s+([\d.]+)\s+[\d.]+\s+[\d.]+\s+([\d.]+)/;
      checkClock('stress-ng fork', numberIn(text, row, 'stress-ng fork', 'metrics row'), measured);
      const perSecond = Number(row.exec(text)?.[2]);
      if (!(perSecond > 0)) throw new UnreadableOutput('stress-ng fork', 'metrics row', text);
      return [rate(perSecond)];
    },
  },
};

/** The numbers of fio's JSON; a warning may stand before it. */
function fsyncJob(stdout: string): { iops: number; p50: number; p99: number; seconds: number } {
  const unreadable = () => new UnreadableOutput('fio', 'JSON report', stdout);
  let report: unknown;
  try {
    report = JSON.parse(stdout.slice(stdout.indexOf('{')));
  } catch {
    throw unreadable();
  }
  const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
    path.reduce<unknown>(
      (found, key) =>
        typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined,
      value,
    );
  const job = at(report, 'jobs', 0);
  const iops = at(job, 'write', 'iops');
  const p50 = at(job, 'sync', 'lat_ns', 'percentile', '50.000000');
  const p99 = at(job, 'sync', 'lat_ns', 'percentile', '99.000000');
  const milliseconds = at(job, 'write', 'runtime');
  if (
    typeof iops !== 'number' ||
    typeof p50 !== 'number' ||
    typeof p99 !== 'number' ||
    typeof milliseconds !== 'number' ||
    iops <= 0
  ) {
    throw unreadable();
  }
  return { iops, p50: p50 / 1e9, p99: p99 / 1e9, seconds: milliseconds / 1000 };
}
