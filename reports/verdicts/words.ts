/**
 * The words and numbers of verdicts between runs: cell labels, costs as ratios, states of checks. One file,
 * so that the terminal, a pull request and a dashboard call the same thing by the same name.
 */
import { isBelowNoise, medianWords } from '../parts/values.ts';
import type { Verdict } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Interval } from '../../model/quantities.ts';
import { absent, formatRatio, formatValue, scaleFor } from '../../model/units.ts';
import type {
  ChangeRow,
  FleetReport,
  GateCheck,
  GateState,
  RowKey,
  SideSummary,
} from '../../verdicts/model.ts';
export { severalScenarios } from '../../verdicts/rows.ts';
import { cellLabel as wholeLabel } from '../../verdicts/rows.ts';
import type { Tone } from '../parts/parts.ts';
import { shortened } from '../parts/words.ts';

/** Words with the tone a format may colour them in. */
export interface Toned {
  readonly text: string;
  readonly tone: Tone;
}

/** Letters of a label that people are shown; machines get the whole names. */
const longestLabel = 160;

/** The cell's name as records have it, no longer than people read. */
export function cellLabel(key: RowKey, withScenario: boolean): string {
  return shortened(wholeLabel(key, withScenario), longestLabel);
}

const verdicts: Readonly<Record<Verdict, Toned>> = {
  regression: { text: 'regression', tone: 'more' },
  improvement: { text: 'improvement', tone: 'less' },
  equivalent: { text: 'equivalent', tone: 'same' },
  'different-but-small': { text: 'different but small', tone: 'same' },
  inconclusive: { text: 'inconclusive', tone: 'unsure' },
  refused: { text: 'refused', tone: 'refused' },
  'no-verdict': { text: 'no verdict', tone: 'unsure' },
};

/** The bare word of a verdict, for counting. */
export function verdictWord(verdict: Verdict): Toned {
  return verdicts[verdict];
}

/** A row's verdict with what it lacks: "inconclusive, needs 48+48", "refused: rule C26". */
export function rowVerdict(row: ChangeRow): Toned {
  const { text, tone } = verdicts[row.verdict];
  if (row.verdict === 'refused') {
    const rules = [...new Set(row.refusals.map((refusal) => refusal.rule))];
    return { text: rules.length === 0 ? text : `${text}: rule ${rules.join(', ')}`, tone };
  }
  if (row.base.n === 0 || row.head.n === 0) return { text: 'no data', tone };
  if (row.ratio === null) return { text: 'no ratio', tone };
  if (row.verdict === 'inconclusive' && row.needed !== null) {
    return { text: `${text}, needs ${row.needed}+${row.needed}`, tone };
  }
  return { text, tone };
}

/** One side of a row as "412 ms (405 to 420)", in a unit that suits both sides; ratios as "3.21× (…)". */
export function sideText(row: ChangeRow, side: SideSummary): string {
  if (row.key.reference !== null) return withInterval(formatRatio(side.median), side.interval, bareRatio);
  const scale = scaleFor([row.base.median, row.head.median], row.metric.unit);
  const seen = { ...side, min: side.median, max: side.median };
  const interval = isBelowNoise(seen, row.metric) ? null : side.interval;
  return withInterval(medianWords(seen, row.metric, scale), interval, scale.number);
}

/** "30+30", the units on each side; "3+3 runs" where a run is one unit. */
export function unitsText(row: ChangeRow): string {
  const both = `${row.base.n}+${row.head.n}`;
  return row.unit === 'run' ? `${both} runs` : both;
}

/** A ratio of costs, finer than usual near 1, where changes are read: "1.034×"; a dash for null. */
export function costText(ratio: number | null): string {
  return ratio === null ? absent : `${bareCost(ratio)}×`;
}

/** "1.034× (1.012 to 1.056)". */
export function costWithInterval(ratio: number | null, interval: Interval | null): string {
  return withInterval(costText(ratio), ratio === null ? null : interval, bareCost);
}

