/** What of an inventory was understood, what was left out and why, as lines to be read before anything is computed. */
import { formatValue } from '../../model/units.ts';
import type { Inventory, Source } from '../model.ts';
import { shown } from './notes.ts';

/** Lines of a preview: totals, then every row left out and every problem, at most `most` of each. */
export function previewOf(inventory: Inventory, most = 50): string[] {
  const { demand, perHost, today, leftOut, problems, remarks, confidence } = inventory;
  const sum = (value: (row: (typeof demand)[number]) => number | null) =>
    demand.reduce((total, row) => total + row.count * (value(row) ?? 0), 0);
  const few = <T>(items: readonly T[], line: (item: T) => string): string[] => [
    ...items.slice(0, most).map((item) => `  ${line(item)}`),
    ...(items.length > most ? [`  and ${items.length - most} more`] : []),
  ];
  const unknown = (value: (row: (typeof demand)[number]) => number | null) =>
    demand.reduce((total, row) => total + (value(row) === null ? row.count : 0), 0);
  const silent = (
    [
      ['CPU', unknown((row) => row.cpuThreads ?? row.usage?.cpuThreads ?? null)],
      ['memory', unknown((row) => row.memoryBytes ?? row.usage?.memoryBytes ?? null)],
    ] as const
  ).flatMap(([name, count]) => (count > 0 ? [`${name} of ${String(count)} not known`] : []));
  return [
    ...inventory.files.map(({ file, kind, rows }) => `${shown(file)}: ${kind ?? 'not read'}, ${rows} rows`),
    `${sum(() => 1)} instances in ${demand.length} rows ask for ${formatValue(
      sum((row) => row.cpuThreads),
      'count',
    )} threads, ${formatValue(
      sum((row) => row.memoryBytes),
      'B',
    )} of memory, ${formatValue(
      sum((row) => row.diskBytes),
      'B',
    )} of disk${silent.length === 0 ? '' : ` (${silent.join(', ')})`}`,
    `${formatValue(confidence, 'share')} of them with usage; ${perHost.length} run once per host; ${today.length} hosts today`,
    ...remarks.map(shownRemark),
    `Left out: ${leftOut.length}`,
    ...few(leftOut, ({ source, what, why }) => `${place(source)}: ${shown(what)}: ${shown(why)}`),
    `Problems: ${problems.length}`,
    ...few(
      problems,
      ({ source, field, got, problem, remedy, effect }) =>
        `${place(source)}: ${shown(field)} ${got}: ${problem} (${effect}); ${remedy}`,
    ),
  ];
}

/** The same in a few lines: totals and remarks, and of what was left out or is wrong each reason with its number. */
export function understoodOf(inventory: Inventory): string[] {
  const { leftOut, problems } = inventory;
  const reasons = counted(leftOut.map(({ why }) => shown(why.replace(/^the machine .* is in/, 'is in'))));
  const faults = counted(
    problems.map(({ field, problem, effect }) => `${shown(field)} ${shown(problem)} (${effect})`),
  );
  return [
    ...previewOf({ ...inventory, leftOut: [], problems: [] }).slice(0, -2),
    `Left out: ${leftOut.length}${reasons === '' ? '' : ` (${reasons})`}`,
    `Problems: ${problems.length}${faults === '' ? '' : ` (${faults})`}`,
  ];
}

/** "28 powered off, 5 a template", the most first; beyond ten their sum. */
function counted(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const all = [...counts].sort((a, b) => b[1] - a[1]);
  const rest = all.slice(10).reduce((sum, [, count]) => sum + count, 0);
  return [
    ...all.slice(0, 10).map(([text, count]) => `${count} ${text}`),
    ...(rest > 0 ? [`${rest} for other reasons`] : []),
  ].join(', ');
}

function shownRemark(remark: string): string {
  return `Note: ${remark.replaceAll(/\p{Cc}/gu, '')}`;
}

function place({ file, sheet, row }: Source): string {
  return [shown(file), ...(sheet === null ? [] : [shown(sheet)]), ...(row === null ? [] : [row])].join(':');
}
