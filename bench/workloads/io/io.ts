/**
 * I/O: fio on the instance's writable root or on its volume. The file or device is filled first, untimed and
 * with the same I/O, so that no read finds a hole and no write has to allocate; then the pattern runs for its
 * time. Latencies are from submission to completion: for an engine that blocks while submitting, the
 * completion alone would hide the wait.
 */
import { z } from 'zod';
import { duration, size } from '../../../model/quantity-options.ts';
import type { Observation } from '../../../model/observation.ts';
import type { Sample } from '../../../model/record.ts';
import type { VolumeSpec } from '../../../model/scenario.ts';
import { formatValue } from '../../../model/units.ts';
import { latencyBins, readFioReport, type FioJob, type FioLatency } from './fio-output.ts';
import { metricsOf, patterns, type Pattern } from './metrics.ts';
import { checkClock, UnreadableOutput, type Measured } from '../output.ts';
import type { CommandWorkload } from '../workload.ts';

const schema = z.strictObject({
  pattern: z
    .enum(patterns)
    .default('randread')
    .describe('fsync: each write is followed by fsync, whose latency is what counts.'),
  blockSize: size.optional().describe('Default: 4KiB, in sequential patterns 128KiB.'),
  depth: z.int().min(1).max(4096).default(1).describe('I/Os in flight per job.'),
  jobs: z.int().min(1).max(64).default(1).describe('Threads; each has a part of the file for itself.'),
  size: size.prefault('64MiB').describe('Bytes worked on, by all jobs together.'),
  duration: duration.prefault('5s').describe('How long the pattern runs.'),
  direct: z
    .boolean()
    .optional()
    .describe('O_DIRECT: past the page cache inside. Default: on volumes, but not in the pattern fsync.'),
  engine: z
    .enum(['psync', 'libaio', 'io_uring'])
    .optional()
    .describe('Default: psync for depth 1, else libaio, or io_uring without direct.'),
  target: z
    .enum(['root', 'volume'])
    .default('volume')
    .describe("root: the instance's writable layer, in memory for containers and VMs."),
  fsync: z.int().min(0).default(0).describe('fsync after so many writes; 0: never.'),
});
type Given = z.infer<typeof schema>;

/** Options with every default decided. */
type Settled = { readonly [K in keyof Given]-?: NonNullable<Given[K]> };

function settle(given: Given): Settled {
  const { pattern, target, depth } = given;
  const direct = given.direct ?? (target === 'volume' && pattern !== 'fsync');
  const sequential = pattern === 'read' || pattern === 'write';
  return {
    ...given,
    direct,
    blockSize: given.blockSize ?? (sequential ? 128 : 4) * 1024,
    engine: given.engine ?? (depth === 1 ? 'psync' : direct ? 'libaio' : 'io_uring'),
    fsync: pattern === 'fsync' ? 1 : given.fsync,
  };
}

const options = schema.superRefine((given, context) => {
  const { engine, depth, direct, jobs, blockSize, pattern } = settle(given);
  const problem = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message, input: given });
  if (engine === 'psync' && depth > 1) {
    problem('depth', `psync has one I/O in flight per job, got ${depth}; use engine: libaio or io_uring`);
  }
  if (engine === 'libaio' && depth > 1 && !direct) {
    problem('engine', 'libaio queues direct I/O only and would wait for each; use io_uring, or direct: true');
  }
  if (given.size / jobs < blockSize) {
    problem(
      'size',
      `${formatValue(given.size, 'B')} are less than one block of ${formatValue(blockSize, 'B')} per job`,
    );
  }
  if (given.fsync > 0 && (pattern === 'read' || pattern === 'randread')) {
    problem('fsync', `nothing is written in the pattern ${pattern}; remove it`);
  }
});

// ---------------------------------------------------------------- command lines

/** fio splits file names at colons. */
function fileFor({ target }: Settled, volume: string | null, kind: VolumeSpec['kind'] | null): string {
  if (target === 'root') return 'tare.fio';
  if (volume === null) throw new Error('fio was given no volume');
  return (kind === 'block' ? volume : `${volume}/tare.fio`).replaceAll(':', '\\:');
}

const quiet = ['--thread', '--eta=never', '--fallocate=none'];

