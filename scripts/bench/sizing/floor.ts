/**
 * First-fit decreasing on the demand of a CSV in each form, in a process of its own: what `tare size` is measured
 * against. Arguments: CSV, catalogue, policy.
 */
import { readFileSync } from 'node:fs';
import { basisOf } from '../../../sizing/demand.ts';
import { readInventory } from '../../../sizing/inventories/index.ts';
import { packByFit } from '../../../sizing/packing/first-fit.ts';
import { prepare } from '../../../sizing/packing/prepare.ts';
import { demandWeights } from '../../../sizing/packing/search.ts';
import { countOf } from '../../../sizing/packing/stock.ts';
import { parseCatalogue } from '../../../sizing/policy/catalogue.ts';
import { parseSizingPolicy } from '../../../sizing/policy/policy.ts';
import { placedAs, problemOf } from '../../../sizing/problem.ts';
import { weightsOf } from '../../../sizing/weights.ts';

const [csv = '', hosts = '', rules = ''] = process.argv.slice(2);
const inventory = await readInventory([csv]);
const policy = parseSizingPolicy(readFileSync(rules, 'utf8'), rules);
const setting = {
  inventory,
  hosts: parseCatalogue(readFileSync(hosts, 'utf8'), hosts),
  policy,
  weights: weightsOf(null, policy),
  basis: basisOf(inventory, policy),
};
for (const form of ['vm', 'container'] as const) {
  const prepared = prepare(problemOf(placedAs(form, setting), setting, form));
  const { loads } = packByFit(prepared, 'first', demandWeights(prepared));
  console.log(`${form}: ${String(countOf(loads))} hosts`);
}
