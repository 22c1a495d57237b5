/** Published instances of known optimum, packed and proven. */
import { expect, test } from 'vitest';
import { checkPacking } from './check.ts';
import { pack } from './prove.ts';
import { published } from './testing/published.ts';

test.each(published)('$name is packed into its $optimum bins, proven', async ({ optimum, problem }) => {
  expect(problem.items.reduce((sum, { count }) => sum + count, 0)).toBe(120);
  const packing = await pack(problem, { seconds: 10 });
  expect(checkPacking(problem, packing)).toEqual([]);
  expect(packing).toMatchObject({ count: optimum, countBound: optimum, optimal: true });
});
