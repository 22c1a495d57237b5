/**
 * Runs inside a report. Draws the static charts again with chart.js: a tooltip per launch, runners
 * that can be hidden, colours that follow light and dark. If anything fails, the static chart stays.
 * Text reaches the page by textContent only.
 */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
  type ChartConfiguration,
  type Scale,
} from 'chart.js';
import type { Unit } from '../../../../model/quantities.ts';
import { formatValue } from '../../../../model/units.ts';
import type { StageBar } from '../../../parts/parts.ts';
import { shortened } from '../../../parts/words.ts';
import { linearTicks, logTicks, nudge } from '../../svg/axes.ts';
import type { ChartData, DrawnChart, DrawnStrip } from '../chart-data.ts';
import './filter.ts';

type Kind<Name extends DrawnChart['kind']> = Extract<DrawnChart, { kind: Name }>;
type Ticks = ReturnType<typeof linearTicks>;

interface StripPoint {
  x: number;
  y: number;
  block: number;
}
interface LinePoint {
  x: number;
  y: number;
}

Chart.register(
  ScatterController,
  LineController,
  BarController,
  PointElement,
  LineElement,
  BarElement,
  LinearScale,
  LogarithmicScale,
  CategoryScale,
  Tooltip,
  Legend,
);

const dark = matchMedia('(prefers-color-scheme: dark)');
let hidden = new Set<string>();
let blockLists: ChartData['blocks'] = [];
const live = new Map<string, Chart>();
const runnerColors = 8;
/** From more rows than this on, charts draw them closer. */
const dense = 6;

const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const runnerColor = (index: number) => variable(`--c${index % runnerColors}`);

/** Colours and habits that all charts share, read again when the page turns light or dark. */
function applyTheme(): void {
  const { defaults } = Chart;
  defaults.font.family = getComputedStyle(document.body).fontFamily;
  defaults.font.size = 12;
  defaults.color = variable('--muted');
  defaults.borderColor = variable('--line');
  defaults.animation = false;
  defaults.maintainAspectRatio = false;
  defaults.layout.padding = { right: 12 };
  Object.assign(defaults.plugins.legend, { display: false, position: 'bottom', onClick: () => undefined });
  defaults.plugins.legend.labels.color = variable('--ink');
  Object.assign(defaults.plugins.tooltip, {
    backgroundColor: variable('--ink'),
    titleColor: variable('--surface'),
    bodyColor: variable('--surface'),
    footerColor: variable('--surface'),
    displayColors: false,
    padding: 10,
  });
}

const labelTicks = () => ({ color: variable('--ink'), font: { weight: 600 }, autoSkip: false });
const bare = { grid: { display: false }, border: { display: false } };

/** Few enough ticks for the width of the page, written as in the static drawing. */
function valueAxis(unit: Unit, log = false) {
  let ticks: Ticks = [];
  const narrow = innerWidth < 500;
  return {
    type: log ? ('logarithmic' as const) : ('linear' as const),
    afterBuildTicks: (axis: Scale) => {
      ticks = log
        ? logTicks(axis.min, axis.max, unit, narrow ? 4 : 6)
        : linearTicks(axis.min, axis.max, unit, narrow ? 3 : 5);
      axis.ticks = ticks.map(({ value }) => ({ value }));
    },
    ticks: {
      maxRotation: 0,
      autoSkip: false,
      callback: (value: number | string) => ticks.find((tick) => tick.value === value)?.text ?? '',
    },
  };
}

function strip(chart: Kind<'strip'>): ChartConfiguration<'scatter', StripPoint[]> {
  const series = chart.series.filter((item) => !hidden.has(item.runner));
  const medians = { id: 'medians', beforeDatasetsDraw: (drawn: Chart) => drawMedians(drawn, series) };
  return {
    type: 'scatter',
    data: {
      datasets: series.map((item, row) => ({
        backgroundColor: `${runnerColor(item.color)}aa`,
        borderColor: 'transparent',
        pointRadius: 3.5,
        pointHoverRadius: 6,
        data: item.values.map((value, index) => ({
          x: value,
          y: row + 0.275 * nudge(index),
          block: blockLists[item.blocks]?.[index] ?? 0,
        })),
      })),
    },
    options: {
      scales: {
        x: { ...valueAxis(chart.unit, chart.log), grace: '4%' },
        y: {
          ...bare,
          min: -0.6,
          max: series.length - 0.4,
          reverse: true,
          afterBuildTicks: (axis: Scale) => {
            axis.ticks = series.map((_, row) => ({ value: row }));
          },
          ticks: {
            ...labelTicks(),
            callback: (row: number | string) => fitting(series[Number(row)]?.label ?? ''),
          },
        },
      },
      plugins: {
        tooltip: {
          callbacks: {
            label: (item) => {
              const { x, block } = item.raw as StripPoint;
              return `${series[item.datasetIndex]?.label ?? ''}, block ${block}: ${formatValue(x, chart.unit)}`;
            },
            footer: (items) => {
              const median = series[items[0]?.datasetIndex ?? -1]?.median ?? null;
              return median === null ? '' : `median ${formatValue(median, chart.unit)}`;
            },
          },
        },
      },
    },
    plugins: [medians],
  };
}

