/**
 * What a bench prints and how its ratios are made: two sides run in turn within one go, the order swapped from
 * round to round, ratio of medians with the product's own paired bootstrap. A single number would hide both
 * the machine's drift and how unsure it is.
 */
import { median } from '../../model/descriptive.ts';
import { createBootstrap } from '../../bench/statistics/bootstrap.ts';

export interface Row {
  readonly what: string;
  /** The value with its unit and, where it has one, its interval. */
  readonly value: string;
  readonly n: number;
  readonly goal: string;
  /** Whether the interval's centre meets the goal; null: no goal. */
  readonly met: boolean | null;
}

/** A benchmark of tare itself. `say` takes progress. */
export type Bench = (say: (line: string) => void) => Promise<readonly Row[]>;

export interface Rounds {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** Runs both sides `rounds` times in swapped order, after one round that is thrown away. */
export async function interleave(
  rounds: number,
  first: () => Promise<number>,
  second: () => Promise<number>,
): Promise<Rounds> {
  const values = { first: [] as number[], second: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    const order = round % 2 === 0 ? (['first', 'second'] as const) : (['second', 'first'] as const);
    for (const side of order) {
      const value = side === 'first' ? await first() : await second();
      if (round >= 0) values[side].push(value);
    }
  }
  return values;
}

/** Ratio first / second; a goal is an upper bound. */
export function ratioRow(what: string, { first, second }: Rounds, goal: number | null): Row {
  const estimate = createBootstrap(1).paired(first, second);
  if (estimate === null) throw new Error(`${what}: no ratio of these values: ${first.join(' ')}`);
  const { ratio, interval } = estimate;
  return {
    what,
    value: `${ratio.toFixed(3)} [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`,
    n: first.length,
    goal: goal === null ? '' : `<= ${String(goal)}`,
    met: goal === null ? null : ratio <= goal,
  };
}

/** Things per second, from the times two sides take for equal batches: those of `second` over `first`'s. */
export function rateRow(what: string, { first, second }: Rounds, batch: number, least: number): Row {
  const estimate = createBootstrap(1).paired(first, second);
  if (estimate === null) throw new Error(`${what}: no ratio of these values: ${first.join(' ')}`);
  const { ratio, interval } = estimate;
  const rate = (seconds: readonly number[]) => (batch / (median(seconds) ?? Number.NaN)).toPrecision(3);
  return {
    what,
    value: `${ratio.toFixed(3)} [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}] (${rate(second)}/s : ${rate(first)}/s)`,
    n: first.length,
    goal: `>= ${String(least)}`,
    met: ratio >= least,
  };
}

/** One number against an upper bound. */
export function boundRow(what: string, value: number, unit: string, goal: number | null, n = 1): Row {
  return {
    what,
    value: `${value.toPrecision(3)} ${unit}`,
    n,
    goal: goal === null ? '' : `<= ${String(goal)} ${unit}`,
    met: goal === null ? null : value <= goal,
  };
}

/** Plain columns. */
export function formatRows(rows: readonly Row[]): string {
  const cells = [
    ['what', 'value [95 % interval]', 'n', 'goal', ''],
    ...rows.map(({ what, value, n, goal, met }) => [
      what,
      value,
      String(n),
      goal,
      met === null ? '' : met ? 'met' : 'MISSED',
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
