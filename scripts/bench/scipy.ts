/**
 * The same two sides compared by SciPy, in this run: ratio of medians with a percentile bootstrap of 10,000
 * resamples and the rank test, for each metric. A peer to read our own time against; null where it is not
 * available.
 */
import { runTool } from '../../host/exec.ts';

export interface Peer {
  readonly version: string;
  readonly seconds: number;
  readonly residentBytes: number;
  /** Lower and upper ends of the 95 % interval, one pair per metric. */
  readonly intervals: readonly (readonly [number, number])[];
}

const program = `
import json, resource, sys, time
import numpy, scipy
from scipy import stats
sides = json.load(sys.stdin)
rng = numpy.random.default_rng(1)
start = time.perf_counter()
found = []
for base, head in sides:
    one, other = numpy.array(head), numpy.array(base)
    ratio = lambda a, b, axis: numpy.median(a, axis=axis) / numpy.median(b, axis=axis)
    made = stats.bootstrap((one, other), ratio, n_resamples=10000, method='percentile', vectorized=True,
                           batch=1000, rng=rng)
    stats.mannwhitneyu(one, other)
    found.append([made.confidence_interval.low, made.confidence_interval.high])
seconds = time.perf_counter() - start
print(json.dumps({'version': 'SciPy ' + scipy.__version__ + ', NumPy ' + numpy.__version__, 'seconds': seconds,
                  'residentBytes': 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 'intervals': found}))
`;

/** @param sides base and head of each metric */
export async function bySciPy(
  sides: readonly (readonly [readonly number[], readonly number[]])[],
): Promise<Peer | null> {
  const { exitCode, stdout } = await runTool(['python3', '-c', program], {
    input: JSON.stringify(sides),
    timeoutSeconds: 600,
  });
  return exitCode === 0 ? (JSON.parse(stdout) as Peer) : null;
}
