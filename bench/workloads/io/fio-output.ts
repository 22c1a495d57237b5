/**
 * fio's `json+` report as numbers: rates, counts and latency histograms. The report comes from inside the
 * instance, so nothing of it is taken on trust: every number is checked before anything is made of it.
 */
import { z } from 'zod';
import type { Distribution } from '../../../model/observation.ts';
import { UnreadableOutput } from '../output.ts';

const count = z.number().nonnegative();
const latency = z.looseObject({
  N: count,
  /** Nanoseconds -> how often; absent where fio was not asked for it or saw nothing. */
  bins: z.record(z.string().regex(/^\d+$/), count).default({}),
});
const direction = z.looseObject({
  bw_bytes: count,
  iops: count,
  /** Milliseconds. */
  runtime: count,
  total_ios: count,
  lat_ns: latency,
});
const report = z.looseObject({
  jobs: z
    .array(
      z.looseObject({
        error: z.number(),
        read: direction,
        write: direction,
        sync: z.looseObject({ total_ios: count, lat_ns: latency }),
      }),
    )
    .length(1),
});

/** What one fio run with `--group_reporting` did. */
export type FioJob = z.infer<typeof report>['jobs'][number];
export type FioLatency = z.infer<typeof latency>;

/** @throws UnreadableOutput where it is no report, or one of an error */
export function readFioReport(stdout: string): FioJob {
  // fio puts notes before its report, e.g. on queue depths.
  const start = stdout.indexOf('{');
  let parsed: unknown;
  try {
    parsed = JSON.parse(stdout.slice(Math.max(start, 0)));
  } catch {
    throw new UnreadableOutput('fio', 'json+ report', stdout);
  }
  const { data } = report.safeParse(parsed);
  const [job] = data?.jobs ?? [];
  if (job === undefined) throw new UnreadableOutput('fio', 'report with one group of jobs', stdout);
  if (job.error !== 0) throw new UnreadableOutput('fio', 'report without an error', `error ${job.error}`);
  return job;
}

/**
 * fio's buckets as [highest value in seconds, count], ascending. Below 128 ns a bucket is one nanosecond;
 * above, each power of two is cut into 64, and fio names a bucket by its middle (stat.c, plat_idx_to_val):
 * half a width is added, so that a percentile read from it is an upper bound, as the record's form demands.
 * @throws UnreadableOutput where buckets are missing
 */
export function latencyBins({ N, bins }: FioLatency): Distribution['bins'] {
  const counted = Object.values(bins).reduce((sum, times) => sum + times, 0);
  if (counted !== N) {
    throw new UnreadableOutput('fio', 'whole histogram', `${counted} samples in its buckets, ${N} in all`);
  }
  return Object.entries(bins)
    .map(([name, times]): [number, number] => [highestOf(Number(name)) / 1e9, times])
    .filter(([, times]) => times > 0)
    .sort(([a], [b]) => a - b);
}

function highestOf(middle: number): number {
  if (middle < 128) return middle;
  const width = 2 ** (Math.floor(Math.log2(middle)) - 6);
  return middle + width / 2 - 1;
}
