/** Evidence as it could turn out: what would be decided if a quantity were measured to favour one side. */
import type { Question } from './decide.ts';
import type { Contrast } from './contrast.ts';
import { quantities, type Quantity } from './quantities.ts';

/** The evidence as it would be if this quantity had been measured to favour that side. */
export function supposing(
  { evidence }: Question,
  quantity: Quantity,
  favours: Contrast['favours'],
): Question['evidence'] {
  const supposed: Contrast = {
    quantity,
    metric: quantity,
    scenario: '',
    workload: '',
    source: '',
    vm: 'a VM',
    container: 'a container',
    favours,
    ratio: null,
    interval: null,
    n: 0,
    threshold: 0,
    reference: null,
    unit: quantities[quantity].metrics.length === 0 ? null : 'ratio',
    better: 'lower',
    remark: null,
    blocksNeeded: null,
    acceleration: 'none',
    imported: false,
  };
  return {
    ...evidence,
    contrasts: [...evidence.contrasts.filter((one) => one.quantity !== quantity), supposed],
  };
}
