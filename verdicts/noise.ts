/**
 * By how much runs of one thing differ on a host, as found in earlier runs of it or written in a policy: what tells
 * a change from host drift where there is one run on each side.
 */
import { median, standardDeviation } from '../model/descriptive.ts';
import { betweenOf } from './calibrate.ts';
import { isAbout, type Policy } from './policy.ts';
import { nameOf, rowsOf, type Row } from './rows.ts';
import { orderedRuns, type Run } from './runs.ts';

/** The noise of a row: standard deviation between runs, as a fraction; null where it is not known. */
export type NoiseOf = (row: Row) => number | null;

/** As the rules of a policy say, later ones over earlier ones. */
export function noiseOfPolicy({ rules }: Policy): NoiseOf {
  return ({ key }) => rules.findLast((rule) => rule.noise !== null && isAbout(rule, key))?.noise ?? null;
}

/** From earlier runs of the same cells on the same host: as much as so few of them may have missed, as in `tare calibrate`. */
export function noiseOfRuns(runs: readonly Run[]): NoiseOf {
  const known = new Map<string, number>();
  for (const row of rowsOf(orderedRuns(runs), [], { values: true, references: [] })) {
    for (const [host, values] of byHost(row)) {
      const within = standardDeviation(values.flatMap(about));
      const { cautious } = betweenOf(values, within);
      if (cautious !== null) known.set(`${host} ${nameOf(row.key)}`, cautious);
    }
  }
  return ({ key, base }) => known.get(`${base[0]?.run.ref.host.hash ?? ''} ${nameOf(key)}`) ?? null;
}

function byHost({ base }: Row): ReadonlyMap<string, readonly (readonly number[])[]> {
  const found = new Map<string, (readonly number[])[]>();
  for (const { run, values } of base) {
    if (values.length === 0) continue;
    const { hash } = run.ref.host;
    found.set(hash, [...(found.get(hash) ?? []), values.map(({ value }) => value)]);
  }
  return found;
}

/** Logs about their median; none of values that have no log. */
function about(values: readonly number[]): number[] {
  const logs = values.map(Math.log);
  const centre = median(logs) ?? 0;
  return logs.every(Number.isFinite) ? logs.map((value) => value - centre) : [];
}