const fitting = (label: string) => shortened(label, innerWidth < 500 ? 12 : 22);

/** Interval as a band and median as a line, below the dots. */
function drawMedians({ ctx, scales }: Chart, series: readonly DrawnStrip[]): void {
  const { x, y } = scales;
  if (x === undefined || y === undefined) return;
  series.forEach((item, row) => {
    const top = y.getPixelForValue(row - 0.36);
    const bottom = y.getPixelForValue(row + 0.36);
    ctx.save();
    if (item.interval !== null) {
      const from = x.getPixelForValue(item.interval.low);
      const to = x.getPixelForValue(item.interval.high);
      ctx.globalAlpha = 0.2;
      ctx.fillStyle = runnerColor(item.color);
      ctx.fillRect(from, top, Math.max(1, to - from), bottom - top);
      ctx.globalAlpha = 1;
    }
    if (item.median !== null) {
      const at = x.getPixelForValue(item.median);
      ctx.strokeStyle = variable('--ink');
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(at, top);
      ctx.lineTo(at, bottom);
      ctx.stroke();
    }
    ctx.fillStyle = variable('--ink');
    for (const mode of item.modes) {
      const at = x.getPixelForValue(mode);
      ctx.beginPath();
      ctx.moveTo(at, bottom - 4);
      ctx.lineTo(at + 4, bottom + 2);
      ctx.lineTo(at - 4, bottom + 2);
      ctx.fill();
    }
    ctx.restore();
  });
}

function lines(chart: Kind<'lines'>): ChartConfiguration<'line', LinePoint[]> {
  const series = chart.series.filter((item) => !hidden.has(item.runner));
  const { xTicks, log, xTitle } = chart;
  const own = (at: number | string) => {
    const x = Number(at);
    return xTicks?.find((tick) => Math.abs(tick.value - x) < 1e-9)?.text ?? String(x);
  };
  const setTicks = (axis: Scale) => {
    if (xTicks !== undefined) axis.ticks = xTicks.map(({ value }) => ({ value }));
  };
  const x = {
    ...bare,
    type: 'linear' as const,
    title: { display: true, text: xTitle },
    afterBuildTicks: setTicks,
  };
  return {
    type: 'line',
    data: {
      datasets: series.map((item) => ({
        label: item.label,
        borderColor: runnerColor(item.color),
        backgroundColor: runnerColor(item.color),
        pointRadius: 4,
        pointHoverRadius: 6,
        borderWidth: 2.5,
        data: [...item.points],
      })),
    },
    options: {
      interaction: { mode: 'nearest', intersect: false },
      scales: {
        x: { ...x, ticks: xTicks === undefined ? { precision: 0 } : { autoSkip: false, callback: own } },
        y: { ...valueAxis(chart.unit, log), ...(log ? { grace: '4%' } : { beginAtZero: true }) },
      },
      plugins: {
        legend: { display: true, labels: { usePointStyle: true, boxHeight: 7 } },
        tooltip: {
          callbacks: {
            title: (items) => `${own(items[0]?.parsed.x ?? 0)} ${xTitle}`,
            label: (item) => `${item.dataset.label ?? ''}: ${formatValue(item.parsed.y, chart.unit)}`,
          },
        },
      },
    },
  };
}