/** A growth as "+3.4 %" or "-12 %"; large ones as a factor. */
export function growthText(fraction: number): string {
  if (!Number.isFinite(fraction)) return absent;
  const percent = fraction * 100;
  if (Math.abs(percent) >= 1000) return formatRatio(1 + fraction);
  const sign = percent < 0 ? '-' : '+';
  return `${sign}${trimmed(Math.abs(percent), Math.abs(percent) < 100 ? 2 : 0)} %`;
}

/** "0.003", "<0.001"; a dash for null. */
export function pText(p: number | null): string {
  if (p === null || !Number.isFinite(p)) return absent;
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

/** A value of a row: in the metric's unit, or a plain ratio where the row has a reference. */
export function valueText(value: number | null, metric: MetricDeclaration | null, key: RowKey): string {
  if (value === null || !Number.isFinite(value)) return absent;
  if (key.reference !== null) return formatRatio(value);
  return metric === null ? trimmed(value, 3) : formatValue(value, metric.unit);
}

/** What a check allows: "at most 512 MiB", "+10 %"; a dash where only presence was asked. */
export function limitText(check: GateCheck): string {
  switch (check.kind) {
    case 'presence':
      return 'must be there';
    case 'change':
      return growthText(check.limit);
    case 'budget':
    case 'ratio':
      return valueText(check.limit, check.metric, check.key);
  }
}

/** What was found, on the same scale as the limit, with its interval. */
export function foundText(check: GateCheck): string {
  if (check.change === null) return absent;
  const { interval } = check;
  if (check.kind === 'change') {
    const growth = (ratio: number) => growthText(ratio - 1);
    return interval === null
      ? growth(check.change)
      : `${growth(check.change)} (${growth(interval.low)} to ${growth(interval.high)})`;
  }
  const value = (number: number) => valueText(number, check.metric, check.key);
  return interval === null
    ? value(check.change)
    : `${value(check.change)} (${value(interval.low)} to ${value(interval.high)})`;
}

const states: Readonly<Record<GateState, Toned>> = {
  pass: { text: 'PASS', tone: 'less' },
  fail: { text: 'FAIL', tone: 'more' },
  inconclusive: { text: 'INCONCLUSIVE', tone: 'unsure' },
};

export function stateWord(state: GateState): Toned {
  return states[state];
}

/** A check's outcome in one word: what fails at level `warn` only warns; too good to be true is suspect. */
export function checkWord(check: GateCheck): Toned {
  if (check.state === 'fail' && check.level === 'warn') return { text: 'WARN', tone: 'warn' };
  if (check.state === 'pass' && check.implausible !== null) return { text: 'SUSPECT', tone: 'warn' };
  return states[check.state];
}

/** Checks as they are to be read: failed, warned, undecided, suspect, passed; otherwise as they came. */
export function inUrgency(checks: readonly GateCheck[]): readonly GateCheck[] {
  return checks.toSorted((a, b) => urgency(a) - urgency(b));
}

function urgency({ state, level, implausible }: GateCheck): number {
  if (state === 'pass') return implausible === null ? 5 : 4;
  return (state === 'fail' ? 0 : 2) + (level === 'error' ? 0 : 1);
}

/** "startup.ready ×3, tare.memory ×1". */
export function countedMetrics(checks: readonly GateCheck[]): string {
  const counts = new Map<string, number>();
  for (const { key } of checks) counts.set(key.metric, (counts.get(key.metric) ?? 0) + 1);
  return [...counts].map(([metric, n]) => `${metric} ×${n}`).join(', ');
}

/** What changes cost a fleet, a line each, and where it was read from. */
export function fleetLines(fleet: FleetReport | null): readonly string[] {
  if (fleet === null) return [];
  const from = fleet.costs.length === 0 ? [] : [`Fleet: ${fleet.file}.`];
  return [...fleet.costs.map(({ line }) => line), ...fleet.remarks, ...from];
}

function withInterval(text: string, interval: Interval | null, bare: (value: number) => string): string {
  return interval === null || text === absent
    ? text
    : `${text} (${bare(interval.low)} to ${bare(interval.high)})`;
}

const bareRatio = (ratio: number) => formatRatio(ratio).replace('×', '');

const bareCost = (ratio: number) => (ratio >= 0.5 && ratio < 2 ? ratio.toFixed(3) : bareRatio(ratio));

function trimmed(value: number, digits: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
