/**
 * The network family's own view: latency over load as curves, and how each load went: what was asked, what
 * failed, how late the generator was, and in how many launches a phase was taken out by a declared rule.
 */
import type { Analysis } from '../../../model/analysis.ts';
import type { MetricDeclaration } from '../../../model/metric.ts';
import type { LoadPhase } from '../../../model/observation.ts';
import type { CellRecord, RunRecord } from '../../../model/record.ts';
import { median } from '../../../model/descriptive.ts';
import { absent, scaleFor } from '../../../model/units.ts';
import {
  columns,
  folded,
  number,
  table,
  text,
  type Block,
  type Chart,
  type LineSeries,
} from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';

/** Loads as shares of capacity against medians over launches, and the table of all loads. */
export function networkBlocks(record: RunRecord, analysis: Analysis, subjects: Subjects): readonly Block[] {
  const charts = [0.5, 0.99].flatMap((q) => loadCharts(record, analysis, subjects, q));
  return [
    ...(charts.length === 0 ? [] : [{ kind: 'charts' as const, charts }]),
    ...discardNotice(record, subjects),
  ];
}

/** How every load of every runner went. */
export function loadTable(record: RunRecord, _analysis: Analysis, subjects: Subjects): readonly Block[] {
  const rows = cellsWithPhases(record, subjects).flatMap(({ cell, phases }) => {
    const points = [...new Set(phases.map(({ point }) => point))];
    return points.map((point) => {
      const own = phases.filter((phase) => phase.point === point);
      const middle = (of: (phase: LoadPhase) => number | null) =>
        median(own.map(of).filter((value) => value !== null));
      const total = (of: (phase: LoadPhase) => number) => own.reduce((sum, phase) => sum + of(phase), 0);
      const rate = middle(({ rate: asked }) => asked);
      const lag = middle(({ lagP99Seconds }) => lagP99Seconds);
      const latency = middle(({ medianSeconds }) => medianSeconds);
      const times = scaleFor([lag, latency], 's');
      const cores = middle(({ generatorCores }) => generatorCores);
      const server = middle(({ instanceCores }) => instanceCores);
      return {
        head: subjects.label(cell),
        cells: [
          text(pointWords(point)),
          number(scaleFor([rate], '1/s').format(rate)),
          number(total(({ sent }) => sent).toLocaleString('en-US')),
          number(
            failedWords(
              total(({ errors }) => errors),
              total(({ lost }) => lost),
              total(({ unanswered }) => unanswered),
            ),
          ),
          number(point === 'capacity' ? absent : times.format(latency)),
          number(times.format(lag)),
          number(cores === null ? absent : cores.toFixed(2)),
          number(server === null ? absent : server.toFixed(2)),
          number(`${own.filter(({ discarded }) => discarded !== null).length} of ${own.length}`),
        ],
      };
    });
  });
  if (rows.length === 0) return [];
  const heads = columns(
    'Runner',
    'Load',
    '#Requests/s',
    '#Sent',
    '#Failed',
    '#Median latency',
    '#Generator’s lag, p99',
    '#Generator, cores',
    '#Instance, cores',
    '#Discarded',
  );
  return [
    folded(
      table(
        'loads',
        'How each load went: failures, the generator’s own lag, discarded launches',
        heads,
        rows,
        [
          'Medians over launches; sent and failed are totals. Failed: answered by an error, lost with their connection, or without an answer 5 s after the last request.',
          'A load is discarded when p99 of the generator’s lag exceeds 10 % of the median latency (C22), capacity when the generator and not the server was at its limit. What was discarded stays in the record and is used for nothing. A generator that waits spins: one core busy is its normal state.',
        ],
      ),
    ),
  ];
}

function failedWords(errors: number, lost: number, unanswered: number): string {
  const parts = [
    [errors, 'errors'],
    [lost, 'lost'],
    [unanswered, 'unanswered'],
  ] as const;
  const some = parts.filter(([n]) => n > 0);
  return some.length === 0 ? '0' : some.map(([n, word]) => `${n} ${word}`).join(', ');
}

