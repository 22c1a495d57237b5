/** What stands in the way of a cell before its first launch. */
import { expect, test } from 'vitest';
import { fake } from '../../runners/fake.ts';
import { problemOf } from './cell-problems.ts';
import { cellsOf } from '../plan.ts';
import { parseScenario } from '../scenario/scenario.ts';
import { fakeSite } from '../instance/testing/site.ts';
import type { Tools } from '../instance/tools.ts';

test('a noisy neighbour is not started where it could not be bounded', async () => {
  const text =
    'name: t\nimage: mini\nrunners: { a: { kind: fake } }\nworkloads: { w: [{ use: neighbour, stressors: [cpu] }], v: [cpu] }\n';
  const cells = cellsOf(parseScenario(text, 't.yaml', { fake: fake.options }));
  const tools = (createGroup: Tools['createGroup']) =>
    ({ site: fakeSite(), createGroup, runners: { fake } }) as unknown as Tools;
  const found = await fake.probe(fake.options.parse({}), undefined as never);
  const [neighbour, cpu] = ['w', 'v'].map((id) => cells.find(({ workload }) => workload.id === id));
  if (neighbour === undefined || cpu === undefined) throw new Error('no cells');
  expect(problemOf(neighbour, found, tools(null))).toMatchObject({
    reason: expect.stringContaining('no cgroups'),
    hint: expect.stringContaining('Delegate=yes'),
  });
  expect(problemOf(cpu, found, tools(null))).toBeNull();
  const usable: Tools['createGroup'] = () => Promise.reject(new Error('not asked for'));
  expect(problemOf(neighbour, found, tools(usable))).toBeNull();
});