function stages(chart: Kind<'stages'>): ChartConfiguration<'bar', number[], string[]> {
  const bars = chart.bars.filter((bar) => !hidden.has(bar.runner));
  const { share } = chart;
  const found = new Set(bars.flatMap((bar) => bar.parts.map((part) => part.stage)));
  const present = [...found].sort((a, b) => a - b);
  const partOf = (bar: StageBar | undefined, stage: number) =>
    bar?.parts.find((part) => part.stage === stage);
  const nameOf = (stage: number) =>
    bars
      .map((bar) => partOf(bar, stage)?.name)
      .find((name) => name !== undefined)
      ?.replace(/ \(.*$/, '');
  return {
    type: 'bar',
    data: {
      labels: bars.map((bar) => [fitting(bar.label), formatValue(bar.total, chart.unit)]),
      datasets: present.map((stage) => ({
        label: nameOf(stage),
        backgroundColor: variable(`--s${stage}`),
        maxBarThickness: 30,
        data: bars.map((bar) => (partOf(bar, stage)?.value ?? 0) * (share ? 100 / bar.total : 1)),
      })),
    },
    options: {
      indexAxis: 'y',
      scales: {
        x: share
          ? {
              stacked: true,
              max: 100,
              ticks: { maxTicksLimit: 6, callback: (value: number | string) => `${value} %` },
            }
          : { ...valueAxis(chart.unit), stacked: true },
        y: { ...bare, stacked: true, ticks: labelTicks() },
      },
      plugins: {
        legend: { display: true, labels: { boxWidth: 12, boxHeight: 12 } },
        tooltip: {
          callbacks: {
            title: (items) => bars[items[0]?.dataIndex ?? -1]?.label ?? '',
            label: (item) => {
              const part = partOf(bars[item.dataIndex], present[item.datasetIndex] ?? -1);
              return part === undefined ? '' : `${part.name}: ${formatValue(part.value, chart.unit)}`;
            },
          },
        },
      },
    },
  };
}

function configOf(chart: DrawnChart): ChartConfiguration {
  switch (chart.kind) {
    case 'strip':
      return strip(chart) as ChartConfiguration;
    case 'lines':
      return lines(chart) as ChartConfiguration;
    case 'stages':
      return stages(chart) as ChartConfiguration;
  }
}

function heightOf(chart: DrawnChart): number {
  if (chart.kind === 'lines') return 320;
  if (chart.kind === 'strip') {
    const shown = chart.series.filter((item) => !hidden.has(item.runner));
    return (shown.length > dense ? 32 : 48) * Math.max(1, shown.length) + 44;
  }
  const bars = chart.bars.length;
  return (bars > dense ? 40 : 56) * Math.max(1, bars) + 110;
}

/** Draws one chart beside its static twin and hides the twin only once that has worked. */
function draw(chart: DrawnChart): void {
  const figure = document.getElementById(chart.id);
  const still = figure?.querySelector<HTMLElement>('.static');
  if (figure === null || still === null || still === undefined) return;
  live.get(chart.id)?.destroy();
  live.delete(chart.id);
  figure.querySelector('.live')?.remove();
  still.hidden = false;
  const holder = document.createElement('div');
  holder.className = 'live';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${chart.title}; the values are in the table below`);
  holder.append(canvas);
  holder.style.height = `${heightOf(chart)}px`;
  still.after(holder);
  try {
    live.set(chart.id, new Chart(canvas, configOf(chart)));
    still.hidden = true;
  } catch {
    holder.remove();
  }
}

/** The page's data: base64 of deflated JSON. */
async function read(): Promise<ChartData> {
  const packed = atob(document.getElementById('tare-charts')?.textContent ?? '');
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return (await new Response(unpacked).json()) as ChartData;
}

async function start(): Promise<void> {
  const data = await read();
  blockLists = data.blocks;
  const { charts } = data;
  const byId = new Map(charts.map((chart) => [chart.id, chart] as const));
  applyTheme();
  // A page of hundreds of charts opens at once because only those that are looked at are drawn.
  const looked = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        const chart = byId.get(target.id);
        if (!isIntersecting || chart === undefined) continue;
        looked.unobserve(target);
        draw(chart);
      }
    },
    { rootMargin: '600px 0px' },
  );
  for (const { id } of charts) {
    const figure = document.getElementById(id);
    if (figure !== null) looked.observe(figure);
  }
  const redraw = () => {
    applyTheme();
    for (const chart of [...live.keys()].map((id) => byId.get(id))) if (chart !== undefined) draw(chart);
  };
  document.addEventListener('tare:runners', (event) => {
    hidden = new Set((event as CustomEvent<string[]>).detail);
    redraw();
  });
  dark.addEventListener('change', redraw);
}

// The static report is complete without this script.
start().catch(() => undefined);