function pointWords(point: string): string {
  if (point === 'capacity') return 'capacity (closed loop)';
  return point.endsWith('/s') ? point : `${point} % of capacity`;
}

interface CellPhases {
  readonly cell: string;
  readonly phases: readonly LoadPhase[];
}

function cellsWithPhases(record: RunRecord, subjects: Subjects): readonly CellPhases[] {
  return subjects.cells
    .filter(({ role }) => role === 'measured')
    .map(({ id }) => ({
      cell: id,
      phases: record.trials
        .filter((trial) => trial.cell === id && trial.block >= 0 && trial.outcome.state === 'ok')
        .flatMap(({ observations }) => observations.filter((each) => each.kind === 'load-phase')),
    }))
    .filter(({ phases }) => phases.length > 0);
}

function discardNotice(record: RunRecord, subjects: Subjects): Block[] {
  const lines = cellsWithPhases(record, subjects).flatMap(({ cell, phases }) => {
    const found = phases.filter(({ discarded }) => discarded !== null);
    const [first] = found;
    if (first?.discarded == null) return [];
    return [
      `${subjects.label(cell)}: ${found.length} of ${phases.length}; one at ${pointWords(first.point)}: ${first.discarded}.`,
    ];
  });
  if (lines.length === 0) return [];
  const title = 'Loads whose numbers are not used, by rules declared before the run';
  return [{ kind: 'notice', tone: 'warn', title, lines }];
}

/** One chart per workload: a quantile over the share of capacity, a line per runner. */
function loadCharts(record: RunRecord, analysis: Analysis, subjects: Subjects, q: number): Chart[] {
  const metrics = record.header.metrics.flatMap((metric) => {
    const share = shareOf(metric, q);
    return share === null ? [] : [{ id: metric.id, share }];
  });
  const measured = subjects.cells.filter(({ role }) => role === 'measured');
  const shapes = new Set(measured.map(({ shape }) => shape.id)).size;
  const nameOf = ({ workload, shape }: CellRecord) => (shapes > 1 ? `${workload}, ${shape.id}` : workload);
  const settings = [...new Set(measured.map(nameOf))];
  const several = settings.length > 1;
  return settings.flatMap((setting, index): Chart[] => {
    const cells = measured.filter((cell) => nameOf(cell) === setting);
    const series = cells.flatMap(({ id }): LineSeries[] => {
      const points = metrics.flatMap(({ id: metric, share }) => {
        const found = analysis.summaries.find((item) => item.cell === id && item.metric === metric);
        return found?.median == null || found.median <= 0 ? [] : [{ x: share, y: found.median }];
      });
      const runner = subjects.runner(id);
      return points.length < 2
        ? []
        : [{ label: runner, runner, color: subjects.color(id), points, dots: [] }];
    });
    if (series.length === 0) return [];
    const name = q === 0.5 ? 'Median latency' : 'p99 latency';
    const shares = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort(
      (a, b) => a - b,
    );
    return [
      {
        kind: 'lines',
        id: `chart-load-${q === 0.5 ? 'p50' : 'p99'}-${index}`,
        title: `${name} over load${several ? `, ${setting}` : ''}`,
        description:
          'Log axis. Each runner at shares of its own capacity, so equal places are equal strain and not equal work; medians over launches of each launch’s own percentile.',
        unit: 's',
        xTitle: '% of the runner’s own capacity',
        log: true,
        xTicks: shares.map((value) => ({ value, text: String(value) })),
        series,
      },
    ];
  });
}

/** Percent of capacity that a quantile metric stands at; null for others. */
function shareOf({ id, source }: MetricDeclaration, q: number): number | null {
  if (source.kind !== 'quantile' || source.q !== q) return null;
  const percent = /^network\..*-at-(\d+)$/.exec(id)?.[1];
  return percent === undefined ? null : Number(percent);
}
