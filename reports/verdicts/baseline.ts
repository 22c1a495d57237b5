/** A baseline in words: whose runs it holds, how old they are, why they were approved, and the bar they set. */
import type { RunRecord } from '../../model/record.ts';
import { absent, formatValue } from '../../model/units.ts';
import type { Approval, Provenance } from '../../verdicts/baseline.ts';
import { oneLine } from '../../model/visible-text.ts';
import { count } from '../parts/words.ts';

const day = 86_400_000;

/** Lines on where it comes from, and a table of what it holds: old medians beside those in force. */
export function baselineWords(
  { approvals }: Provenance,
  records: readonly RunRecord[],
  now: Date,
): { readonly lines: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const current = approvals.at(-1);
  const before = approvals.at(-2);
  const units = new Map(
    records.flatMap(({ header }) => header.metrics.map(({ id, unit }) => [id, unit] as const)),
  );
  const valueOf = (row: Approval['medians'][number] | undefined) => {
    const unit = row === undefined ? undefined : units.get(row.metric);
    return row === undefined || unit === undefined ? absent : formatValue(row.median, unit);
  };
  const rows = (current?.medians ?? []).map((row) => {
    const old = before?.medians.find(
      ({ scenario, cell, metric }) => scenario === row.scenario && cell === row.cell && metric === row.metric,
    );
    const cells = [oneLine(row.metric), oneLine(`${row.scenario}: ${row.cell}`), valueOf(row), `n=${row.n}`];
    return before === undefined ? cells : [...cells, `before: ${valueOf(old)}`];
  });
  return {
    lines: [...(current?.runs ?? []).map(runWords(now)), ...approvals.toReversed().map(approvalWords(now))],
    rows,
  };
}

const runWords =
  (now: Date) =>
  ({ runId, startedAt, scenario, host, fingerprint }: Approval['runs'][number]): string =>
    oneLine(
      `run ${runId} of ${scenario}, measured ${ageOf(startedAt, now)} on ${host} (fingerprint ${fingerprint.slice(0, 12)})`,
    );

const actions: Readonly<Record<Approval['action'], string>> = {
  set: 'set',
  approve: 'approved',
  ratchet: 'ratcheted',
};

const approvalWords =
  (now: Date) =>
  ({ action, at, by, why, tool }: Approval): string =>
    oneLine(`${actions[action]} ${ageOf(at, now)} by ${by} with tare ${tool}: ${why}`);

/** "12 days ago (2026-05-01)". */
function ageOf(instant: string, now: Date): string {
  const time = Date.parse(instant);
  if (Number.isNaN(time)) return `at ${instant}`;
  const days = Math.floor((now.getTime() - time) / day);
  const age = days < 0 ? 'in the future' : days === 0 ? 'today' : `${count(days, 'day')} ago`;
  return `${age} (${new Date(time).toISOString().slice(0, 10)})`;
}
