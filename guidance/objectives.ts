/**
 * Limits that an app sets, put against what each side was measured to take. A side is out where every runner of it
 * that can be judged is above the limit with its whole interval; it keeps the limit where one is below with it. Other
 * work than the app's own, an empty instance say, shows the least that a side takes: it can miss a limit, not keep it.
 */
import type { Unit } from '../model/quantities.ts';
import { formatValue } from '../model/units.ts';
import type { Evidence, Value } from './evidence.ts';
import { isOwn, ofWorkload, type Finding } from './findings.ts';
import type { Quantity } from './quantities.ts';
import type { AppNeeds, Side } from './requirements.ts';

export const limited = ['start', 'memory', 'p99'] as const;
export type Limited = (typeof limited)[number];

const told: Readonly<Record<Limited, { readonly quantity: Quantity; readonly unit: Unit }>> = {
  start: { quantity: 'start', unit: 's' },
  memory: { quantity: 'memory', unit: 'B' },
  p99: { quantity: 'latency', unit: 's' },
};

export interface Limits {
  readonly findings: readonly Finding[];
  /** Sides that miss a limit, with the words for it. */
  readonly out: ReadonlyMap<Side, string>;
  /** Sides of which a limit is neither kept nor missed for certain. */
  readonly open: ReadonlySet<Side>;
  readonly missing: readonly Quantity[];
}

export const showLimit = (what: Limited, value: number) => formatValue(value, told[what].unit);

export function limitsOf(app: AppNeeds, evidence: Evidence): Limits {
  const findings: Finding[] = [];
  const out = new Map<Side, string>();
  const open = new Set<Side>();
  const missing: Quantity[] = [];
  for (const what of limited) {
    const limit = app.objectives[what];
    if (limit === null) continue;
    for (const side of ['vm', 'container'] as const) {
      const values = valuesFor(app, evidence, what, side);
      const runners = [...Map.groupBy(values, ({ runner }) => runner).values()].map((of) =>
        standing(of, limit, app.workload),
      );
      const misses = runners.includes('misses') && runners.every((state) => state === 'misses');
      const keeps = runners.includes('keeps');
      const [first] = values;
      const said = values.map((value) => valueWords(value, what, app.workload)).join(', ');
      const verdict = misses ? 'no' : keeps ? 'yes' : 'not clear';
      const why = `${side} within ${showLimit(what, limit)}${what === 'p99' ? ` at ${app.objectives.load}` : ''}: ${first === undefined ? 'unknown, not measured' : `${verdict}; ${said}`}`;
      if (misses) out.set(side, `${side} misses the ${what} objective (${said})`);
      if (!misses && !keeps) {
        open.add(side);
        missing.push(told[what].quantity);
      }
      findings.push({
        rule: `objective ${what}`,
        side: misses ? opposite(side) : side,
        strength: 'objective',
        state: misses ? 'fires' : keeps ? 'does not fire' : 'unknown',
        evidence: first === undefined ? 'unknown' : 'measured',
        why,
        source: first?.source ?? null,
        items: [],
      });
    }
  }
  return { findings, out, open, missing };
}

/** The edges at which the limit changes what a side may do, of every runner that can be judged. */
export function edgesOf(app: AppNeeds, evidence: Evidence, what: Limited): number[] {
  const edges = (['vm', 'container'] as const).flatMap((side) =>
    valuesFor(app, evidence, what, side).flatMap(({ interval }) =>
      interval === null ? [] : [interval.low, interval.high],
    ),
  );
  return [...new Set(edges)];
}

function standing(values: readonly Value[], limit: number, own: string | null): 'keeps' | 'misses' | 'open' {
  const judged = values.filter(({ interval }) => interval !== null);
  // The emulator's own memory is in that of an emulated VM: too much by an unknown part.
  if (judged.some(({ interval, bound }) => interval !== null && interval.low > limit && bound !== 'upper')) {
    return 'misses';
  }
  const keeps =
    judged.some((one) => isOwn(one, own)) &&
    judged.every(({ interval }) => interval !== null && interval.high <= limit);
  return keeps ? 'keeps' : 'open';
}

function valuesFor(app: AppNeeds, { values }: Evidence, what: Limited, side: Side): readonly Value[] {
  const { quantity } = told[what];
  const point = `network.p99-at-${app.objectives.load.replace('%', '')}`;
  const all = values.filter(
    (one) => one.quantity === quantity && one.side === side && (what !== 'p99' || one.metric === point),
  );
  return ofWorkload(all, app.workload);
}

function valueWords(value: Value, what: Limited, own: string | null): string {
  const { runner, workload, median, interval, n, bound } = value;
  const range =
    interval === null
      ? `, n = ${n}: too few`
      : ` (${showLimit(what, interval.low)} to ${showLimit(what, interval.high)})`;
  const isOther = !isOwn(value, own);
  const bounds =
    bound === 'upper'
      ? isOther
        ? ', emulated and not its own work: it bounds nothing'
        : ', emulated: its emulator included, so at most this'
      : isOther
        ? ', not its own work: at least this'
        : '';
  return `${runner}/${workload} ${showLimit(what, median)}${range}${bounds}`;
}

export function opposite(side: Side): Side {
  return side === 'vm' ? 'container' : 'vm';
}
