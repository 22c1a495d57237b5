/**
 * A history as parts that every format draws: what changed first, then every series; the page adds a chart for
 * each, with its numbers in a table behind it.
 */
import { medianWords } from '../parts/values.ts';
import { formatShare, formatValue, scaleFor } from '../../model/units.ts';
import type { History, HistoryChange, HistorySeries } from '../../verdicts/history.ts';
import { folded, badge, columns, number, table, text } from '../parts/parts.ts';
import type { Block, Chart, Choice, Notice, Section, Table, Tags, View } from '../parts/parts.ts';
import { cellLabel, costWithInterval, pText } from '../verdicts/words.ts';
import { accelerationWords, count } from '../parts/words.ts';

/** Points a page lists per series; the others are in the chart, and in `--format csv`. */
const mostListed = 200;

/** `charts`: with a section for each series, as a page has room for. */
export function historyView(history: History, { charts }: { readonly charts: boolean }): View {
  const tables = [changesSection(history), seriesSection(history)];
  const sections = charts ? [...tables, ...history.series.map(trendSection)] : tables;
  return {
    opening: {
      title: 'History',
      subtitle: spanOf(history),
      answer: [answerOf(history), ...controlWords(history)],
      acceleration: [],
      tilesTitle: '',
      tiles: [],
      counts: [
        { text: count(history.runs, 'run'), tone: 'plain' },
        { text: count(history.series.length, 'series', 'series'), tone: 'plain' },
        ...counted(history),
      ],
      facts: [],
      headline: null,
      notices: remarksNotice(history),
    },
    choices: choicesOf(history),
    sections: sections.filter(({ blocks }) => blocks.length > 0),
    footer:
      'Change points: E-divisive over windows of 50 runs, confirmed by Yuen’s t-test of trimmed means (p < 0.001, neighbouring runs taken as possibly alike) and at least the metric’s practical threshold in size; at least 12 runs, 4 per level. On pure noise expect at most 0.1 of them per 100 runs, far fewer where noise between runs is below the threshold. Ratios are after / before as a cost: above 1 is worse. Intervals are of medians, 95 %.',
  };
}

function choicesOf({ series }: History): Choice[] {
  const sorted = (of: (key: HistorySeries['key']) => string) =>
    [...new Set(series.map(({ key }) => of(key)))].sort();
  return [
    { id: 'metric', title: 'Metric', options: sorted(({ metric }) => metric) },
    { id: 'runner', title: 'Runner', options: sorted(({ runner }) => runner) },
  ];
}

const tagsOf = ({ key: { metric, runner } }: HistorySeries): Tags => ({ metric, runner });

function spanOf({ runs, first, last }: History): string {
  if (first === null || last === null) return 'no runs';
  const days = [first, last].map(dayOf);
  return `${count(runs, 'run')}, ${days[0] === days[1] ? (days[0] ?? '') : days.join(' to ')}`;
}

const dayOf = (instant: string) => new Date(instant).toISOString().slice(0, 10);
const minuteOf = (instant: string) => new Date(instant).toISOString().slice(0, 16).replace('T', ' ');

function allChanges({ series }: History) {
  return series
    .flatMap((each, at) => each.changes.map((change, index) => ({ series: each, change, at, index })))
    .sort((a, b) => Date.parse(b.change.startedAt) - Date.parse(a.change.startedAt) || a.at - b.at);
}

function answerOf(history: History): string {
  if (history.runs === 0) return 'There is no run to show.';
  const changes = allChanges(history).map(({ change }) => change);
  const long = history.series.filter(({ tooShort }) => tooShort === null).length;
  if (long === 0) return 'No series is long enough for change points: they need 12 runs.';
  if (changes.length === 0) return `No change of level is shown in ${count(long, 'series', 'series')}.`;
  const worse = changes.filter(({ direction }) => direction === 'worse').length;
  return `${count(changes.length, 'change')} of level in ${count(long, 'series', 'series')}: ${worse} for the worse, ${changes.length - worse} for the better.`;
}

