/**
 * `tare compare` as a table for spreadsheets: one line per row, all digits, no units in cells.
 */
import type { ChangeReport, ChangeRow, RowKey, SideSummary } from '../../verdicts/model.ts';
import { csvOf, type CsvCell as Cell } from '../formats/csv.ts';

const keyColumns = ['scenario', 'runner', 'workload', 'shape', 'reference', 'metric'] as const;
const sideColumns = ['median', 'low', 'high', 'n', 'launches', 'runs', 'cov'] as const;
const rowColumns = [
  'unit',
  'better',
  'acceleration',
  'unit_of_replication',
  ...sideColumns.map((name) => `base_${name}`),
  ...sideColumns.map((name) => `head_${name}`),
  'cost_ratio',
  'cost_ratio_low',
  'cost_ratio_high',
  'p',
  'p_adjusted',
  'family_size',
  'threshold',
  'verdict',
  'needed',
  'detectable',
  'refusals',
  'remarks',
] as const;

export function changeCsv(report: ChangeReport): string {
  const lines: (readonly Cell[])[] = [[...keyColumns, ...rowColumns]];
  for (const row of report.rows) lines.push([...keyCells(row.key), ...rowCells(row)]);
  for (const { key, side } of report.missing) {
    const cells = rowColumns.map((name) => (name === 'verdict' ? `only in ${side}` : null));
    lines.push([...keyCells(key), ...cells]);
  }
  return csvOf(lines);
}

const keyCells = (key: RowKey): Cell[] => keyColumns.map((name) => key[name]);

function rowCells(row: ChangeRow): Cell[] {
  return [
    row.key.reference === null ? row.metric.unit : 'ratio',
    row.metric.better,
    row.acceleration,
    row.unit,
    ...sideCells(row.base),
    ...sideCells(row.head),
    row.ratio,
    row.interval?.low ?? null,
    row.interval?.high ?? null,
    row.p,
    row.pAdjusted,
    row.familySize,
    row.threshold,
    row.verdict,
    row.needed,
    row.detectable,
    row.refusals.map(({ rule, message }) => `${rule}: ${message}`).join('; '),
    row.remarks.map(({ message }) => message).join('; '),
  ];
}

function sideCells({ median, interval, n, launches, runs, cov }: SideSummary): Cell[] {
  return [median, interval?.low ?? null, interval?.high ?? null, n, launches, runs, cov];
}
