/** A history in every format: a page, text, markdown, JSON and CSV. */
import type { History } from '../../verdicts/history.ts';
import { csvOf, type CsvCell } from '../formats/csv.ts';
import { reportHtml } from '../formats/html/report-page.ts';
import { oneLine } from '../../model/visible-text.ts';
import { noticeText, tableText, toneCodes, wrapped } from '../formats/text.ts';
import { safeJson } from '../verdicts/json.ts';
import { joined, markdownParts } from '../verdicts/markdown.ts';
import { withoutCommands } from '../verdicts/text.ts';
import { historyView } from './view.ts';

export function renderHistoryHtml(history: History): Promise<string> {
  return reportHtml(historyView(history, { charts: true }));
}

export function renderHistoryMarkdown(history: History): string {
  return joined(markdownParts(historyView(history, { charts: false })));
}

export function renderHistoryJson(history: History): string {
  return safeJson({ schema: 1, kind: 'history', ...history });
}

export function renderHistoryText(history: History, { color }: { readonly color: boolean }): string {
  const view = historyView(history, { charts: false });
  const paint = (text: string, code: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const wrap = (text: string, indent = '') => wrapped(oneLine(text), 100, indent);
  const parts = [
    paint(oneLine(`${view.opening.title}: ${view.opening.subtitle}`), toneCodes.plain),
    ...view.opening.answer.map((line) => wrap(line)),
    ...view.opening.notices.map((notice) => noticeText(notice, wrap, paint)),
    ...view.sections.flatMap(({ blocks }) =>
      blocks.flatMap((block) =>
        block.kind === 'table' ? [`${oneLine(block.table.caption)}\n${tableText(block.table, paint)}`] : [],
      ),
    ),
    wrap(view.footer),
  ];
  return `${withoutCommands(parts.join('\n\n'))}\n`;
}

const heads = [
  'scenario',
  'runner',
  'workload',
  'shape',
  'metric',
  'unit',
  'better',
  'acceleration',
  'host',
  'fingerprint',
  'run',
  'started_at',
  'median',
  'low',
  'high',
  'launches',
  'failed',
  'change',
  'cost_ratio',
  'cost_ratio_low',
  'cost_ratio_high',
  'p',
  'record',
] as const;

/** One line per run and series; a change stands at the first run of its new level. */
export function renderHistoryCsv({ series }: History): string {
  const lines: (readonly CsvCell[])[] = [heads];
  for (const { key, metric, acceleration, host, points, changes } of series) {
    const byIndex = new Map(changes.map((change) => [change.index, change]));
    points.forEach((point, index) => {
      const change = byIndex.get(index);
      lines.push([
        key.scenario,
        key.runner,
        key.workload,
        key.shape,
        key.metric,
        metric.unit,
        metric.better,
        acceleration,
        host.name,
        host.hash,
        point.runId,
        point.startedAt,
        point.median,
        point.interval?.low ?? null,
        point.interval?.high ?? null,
        point.n,
        point.failed,
        change?.direction ?? null,
        change?.ratio ?? null,
        change?.interval?.low ?? null,
        change?.interval?.high ?? null,
        change?.p ?? null,
        point.path,
      ]);
    });
  }
  return csvOf(lines);
}
