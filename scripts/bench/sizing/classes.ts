/** How often the packer is at the optimum, and proves it, on instances drawn by the generators of published classes. */
import { checkPacking } from '../../../sizing/packing/check.ts';
import { pack } from '../../../sizing/packing/prove.ts';
import {
  hard,
  schwerin,
  uniform,
  vectorClass,
  vectorTriplets,
  type Instance,
} from '../../../sizing/packing/testing/classes.ts';
import type { Row } from '../row.ts';

const seeds = [1, 2, 3, 4, 5];
const seconds = 3;

const sets: readonly (readonly [string, (seed: number) => Instance[]])[] = [
  [
    'one dimension: u120, u500, Schwerin',
    (seed) => [uniform(seed, 120), uniform(seed, 500), schwerin(seed, 120)],
  ],
  ['one dimension: hard', (seed) => [hard(seed)]],
  [
    'vectors, Caprara and Toth 1 to 10, n <= 100',
    (seed) =>
      [25, 50, 100].flatMap((n) => Array.from({ length: 10 }, (_, at) => vectorClass(seed, at + 1, n))),
  ],
  [
    'vector triplets, n = 60 and 120, 3 and 5 dimensions',
    (seed) => [60, 120].flatMap((n) => [3, 5].map((d) => vectorTriplets(seed, n, d))),
  ],
  [
    'vector triplets, n = 249 and 501, 3 and 5 dimensions',
    (seed) => [249, 501].flatMap((n) => [3, 5].map((d) => vectorTriplets(seed, n, d))),
  ],
];

export async function classRows(say: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, make] of sets) {
    say(`sizing: ${name}`);
    let [n, optimal, proven, sum, most] = [0, 0, 0, 0, 0];
    for (const { problem, optimum } of seeds.flatMap(make)) {
      const packing = await pack(problem, { seconds });
      const [fault] = checkPacking(problem, packing);
      if (fault !== undefined) throw new Error(`${name}: ${fault}`);
      // Where the optimum is not known from how it was made, the bound stands for it: never too favourable.
      const least = optimum ?? packing.countBound;
      const gap = (packing.count - least) / least;
      n += 1;
      optimal += gap <= 0 ? 1 : 0;
      proven += packing.optimal ? 1 : 0;
      sum += gap;
      most = Math.max(most, gap);
    }
    const percent = (share: number, digits = 0) => `${(100 * share).toFixed(digits)} %`;
    rows.push({
      what: `${name}, ${String(seconds)} s each`,
      value: `optimum ${percent(optimal / n)}, proven ${percent(proven / n)}, mean gap ${percent(sum / n, 2)}, largest ${percent(most, 1)}`,
      n,
      goal: '',
      met: null,
    });
  }
  return rows;
}