/** C1: what the A/A pairs of all these runs say about tare's own tests on these hosts. */
function controlWords({ control: { tested, significant } }: History): string[] {
  if (tested === 0) return ['No A/A control was run: false alarms of these hosts are unknown (C1).'];
  const share = significant / tested;
  const verdict = share <= 0.05 ? 'at most 5 % is what it should be' : 'more than the 5 % it should be';
  return [
    `Of ${count(tested, 'A/A comparison')}, ${significant} were significant (${formatShare(share)}; ${verdict}, C1).`,
  ];
}

function counted(history: History): View['opening']['counts'] {
  const changes = allChanges(history).map(({ change }) => change.direction);
  const worse = changes.filter((direction) => direction === 'worse').length;
  return [
    ...(worse > 0 ? [{ text: `${worse} worse`, tone: 'more' as const }] : []),
    ...(changes.length > worse ? [{ text: `${changes.length - worse} better`, tone: 'less' as const }] : []),
  ];
}

function remarksNotice({ remarks }: History): Notice[] {
  if (remarks.length === 0) return [];
  const lines = remarks.map(({ message }) => message);
  const shown = lines.slice(0, 20);
  const more = lines.length - shown.length;
  return [
    {
      kind: 'notice',
      tone: 'warn',
      title: count(remarks.length, 'remark on the runs', 'remarks on the runs'),
      lines: more > 0 ? [...shown, `and ${more} more`] : shown,
    },
  ];
}

function changesSection(history: History): Section {
  const changes = allChanges(history);
  return {
    id: 'changes',
    title: 'Changes of level',
    lead: [],
    blocks:
      changes.length === 0
        ? []
        : [
            {
              kind: 'table',
              table: changesTable('changes', 'Changes of level, newest first', false, changes),
            },
          ],
  };
}

/** `numbered`: as the chart beside it numbers them. */
function changesTable(
  id: string,
  caption: string,
  numbered: boolean,
  changes: readonly { readonly series: HistorySeries; readonly change: HistoryChange }[],
): Table {
  return table(
    id,
    caption,
    columns('Since', 'Metric', 'Cell', '#Before', '#After', '#Cost', 'Verdict', '#p', 'Changed with it'),
    changes.map(({ series, change }, at) => {
      const scale = scaleFor([change.before, change.after], series.metric.unit);
      return {
        ...(numbered ? {} : { tags: tagsOf(series) }),
        head: `${numbered ? `${at + 1}: ` : ''}${minuteOf(change.startedAt)}`,
        cells: [
          text(series.metric.id),
          text(cellLabel(series.key, true)),
          number(`${scale.format(change.before)} (n=${change.runsBefore})`),
          number(`${scale.format(change.after)} (n=${change.runsAfter})`),
          number(costWithInterval(change.ratio, change.interval)),
          badge(change.direction, change.direction === 'worse' ? 'more' : 'less'),
          number(pText(change.p)),
          text(conditionsText(change)),
        ],
      };
    }),
  );
}

function conditionsText({ conditions }: HistoryChange): string {
  if (conditions.length === 0) return 'nothing that was recorded';
  const shown = conditions.slice(0, 3).join('; ');
  return conditions.length > 3 ? `${shown}; and ${conditions.length - 3} more` : shown;
}

function seriesSection({ series }: History): Section {
  const rows = series.map((each) => {
    const last = each.points.at(-1);
    const range = each.points.map((point) => point.median);
    const scale = scaleFor([...range, last?.median ?? null], each.metric.unit);
    return {
      tags: tagsOf(each),
      head: each.metric.id,
      cells: [
        text(cellLabel(each.key, true)),
        text(each.host.name === '' ? each.host.hash.slice(0, 12) : hostText(each)),
        number(String(each.points.length)),
        number(String(each.gaps)),
        number(scale.format(least(range))),
        number(scale.format(most(range))),
        number(pointWords(last, each.metric, scale)),
        text(each.tooShort ?? count(each.changes.length, 'change')),
      ],
    };
  });
  const heads = columns('Metric', 'Cell', 'Host', '#Runs', '#Gaps', '#Least', '#Most', '#Last', 'Changes');
  const blocks: Block[] =
    rows.length === 0 ? [] : [{ kind: 'table', table: table('series', 'Series', heads, rows) }];
  return { id: 'series', title: 'Series', lead: [], blocks };
}

