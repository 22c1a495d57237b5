/**
 * What a noisy neighbour does, class by class (METHODOLOGY B17): stress-ng with the same work asked for on
 * every runner, whatever the limits. Each bounds itself in time, in memory and in files; the groups around
 * it and its end by force do so again from outside.
 */
import type { Bytes, Seconds } from '../../../model/quantities.ts';

export const stressorNames = [
  'cpu',
  'memory-allocation',
  'memory-bandwidth',
  'page-cache',
  'disk',
  'fsync',
  'fork',
  'inodes',
  'network',
] as const;
export type StressorName = (typeof stressorNames)[number];

export interface StressorSize {
  /** Enough to fill every CPU of the host. */
  readonly workers: number;
  /** Asked for in all by what allocates memory: more than an instance's own cap. */
  readonly memoryBytes: Bytes;
  /** Cap on processes that forks shall meet. */
  readonly pids: number;
  /** Folder inside for what is written. */
  readonly folder: string;
  /** After which it ends by itself. */
  readonly seconds: Seconds;
}

interface Stressor {
  readonly title: string;
  /** What it takes from its neighbours, for a reader. */
  readonly takes: string;
  readonly arguments: (size: StressorSize) => readonly string[];
}

const mebibyte = 2 ** 20;

/** Files of one worker: together less than any volume, and on a memory-backed root less than any cap. */
const fileBytes = 16 * mebibyte;

export const stressors: Readonly<Record<StressorName, Stressor>> = {
  cpu: {
    title: 'CPU',
    takes: 'CPU time: busy loops, two per CPU of the host',
    arguments: ({ workers }) => ['--cpu', String(workers)],
  },
  'memory-allocation': {
    title: 'Memory allocation',
    takes: 'memory: maps, fills and frees twice what its instance may have',
    arguments: ({ memoryBytes }) => ['--vm', '2', '--vm-bytes', String(Math.round(memoryBytes))],
  },
  'memory-bandwidth': {
    title: 'Memory bandwidth',
    takes: 'memory bandwidth and the last-level cache',
    arguments: ({ workers }) => [
      '--memrate',
      String(Math.max(1, Math.ceil(workers / 2))),
      '--memrate-bytes',
      String(64 * mebibyte),
    ],
  },
  'page-cache': {
    title: 'Page cache',
    takes: 'page cache: reads files in and throws them out again',
    arguments: () => ['--readahead', '2', '--readahead-bytes', String(4 * fileBytes)],
  },
  disk: {
    title: 'Disk',
    takes: 'disk bandwidth: random 64 KiB writes that wait for the disk',
    arguments: () => [
      ...['--hdd', '2', '--hdd-bytes', String(fileBytes)],
      ...['--hdd-write-size', String(64 * 1024), '--hdd-opts', 'wr-rnd,dsync'],
    ],
  },
  fsync: {
    title: 'fsync',
    takes: 'the journal and the disk’s flushes: fsync after every 4 KiB',
    arguments: () => [
      ...['--hdd', '2', '--hdd-bytes', String(fileBytes / 4)],
      ...['--hdd-write-size', '4096', '--hdd-opts', 'wr-seq,fsync'],
    ],
  },
  fork: {
    title: 'Fork',
    takes: 'process slots and the scheduler: twice as many children as its cap allows',
    arguments: ({ workers, pids }) => [
      ...['--fork', String(workers)],
      ...['--fork-max', String(Math.ceil((2 * pids) / workers))],
    ],
  },
  inodes: {
    title: 'Inodes',
    takes: 'directory entries and inodes: files made, looked up and removed',
    arguments: () => ['--dentry', '2', '--dentries', '1024'],
  },
  network: {
    title: 'Network',
    takes: 'the network stack: datagrams over its own loopback',
    arguments: () => ['--udp', '2'],
  },
};

/** The command line of one stressor; ends by itself after `size.seconds`, whoever is still there to stop it. */
export function stressCommand(name: StressorName, size: StressorSize): readonly string[] {
  return [
    'stress-ng',
    ...stressors[name].arguments(size),
    '--timeout',
    `${Math.ceil(size.seconds)}s`,
    '--temp-path',
    size.folder,
  ];
}
