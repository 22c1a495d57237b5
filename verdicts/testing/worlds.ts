/** Runs for tests of verdicts: built records with names, hosts and costs of one's choice. */
import { buildRecord, builtRunners, type RecordRequest } from '../../bench/record/testing/builder.ts';
import type { RecordedTrial } from '../../model/record.ts';
import { runOf, type Run } from '../runs.ts';

export interface Wanted extends RecordRequest {
  /** Name of the run; also its seed. */
  readonly id?: number;
  /** Factor on the time to ready of the namespace runner. */
  readonly slower?: number;
  /** Factor on everything of this run: host drift. */
  readonly drift?: number;
  readonly host?: string;
}

/** One run of processes, namespaces and emulated VMs; the namespaces' start may be slower. */
export function world({ id = 1, slower = 1, drift = 1, host, ...request }: Wanted = {}): Run {
  const runners = builtRunners.map((runner) => ({
    ...runner,
    readySeconds: runner.readySeconds * drift * (runner.id === 'namespace' ? slower : 1),
    throughput: runner.throughput / drift,
  }));
  const plain = buildRecord({ runners, ...request, seed: id });
  const other =
    host === undefined
      ? plain.header.host
      : {
          ...plain.header.host,
          hostname: host,
          hash: host,
          must: { ...plain.header.host.must, 'cpu.model': host },
        };
  const header = {
    ...plain.header,
    host: other,
    runId: `run-${id}`,
    startedAt: new Date(Date.UTC(2026, 0, id)).toISOString(),
    cells: plain.header.cells.map((cell) => ({ workDigest: 'same work', ...cell })),
    ...request.header,
  };
  const end = plain.end === null ? null : { ...plain.end, hostHashAfter: other.hash };
  return runOf({ ...plain, header, end }, `results/run-${id}`);
}

/** Another value of one metric's samples in one runner's launches. */
export function withSamples(
  metric: string,
  change: (value: number, trial: RecordedTrial) => number,
): (trial: RecordedTrial) => RecordedTrial {
  return (trial) => ({
    ...trial,
    samples: trial.samples.map((sample) =>
      sample.metric === metric ? { ...sample, value: change(sample.value, trial) } : sample,
    ),
  });
}
