/**
 * What sizing's packing costs and how near it comes to its bound: time, memory and gap for 100 to 1,000,000
 * instances of six resources, against first-fit and best-fit decreasing and an assignment program on the same
 * instances in the same run. Each peer's gap is to our bound, which holds for all of them.
 */
import { monotonicSeconds } from '../../host/clock.ts';
import { combinatorialBound } from '../../sizing/packing/bounds.ts';
import { checkPacking } from '../../sizing/packing/check.ts';
import { packByFit } from '../../sizing/packing/first-fit.ts';
import { openSolver } from '../../sizing/packing/highs.ts';
import type { Packing, Problem } from '../../sizing/packing/model.ts';
import { prepare } from '../../sizing/packing/prepare.ts';
import { pack } from '../../sizing/packing/prove.ts';
import { toPacking } from '../../sizing/packing/result.ts';
import { demandWeights } from '../../sizing/packing/search.ts';
import { estate, triplets } from '../../sizing/packing/testing/problems.ts';
import { published } from '../../sizing/packing/testing/published.ts';
import { boundRow, type Bench, type Row } from './row.ts';
import { classRows } from './sizing/classes.ts';
import { wholeRows } from './sizing/whole.ts';

/** Instances, shapes, kinds of host. */
const sizes = [
  [100, 40, 1],
  [100, 100, 3],
  [1000, 40, 1],
  [1000, 1000, 1],
  [10_000, 40, 3],
  [10_000, 10_000, 1],
  [100_000, 40, 1],
  [100_000, 40, 3],
  [100_000, 400, 1],
  [100_000, 100_000, 1],
  [1_000_000, 400, 1],
  [1_000_000, 1_000_000, 1],
] as const;
const assignmentSeconds = 10;
/** Beyond so many, the assignment program is larger than the solver takes in the time. */
const mostAssigned = 1000;

export const sizing: Bench = async (say) => {
  const rows: Row[] = [];
  const gaps: number[] = [];
  let memory = 0;
  for (const [instances, shapes, types] of sizes) {
    const problem = estate(7, instances, shapes, types);
    const label = `${instances.toLocaleString('en')} instances, ${shapes.toLocaleString('en')} shapes, ${String(types)} kinds`;
    say(`sizing: ${label}`);
    const start = monotonicSeconds();
    const packing = await pack(problem);
    const seconds = monotonicSeconds() - start;
    // The goal is for a hundred thousand; a million different shapes take more.
    if (instances <= 100_000) memory = Math.max(memory, process.memoryUsage().rss / 1e6);
    const faults = checkPacking(problem, packing);
    if (faults.length > 0) throw new Error(`${label}: ${faults[0] ?? ''}`);
    gaps.push(packing.gap);
    // Each shape meets each bin in them: a million of both never ends.
    const peers =
      shapes <= 100_000
        ? [percent('FFD', fit(problem, 'first'), packing), percent('BFD', fit(problem, 'best'), packing)]
        : ['FFD and BFD too slow'];
    if (instances <= mostAssigned && types === 1) peers.push(await assigned(problem, packing));
    rows.push({
      what: `packing ${label}: gap (peers)`,
      value: `${(100 * packing.gap).toFixed(2)} %${packing.optimal ? ', optimal' : ''} (${peers.join(', ')})`,
      n: 1,
      goal: '',
      met: null,
    });
    rows.push(boundRow(`packing ${label}`, seconds, 's', instances <= 100_000 ? 5 : null));
  }
  for (const { name, optimum, problem } of published) {
    const packing = await pack(problem);
    rows.push({
      what: `published ${name}, optimum ${String(optimum)}`,
      value: `${String(packing.count)} bins, bound ${String(packing.bound)}${packing.optimal ? ', proven optimal' : ''}`,
      n: 1,
      goal: '',
      met: packing.count === optimum ? null : false,
    });
  }
  for (const bins of [20, 40, 83, 167]) {
    const packing = await pack(triplets(1, bins));
    const value = `${String(packing.count)} bins, bound ${String(packing.bound)}${packing.optimal ? ', proven optimal' : ''}`;
    rows.push({
      what: `triplets of ${String(3 * bins)}, optimum ${String(bins)}`,
      value,
      n: 1,
      goal: '',
      met: null,
    });
  }
  const mean = (100 * gaps.reduce((sum, gap) => sum + gap, 0)) / gaps.length;
  rows.push(boundRow('mean gap to the bound', mean, '%', 1));
  rows.push(boundRow('most memory', memory, 'MB', 1000));
  return [...rows, ...(await classRows(say)), ...(await wholeRows(say))];
};

function fit(problem: Problem, kind: 'first' | 'best'): number {
  const prepared = prepare(problem);
  return toPacking(prepared, packByFit(prepared, kind, demandWeights(prepared)), combinatorialBound(prepared))
    .cost;
}

function percent(name: string, cost: number, { bound }: Packing): string {
  return `${name} ${((100 * (cost - bound)) / bound).toFixed(2)} %`;
}

/** The textbook program: how many of each shape in each bin, bins in order of use. For hosts of one kind. */
async function assigned({ items, bins, dimensions }: Problem, packing: Packing): Promise<string> {
  const [host] = bins;
  if (host === undefined) return '';
  const slots = Array.from({ length: packing.count + 1 }, (_, at) => at);
  const shapes = items.filter(({ count }) => count > 0);
  const sum = (terms: readonly string[]) => terms.join(' +\n');
  const rows = [
    ...shapes.map(
      ({ count }, i) => `${sum(slots.map((b) => `x${String(i)}_${String(b)}`))} = ${String(count)}`,
    ),
    ...slots.flatMap((b) =>
      dimensions.map((_, d) => {
        const used = sum(shapes.map(({ size }, i) => `${String(size[d] ?? 0)} x${String(i)}_${String(b)}`));
        return `${used} - ${String(host.capacity[d] ?? 0)} y${String(b)} <= 0`;
      }),
    ),
    ...slots.slice(1).map((b) => `y${String(b - 1)} - y${String(b)} >= 0`),
  ];
  const whole = slots.flatMap((b) => shapes.map((_, i) => `x${String(i)}_${String(b)}`));
  const used = slots.map((b) => `y${String(b)}`);
  const model = [
    'Minimize',
    sum(used),
    'Subject To',
    ...rows,
    'General',
    ...whole,
    'Binary',
    ...used,
    'End',
  ].join('\n');
  await using solver = openSolver();
  const { status, values } = await solver.solve(model, assignmentSeconds);
  const count = used.filter((name) => (values.get(name) ?? 0) > 0.5).length;
  if (count === 0) return `MILP none in ${String(assignmentSeconds)} s`;
  return `${percent('MILP', count * host.cost, packing)} (${status.toLowerCase()})`;
}