export const fio: CommandWorkload<Given> = {
  kind: 'command',
  id: 'fio',
  family: 'io',
  title: 'fio',
  programs: ['fio'],
  options,
  metrics: patterns.flatMap(metricsOf),
  metricsFor: ({ pattern }) => metricsOf(pattern),
  // Filling at 200 MB/s, and fio's own start.
  estimateSeconds: (given) => given.duration + 1 + given.size / 2e8,
  problem: (given, volume) => {
    if (given.target === 'root') return null;
    if (volume === null)
      return 'works on a volume, and the workload has none: give it `volume:`, or `target: root`';
    // ext4 keeps 5 % for root and about as much for itself.
    const room = volume.kind === 'filesystem' ? volume.sizeBytes * 0.85 : volume.sizeBytes;
    if (volume.kind === 'directory' || given.size <= room) return null;
    return `works on ${formatValue(given.size, 'B')}, and a volume of ${formatValue(volume.sizeBytes, 'B')} holds ${formatValue(room, 'B')}: make one of them fit`;
  },
  setup: (given, _shape, volume) => {
    const settled = settle(given);
    return [
      'fio',
      '--name=fill',
      `--filename=${fileFor(settled, volume?.place ?? null, volume?.kind ?? null)}`,
      '--rw=write',
      `--bs=${Math.min(2 ** 20, settled.blockSize * Math.floor(given.size / settled.blockSize))}`,
      `--size=${given.size}`,
      `--direct=${settled.target === 'volume' ? 1 : Number(settled.direct)}`,
      '--ioengine=psync',
      '--end_fsync=1',
      ...quiet,
    ];
  },
  command: (given, _shape, volume) => {
    const settled = settle(given);
    const { pattern, blockSize, jobs, depth, engine, direct, fsync } = settled;
    const part = Math.floor(given.size / jobs / blockSize) * blockSize;
    return [
      'fio',
      `--name=${pattern}`,
      `--filename=${fileFor(settled, volume?.place ?? null, volume?.kind ?? null)}`,
      `--rw=${pattern === 'fsync' ? 'write' : pattern}`,
      `--bs=${blockSize}`,
      `--size=${part}`,
      ...(jobs === 1 ? [] : [`--numjobs=${jobs}`, `--offset_increment=${part}`]),
      `--iodepth=${depth}`,
      `--ioengine=${engine}`,
      `--direct=${Number(direct)}`,
      ...(fsync === 0 ? [] : [`--fsync=${fsync}`]),
      `--runtime=${Math.round(given.duration * 1000)}ms`,
      '--time_based',
      '--group_reporting',
      '--lat_percentiles=1',
      '--clat_percentiles=0',
      '--output-format=json+',
      ...quiet,
    ];
  },
  explain: (text, given) => explainFailure(text, settle(given)),
  parse: (measured, { pattern }) => samplesOf(readJob(measured), pattern, measured.cpuSeconds),
  observe: ({ result }, { pattern }) => distributionsOf(readFioReport(result.stdout), pattern),
};

// ---------------------------------------------------------------- reading

/** What fio's words of a failure mean for the scenario; null: they say it themselves, or nobody knows. */
function explainFailure(text: string, { target, direct, engine, size: bytes }: Settled): string | null {
  if (/No space left on device/i.test(text)) {
    return `no space for its file of ${formatValue(bytes, 'B')}: make \`size\` smaller, or the ${target === 'root' ? "shape's memory, which holds the writable layer," : 'volume'} larger`;
  }
  if (direct && /Invalid argument|O_DIRECT|direct=1/i.test(text)) {
    return target === 'root'
      ? 'direct I/O was refused: the writable layer is in memory; set `direct: false`, or use `target: volume`'
      : 'direct I/O was refused: `blockSize` must be a multiple of the sector size (512 or 4096 bytes), or set `direct: false`';
  }
  if (engine === 'io_uring' && /not permitted|not implemented|ENOSYS|EPERM/i.test(text)) {
    return 'io_uring is not available inside (kernel.io_uring_disabled, or a seccomp filter): use `engine: libaio`';
  }
  return null;
}

function readJob(measured: Measured): FioJob {
  const job = readFioReport(measured.result.stdout);
  checkClock('fio', Math.max(job.read.runtime, job.write.runtime) / 1000, measured);
  return job;
}

function samplesOf(job: FioJob, pattern: Pattern, cpuSeconds: number | null): Sample[] {
  const done = job.read.total_ios + job.write.total_ios;
  const syncs = job.sync.total_ios;
  if (done === 0 || (pattern === 'fsync' && syncs === 0)) {
    throw new UnreadableOutput('fio', 'finished I/O', `${done} I/Os and ${syncs} fsyncs in its time`);
  }
  const samples: Sample[] = [{ metric: `io.${pattern}-${rateName[pattern]}`, value: rateOf(job, pattern) }];
  if (cpuSeconds !== null) samples.push({ metric: `io.${pattern}-cost`, value: cpuSeconds / done });
  return samples;
}

const rateName: Readonly<Record<Pattern, 'iops' | 'bandwidth' | 'rate'>> = {
  randread: 'iops',
  randwrite: 'iops',
  randrw: 'iops',
  read: 'bandwidth',
  write: 'bandwidth',
  fsync: 'rate',
};

function rateOf({ read, write }: FioJob, pattern: Pattern): number {
  if (pattern === 'read') return read.bw_bytes;
  if (pattern === 'write') return write.bw_bytes;
  return read.iops + write.iops;
}

function distributionsOf(job: FioJob, pattern: Pattern): Observation[] {
  const parts: readonly (readonly [string, FioLatency])[] =
    pattern === 'fsync'
      ? [['fsync', job.sync.lat_ns]]
      : pattern === 'randrw'
        ? [
            ['randrw-read', job.read.lat_ns],
            ['randrw-write', job.write.lat_ns],
          ]
        : [[pattern, pattern === 'read' || pattern === 'randread' ? job.read.lat_ns : job.write.lat_ns]];
  return parts.map(([id, latency]) => ({
    kind: 'distribution',
    metric: `io.${id}-latency`,
    bins: latencyBins(latency),
  }));
}