/** A run's median; below what can be seen where noise made it negative. */
const pointWords = (
  point: HistorySeries['points'][number] | undefined,
  metric: HistorySeries['metric'],
  scale?: ReturnType<typeof scaleFor>,
): string =>
  medianWords(point === undefined ? null : { ...point, min: point.median, max: point.median }, metric, scale);

const least = (values: readonly number[]) => values.reduce((low, value) => Math.min(low, value), Infinity);
const most = (values: readonly number[]) => values.reduce((high, value) => Math.max(high, value), -Infinity);

/** Two fingerprints of one name are told apart. */
function hostText({ host, acceleration }: HistorySeries): string {
  const name = `${host.name} ${host.hash.slice(0, 6)}`;
  return acceleration === 'none' ? name : `${name}, ${accelerationWords[acceleration]}`;
}

function trendSection(series: HistorySeries, place: number): Section {
  const { metric, points, changes } = series;
  const title = `${metric.title}, ${cellLabel(series.key, true)}`;
  const id = `trend-${place + 1}`;
  const perRun = points.length <= 260;
  const chart: Chart = {
    kind: 'trend',
    id: `${id}-chart`,
    title: `${metric.id}, ${metric.better} is better`,
    description: `${count(points.length, 'run')} on ${hostText(series)}, oldest first. ${
      perRun
        ? 'Dots are medians of runs, bars their intervals.'
        : 'A dot is the middle run of several, the bar all they span.'
    }${series.gaps > 0 ? ` ${count(series.gaps, 'run')} without a value left out.` : ''}`,
    unit: metric.unit,
    points: points.map((point) => ({
      label: dayOf(point.startedAt),
      value: point.median,
      low: point.interval?.low ?? null,
      high: point.interval?.high ?? null,
    })),
    marks: changes.map(({ index }, at) => ({ index, name: String(at + 1) })),
  };
  const own = changes.map((change) => ({ series, change }));
  return {
    id,
    title,
    tags: tagsOf(series),
    link: `${metric.id}, ${series.key.runner}`,
    lead: series.tooShort === null ? [] : [`No change points are sought: ${series.tooShort}.`],
    blocks: [
      { kind: 'charts', charts: [chart] },
      ...(own.length === 0
        ? []
        : [
            {
              kind: 'table' as const,
              table: changesTable(`${id}-changes`, 'Changes of level, as numbered', true, own),
            },
          ]),
      folded(pointsTable(series, id), `Numbers of ${metric.id}, ${cellLabel(series.key, true)}`),
    ],
  };
}

function pointsTable({ metric, points }: HistorySeries, id: string): Table {
  const shown = points.slice(-mostListed).reverse();
  const rows = shown.map((point) => ({
    head: minuteOf(point.startedAt),
    cells: [
      number(pointWords(point, metric)),
      number(
        point.interval === null
          ? ''
          : `${formatValue(point.interval.low, metric.unit)} to ${formatValue(point.interval.high, metric.unit)}`,
      ),
      number(String(point.n)),
      number(String(point.failed)),
      text(point.path),
    ],
  }));
  const notes =
    points.length > shown.length
      ? [`The newest ${shown.length} of ${points.length}; \`tare history --format csv\` has them all.`]
      : [];
  return table(
    `${id}-points`,
    `Runs of ${metric.id}`,
    columns('Started', '#Median', '#Interval', '#Launches', '#Failed', 'Record'),
    rows,
    notes,
  );
}
