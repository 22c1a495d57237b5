/**
 * A change between runs in the currency of a fleet: what `tare gate` and `tare compare` found of an instance's
 * memory, as hosts. The change and both ends of its interval are packed alike; a count grows with the weight, so
 * that the ends of the one are those of the other.
 */
import type { MetricDeclaration } from '../model/metric.ts';
import type { Interval } from '../model/quantities.ts';
import type { CellRecord } from '../model/record.ts';
import { formatValue } from '../model/units.ts';
import type { ChangeReport, FleetCost, FleetReport, GateReport, RowKey } from '../verdicts/model.ts';
import { cellLabel, severalScenarios } from '../verdicts/rows.ts';
import type { Run } from '../verdicts/runs.ts';
import { hostsOfChange, type Fleet, type HostsOfChange } from './fleet.ts';
import { formOf, rankOf } from './profile.ts';

/** What was found of one row. */
interface Found {
  readonly key: RowKey;
  readonly metric: MetricDeclaration | null;
  readonly old: number | null;
  /** head / base. */
  readonly ratio: number | null;
  readonly interval: Interval | null;
  /** Rule by which its numbers may not be used; null: they may. */
  readonly refusal: string | null;
}

/** Hosts of every change of memory that a policy limits. */
export function fleetOfGate(
  fleet: Fleet,
  file: string,
  report: GateReport,
  runs: readonly Run[],
): FleetReport {
  const found = report.checks
    .filter(({ kind }) => kind === 'change')
    .map(({ change, ...check }): Found => ({ ...check, ratio: change }));
  return reportOf(fleet, file, found, runs, 'the policy limits no change of it');
}

/** Hosts of every change of memory between two sets of runs. */
export function fleetOfCompare(
  fleet: Fleet,
  file: string,
  report: ChangeReport,
  runs: readonly Run[],
): FleetReport {
  const found = report.rows.map(({ base, refusals, ...row }): Found => ({
    ...row,
    old: base.median,
    refusal: refusals[0]?.rule ?? null,
  }));
  return reportOf(fleet, file, found, runs, 'it is not in both sets of runs');
}

function reportOf(
  fleet: Fleet,
  file: string,
  found: readonly Found[],
  runs: readonly Run[],
  otherwise: string,
): FleetReport {
  const rows = bestOf(found.filter((row) => weighs(row, fleet, runs)));
  const several = severalScenarios(rows.map(({ key }) => key));
  const costs = rows.flatMap((row) => costOf(fleet, row, several) ?? []);
  const silent = rows
    .filter((row) => isSilent(row))
    .map(
      ({ key, refusal }) =>
        `${key.metric} of ${cellLabel(key, several)}: ${refusal === null ? 'no ratio was found' : `refused (${refusal})`}, so that no hosts are told.`,
    );
  const none = `No memory of an idle ${fleet.form === 'vm' ? 'virtual machine' : 'container'} is compared: ${otherwise}.`;
  return { file, costs, remarks: rows.length === 0 ? [none] : silent };
}

/** Plain memory of an idle instance of the fleet's form. */
function weighs({ key, metric }: Found, { form }: Fleet, runs: readonly Run[]): boolean {
  if (key.reference !== null || metric === null || rankOf(metric)?.[0] !== 'memoryBytes') return false;
  const cell = runs
    .flatMap(({ record }): readonly CellRecord[] => record.header.cells)
    .find(({ runner }) => runner === key.runner);
  return cell !== undefined && formOf(cell) === form;
}

/** One row per runner and shape: what one more instance adds tells more than what one holds. */
function bestOf(rows: readonly Found[]): Found[] {
  const best = new Map<string, Found>();
  const place = ({ metric }: Found) => (metric === null ? Infinity : (rankOf(metric)?.[1] ?? Infinity));
  for (const row of rows) {
    const cell = JSON.stringify([row.key.scenario, row.key.runner, row.key.workload, row.key.shape]);
    const known = best.get(cell);
    if (known === undefined || isSilent(known) || (!isSilent(row) && place(row) < place(known))) {
      best.set(cell, row);
    }
  }
  return [...best.values()];
}

const isSilent = ({ refusal, old, ratio }: Found): boolean =>
  refusal !== null || old === null || ratio === null;

function costOf(fleet: Fleet, row: Found, several: boolean): FleetCost | null {
  const { key, old, ratio, interval } = row;
  if (isSilent(row) || old === null || ratio === null) return null;
  const bytesOf = (end: number) => old * (end - 1);
  const hostsAt = (bytes: number) => hostsOfChange(fleet, { memoryBytes: bytes, cpuThreads: 0 });
  const bytes = { change: bytesOf(ratio), interval: between(interval, bytesOf) };
  const at = hostsAt(bytes.change);
  const ends = bytes.interval === null ? null : [bytes.interval.low, bytes.interval.high].map(hostsAt);
  const mores = [at, ...(ends ?? [])].map(({ more }) => more);
  const known = mores.filter((more) => more !== null);
  const hosts =
    interval === null || known.length < mores.length
      ? null
      : { low: Math.min(...known), high: Math.max(...known), level: interval.level };
  const cost = {
    key,
    form: fleet.form,
    instances: at.instances,
    bytes,
    hosts: { before: at.before.hosts, after: at.after.hosts, more: at.more, interval: hosts },
    isProven: at.isProven,
  };
  return { ...cost, line: lineOf(cost, at, several) };
}

function between(interval: Interval | null, of: (end: number) => number): Interval | null {
  return interval === null ? null : { ...interval, low: of(interval.low), high: of(interval.high) };
}

/** "+12 MiB per instance (95 % interval +10 MiB to +14 MiB) = +2 hosts (+1 to +3) at 10,000 containers: 98 -> 100". */
function lineOf(
  { key, form, instances, bytes, hosts, isProven }: Omit<FleetCost, 'line'>,
  { before, after }: HostsOfChange,
  several: boolean,
): string {
  const signed = (value: number, shown: string) => `${value < 0 ? '-' : '+'}${shown}`;
  const size = (change: number) => signed(change, formatValue(Math.abs(change), 'B'));
  const whole = (count: number) => signed(count, Math.abs(count).toLocaleString('en'));
  const where = `at ${instances.toLocaleString('en')} ${form === 'vm' ? 'virtual machines' : 'containers'}`;
  const within =
    bytes.interval === null
      ? 'no interval'
      : `95 % interval ${size(bytes.interval.low)} to ${size(bytes.interval.high)}`;
  const change = `${key.metric} of ${cellLabel(key, several)}: ${size(bytes.change)} per instance (${within})`;
  if (before.hosts === null || after.hosts === null || hosts.more === null) {
    const without =
      before.hosts === null ? '' : `, which need ${before.hosts.toLocaleString('en')} hosts without it`;
    return `${change}: there is no room for all ${where}${without}`;
  }
  const reach =
    hosts.interval === null ? '' : ` (${whole(hosts.interval.low)} to ${whole(hosts.interval.high)})`;
  return [
    `${change} = ${whole(hosts.more)} ${Math.abs(hosts.more) === 1 ? 'host' : 'hosts'}${reach} ${where}: ${before.hosts.toLocaleString('en')} -> ${after.hosts.toLocaleString('en')}`,
    ...(isProven ? ['the fewest possible'] : []),
    ...(after.binding === null ? [] : [`${after.binding} binds`]),
  ].join(', ');
}
