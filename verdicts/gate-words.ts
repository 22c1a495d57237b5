/** What a gate says of its checks: one line each, with old, new, change, limit, interval and n. */
import { formatValue, formatShare } from '../model/units.ts';
import type { Draft } from './drafts.ts';
import type { GateCheck } from './model.ts';
import type { Asked } from './questions.ts';
import { isDriftBound, publishedDrift, type Witness } from './run-effect.ts';
import { cellLabel, nameOf, severalScenarios, type Row } from './rows.ts';

/** "startup.ready of vm/idle/small". */
const titleOf = ({ key }: Row, withScenario: boolean): string =>
  `${key.metric} of ${cellLabel(key, withScenario)}`;

/** A value with its unit; ratios of runners have none. */
export function shown(row: Row, value: number | null): string {
  const metric = (row.head[0] ?? row.base[0])?.metric;
  return formatValue(value, row.key.reference !== null || metric === undefined ? 'ratio' : metric.unit);
}

/** Old, new, change, interval, limit, n, p. */
export function changeStory(
  row: Row,
  { old, value, change, interval, n, pAdjusted }: GateCheck,
  limit: number,
  unit: 'launch' | 'run',
  familySize: number,
): string {
  const signed = (ratio: number) => `${ratio >= 1 ? '+' : '-'}${formatShare(Math.abs(ratio - 1))}`;
  const grew = change === null ? 'no ratio' : `cost ${signed(change)}`;
  const between =
    interval === null ? 'no interval' : `95 % interval ${signed(interval.low)} to ${signed(interval.high)}`;
  const p =
    pAdjusted === null
      ? ''
      : `, ${chance(pAdjusted)} (Holm, ${familySize} ${familySize === 1 ? 'test' : 'tests'})`;
  return `${shown(row, old)} -> ${shown(row, value)}, ${grew} (${between}), limit +${formatShare(limit)}, n = ${n} ${unit === 'run' ? (n === 1 ? 'run' : 'runs') : 'launches'}${p}`;
}

/** Units that never differ leave a change no chance at all, which is more than a test can know. */
function chance(p: number): string {
  return p < 1e-99 ? 'p < 1e-99' : `p = ${p.toPrecision(2)}`;
}

/** Growth from which on it is seen: "+4.0 % or more". */
export function growthText(sees: number): string {
  return sees === 0 ? 'any growth, as nothing ever differed' : `+${formatShare(sees)} or more`;
}

/** "startup.ready of ...: 30 launches show +4.0 % or more (limit +10 %)". */
export function powerLines(drafts: readonly Draft[], changes: readonly Asked[], witness: Witness): string[] {
  const limits = new Map(changes.map(({ row, change }) => [nameOf(row.key), change?.limit ?? null]));
  const several = severalScenarios(drafts.map(({ row }) => row.key));
  return drafts.flatMap((draft) => {
    const { row, change } = draft;
    const { detectable, n, unit } = change;
    const limit = limits.get(nameOf(row.key)) ?? null;
    if (detectable === null || limit === null) return [];
    const drifts = isDriftBound(draft) && !witness.has(row);
    const sees = (drifts ? detectable * publishedDrift.ratio : detectable) - 1;
    const word = unit === 'run' ? (n === 1 ? 'run shows' : 'runs show') : 'launches show';
    const remedy = drifts
      ? 'say how much runs of one thing differ (`noise:`; `tare calibrate` measures it), or give several runs'
      : 'add launches, or widen the limit';
    const blind = sees > limit ? `; more than its limit: ${remedy}` : '';
    return [
      `${titleOf(row, several)}: ${n} ${word} ${growthText(sees)} (limit +${formatShare(limit)})${blind}`,
    ];
  });
}
