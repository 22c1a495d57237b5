/** More instances at once: how many are ready after how long, the tail, and tare's own part in it. */
import { usableTrials, wasInterrupted } from '../../../bench/analysis/values.ts';
import type { Analysis } from '../../../model/analysis.ts';
import type { Wave } from '../../../model/observation.ts';
import type { Seconds } from '../../../model/quantities.ts';
import type { CellRecord, RunRecord } from '../../../model/record.ts';
import { median, orderStatistic } from '../../../model/descriptive.ts';
import { scaleFor } from '../../../model/units.ts';
import { spansWidely } from '../../parts/charts.ts';
import {
  columns,
  number,
  table,
  type Block,
  type Chart,
  type LineSeries,
  type Table,
} from '../../parts/parts.ts';
import type { Subjects } from '../../parts/subjects.ts';

/** One cell's waves: complete ones that count, and what was asked of all. */
interface Waves {
  readonly cell: CellRecord;
  readonly complete: readonly Wave[];
  readonly asked: number;
  readonly failed: number;
}

/** What the scale-out family shows before its medians. */
export function scaleOutBlocks(record: RunRecord, _analysis: Analysis, subjects: Subjects): Block[] {
  const usable = usableTrials(record);
  const cells = record.header.cells.flatMap((cell): Waves[] => {
    const all = record.trials
      .filter((trial) => trial.cell === cell.id && trial.block >= 0 && !wasInterrupted(trial))
      .flatMap(wavesOf);
    if (all.length === 0) return [];
    return [
      {
        cell,
        complete: (usable.get(cell.id) ?? []).flatMap(wavesOf),
        asked: all.reduce((sum, { asked }) => sum + asked, 0),
        failed: all.reduce((sum, { failures }) => sum + failures.length, 0),
      },
    ];
  });
  if (cells.length === 0) return [];
  const chart = waveChart(cells, subjects);
  return [
    ...(chart === null ? [] : [{ kind: 'charts' as const, charts: [chart] }]),
    { kind: 'table', table: waveTable(cells, subjects) },
  ];
}

function wavesOf({ observations }: RunRecord['trials'][number]): Wave[] {
  return observations.filter((one) => one.kind === 'wave');
}

function waveChart(cells: readonly Waves[], subjects: Subjects): Chart | null {
  const series = cells
    .filter(({ complete }) => complete.length > 0)
    .map(({ cell, complete }): LineSeries => {
      const most = Math.min(...complete.map(({ ready }) => ready.length));
      return {
        label: subjects.label(cell.id),
        runner: subjects.runner(cell.id),
        color: subjects.color(cell.id),
        points: Array.from({ length: most }, (_, index) => ({
          x: index + 1,
          y: median(complete.flatMap(({ ready }) => ready[index]?.ready ?? [])) ?? 0,
        })),
        dots: [],
      };
    });
  if (series.every(({ points }) => points.length < 2)) return null;
  const log = spansWidely(series.flatMap(({ points }) => points.map(({ y }) => y)));
  return {
    kind: 'lines',
    id: 'chart-wave',
    title: 'Until so many are ready',
    description: `${log ? 'Log axis. ' : ''}From the one request for all of them to the reply of the first, second, ... and last instance; median over waves. The rise at the end is the tail.`,
    unit: 's',
    xTitle: 'instances ready',
    series,
    log,
  };
}

function waveTable(cells: readonly Waves[], subjects: Subjects): Table {
  const times = cells.map(({ complete }) => {
    const of = (read: (wave: Wave) => Seconds | null) =>
      median(complete.map(read).filter((value) => value !== null));
    const after = (share: number) =>
      of(({ ready }) =>
        orderStatistic(
          ready.map((one) => one.ready),
          share,
        ),
      );
    return {
      first: after(0),
      half: after(0.5),
      most: after(0.9),
      all: after(1),
      prepared: of(({ ready }) =>
        orderStatistic(
          ready.map((one) => one.launched),
          1,
        ),
      ),
      rate: of(({ ready, asked }) => asked / (ready.at(-1)?.ready ?? Number.NaN)),
    };
  });
  const scale = scaleFor(
    times.flatMap(({ first, half, most, all }) => [first, half, most, all]),
    's',
  );
  const rates = scaleFor(
    times.map(({ rate }) => rate),
    '1/s',
  );
  const rows = cells.map(({ cell, complete, asked, failed }, index) => {
    const own = times[index];
    const cellsOf = [own?.first, own?.half, own?.most, own?.all, own?.prepared];
    const [wave] = complete;
    return {
      head: subjects.label(cell.id),
      cells: [
        number(wave === undefined ? '' : `${wave.asked} beside ${wave.idle}`),
        ...cellsOf.map((value) => number(scale.format(value ?? null))),
        number(rates.format(own?.rate ?? null)),
        number(`${failed} of ${asked}`),
        number(String(complete.length)),
      ],
    };
  });
  const heads = columns(
    'Runner',
    '#Asked, beside idle',
    '#First ready',
    '#Half',
    '#Nine in ten',
    '#All',
    '#Last one launched',
    '#Rate',
    '#Failed',
    '#Waves',
  );
  return table('waves', 'Waves in numbers: medians over complete waves', heads, rows, [
    'Every time counts from the one request for all instances of the wave. “Last one launched” is when tare had handed over the last launch: until then its own preparations (groups, folders, launchers) are part of the time, as any orchestrator’s are.',
    'A wave in which an instance failed has no time until all were ready; it is counted under “failed” and left out of the medians.',
  ]);
}
