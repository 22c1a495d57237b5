/**
 * Runs inside a report. Draws the static charts again with chart.js: a tooltip per launch, runners
 * that can be hidden, colours that follow light and dark. If anything fails, the static chart stays.
 * Text reaches the page by textContent only. Types are stripped, nothing is imported.
 */
interface Interval {
  low: number;
  high: number;
}
interface Strip {
  label: string;
  runner: string;
  color: number;
  median: number | null;
  interval: Interval | null;
  values: number[];
  /** Which list of block numbers is that of its values. */
  blocks: number;
  modes: number[];
}
interface Line {
  label: string;
  runner: string;
  color: number;
  points: { x: number; y: number }[];
}
interface Bar {
  label: string;
  runner: string;
  total: number;
  parts: { stage: number; name: string; value: number }[];
}
interface ChartData {
  kind: 'strip' | 'lines' | 'stages';
  id: string;
  title: string;
  unit: string;
  /** Filled in from the units of the page. */
  steps: [number, string][];
  log?: boolean;
  share?: boolean;
  xTitle?: string;
  xTicks?: { value: number; text: string }[];
  series?: (Strip & Line)[];
  bars?: Bar[];
}
interface PageData {
  units: Record<string, [number, string][]>;
  blocks: number[][];
  charts: ChartData[];
}
/** What is used of a drawn chart. */
interface LiveChart {
  destroy(): void;
  ctx: CanvasRenderingContext2D;
  scales: { x: Pixels; y: Pixels };
}
interface Pixels {
  getPixelForValue(value: number): number;
}
// Of numbers.ts, which stands before this in the page's script.
declare function format(value: number, steps: [number, string][]): string;
declare function roundTicks(
  axis: { min: number; max: number },
  steps: [number, string][],
  log: boolean,
): { value: number }[];
// chart.js is a global of the page; its own types would bring the module with them.
declare const Chart: any;

(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let hidden = new Set<string>();
  let blockLists: number[][] = [];
  const live = new Map<string, LiveChart>();
  const runnerColors = 8;
  /** From more rows than this on, charts draw them closer. */
  const dense = 6;

  const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const runnerColor = (index: number) => variable(`--c${index % runnerColors}`);

  const nudge = (index: number) => (((index * 0.6180339887) % 1) - 0.5) * 0.55;

  /** Colours and habits that all charts share, read anew when the page turns light or dark. */
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

  function valueAxis(chart: ChartData, log = false) {
    return {
      type: log ? 'logarithmic' : 'linear',
      afterBuildTicks: (axis: { min: number; max: number; ticks: { value: number }[] }) => {
        axis.ticks = roundTicks(axis, chart.steps, log);
      },
      ticks: { maxRotation: 0, autoSkip: false, callback: (value: number) => format(value, chart.steps) },
    };
  }

  function strip(chart: ChartData): object {
    const series = (chart.series ?? []).filter((item) => !hidden.has(item.runner));
    const medians = { id: 'medians', beforeDatasetsDraw: (drawn: LiveChart) => drawMedians(drawn, series) };
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
            y: row + nudge(index),
            block: blockLists[item.blocks]?.[index] ?? 0,
          })),
        })),
      },
      options: {
        scales: {
          x: { ...valueAxis(chart, chart.log), grace: '4%' },
          y: {
            ...bare,
            min: -0.6,
            max: series.length - 0.4,
            reverse: true,
            afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
              axis.ticks = series.map((_, row) => ({ value: row }));
            },
            ticks: { ...labelTicks(), callback: (row: number) => shortened(series[row]?.label ?? '') },
          },
        },
        plugins: {
          tooltip: {
            callbacks: {
              label: (item: { datasetIndex: number; raw: { x: number; block: number } }) =>
                `${series[item.datasetIndex]?.label ?? ''}, block ${item.raw.block}: ${format(item.raw.x, chart.steps)}`,
              footer: (items: { datasetIndex: number }[]) => {
                const median = series[items[0]?.datasetIndex ?? -1]?.median ?? null;
                return median === null ? '' : `median ${format(median, chart.steps)}`;
              },
            },
          },
        },
      },
      plugins: [medians],
    };
  }

  function shortened(label: string): string {
    const letters = [...label];
    const most = innerWidth < 500 ? 12 : 22;
    return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : label;
  }

  /** Interval as a band and median as a line, below the dots. */
  function drawMedians({ ctx, scales }: LiveChart, series: Strip[]): void {
    series.forEach((item, row) => {
      const top = scales.y.getPixelForValue(row - 0.36);
      const bottom = scales.y.getPixelForValue(row + 0.36);
      ctx.save();
      if (item.interval !== null) {
        const from = scales.x.getPixelForValue(item.interval.low);
        const to = scales.x.getPixelForValue(item.interval.high);
        ctx.globalAlpha = 0.2;
        ctx.fillStyle = runnerColor(item.color);
        ctx.fillRect(from, top, Math.max(1, to - from), bottom - top);
        ctx.globalAlpha = 1;
      }
      if (item.median !== null) {
        const at = scales.x.getPixelForValue(item.median);
        ctx.strokeStyle = variable('--ink');
        ctx.lineWidth = 2;
        ctx.beginPath();
        ctx.moveTo(at, top);
        ctx.lineTo(at, bottom);
        ctx.stroke();
      }
      ctx.fillStyle = variable('--ink');
      for (const mode of item.modes) {
        const at = scales.x.getPixelForValue(mode);
        ctx.beginPath();
        ctx.moveTo(at, bottom - 4);
        ctx.lineTo(at + 4, bottom + 2);
        ctx.lineTo(at - 4, bottom + 2);
        ctx.fill();
      }
      ctx.restore();
    });
  }

  function lines(chart: ChartData): object {
    const series = (chart.series ?? []).filter((item) => !hidden.has(item.runner));
    const { xTicks, log, xTitle = '' } = chart;
    const own = (x: number) => xTicks?.find((tick) => Math.abs(tick.value - x) < 1e-9)?.text ?? String(x);
    const setTicks = (axis: { ticks: { value: number }[] }) => {
      if (xTicks !== undefined) axis.ticks = xTicks.map(({ value }) => ({ value }));
    };
    const x = { ...bare, type: 'linear', title: { display: true, text: xTitle }, afterBuildTicks: setTicks };
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
          data: item.points,
        })),
      },
      options: {
        interaction: { mode: 'nearest', intersect: false },
        scales: {
          x: { ...x, ticks: xTicks === undefined ? { precision: 0 } : { autoSkip: false, callback: own } },
          y: { ...valueAxis(chart, log), ...(log ? { grace: '4%' } : { beginAtZero: true }) },
        },
        plugins: {
          legend: { display: true, labels: { usePointStyle: true, boxHeight: 7 } },
          tooltip: {
            callbacks: {
              title: (items: { parsed: { x: number } }[]) => `${own(items[0]?.parsed.x ?? 0)} ${xTitle}`,
              label: (item: { dataset: { label: string }; parsed: { y: number } }) =>
                `${item.dataset.label}: ${format(item.parsed.y, chart.steps)}`,
            },
          },
        },
      },
    };
  }

  function stages(chart: ChartData): object {
    const bars = (chart.bars ?? []).filter((bar) => !hidden.has(bar.runner));
    const share = chart.share === true;
    const found = new Set(bars.flatMap((bar) => bar.parts.map((part) => part.stage)));
    const present = [...found].sort((a, b) => a - b);
    const partOf = (bar: Bar | undefined, stage: number) => bar?.parts.find((part) => part.stage === stage);
    const nameOf = (stage: number) =>
      bars
        .map((bar) => partOf(bar, stage)?.name)
        .find((name) => name !== undefined)
        ?.replace(/ \(.*$/, '');
    return {
      type: 'bar',
      data: {
        labels: bars.map((bar) => [shortened(bar.label), format(bar.total, chart.steps)]),
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
                ticks: { maxTicksLimit: 6, callback: (value: number) => `${value} %` },
              }
            : { ...valueAxis(chart), stacked: true },
          y: { ...bare, stacked: true, ticks: labelTicks() },
        },
        plugins: {
          legend: { display: true, labels: { boxWidth: 12, boxHeight: 12 } },
          tooltip: {
            callbacks: {
              title: (items: { dataIndex: number }[]) => bars[items[0]?.dataIndex ?? -1]?.label ?? '',
              label: (item: { dataIndex: number; datasetIndex: number }) => {
                const part = partOf(bars[item.dataIndex], present[item.datasetIndex] ?? -1);
                return part === undefined ? '' : `${part.name}: ${format(part.value, chart.steps)}`;
              },
            },
          },
        },
      },
    };
  }

  const makers = { strip, lines, stages };

  function heightOf(chart: ChartData): number {
    if (chart.kind === 'lines') return 320;
    if (chart.kind === 'strip') {
      const shown = (chart.series ?? []).filter((item) => !hidden.has(item.runner));
      return (shown.length > dense ? 32 : 48) * Math.max(1, shown.length) + 44;
    }
    const bars = (chart.bars ?? []).length;
    return (bars > dense ? 40 : 56) * Math.max(1, bars) + 110;
  }

  /** Draws one chart beside its static twin and hides the twin only once that has worked. */
  function draw(chart: ChartData): void {
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
      live.set(chart.id, new Chart(canvas, makers[chart.kind](chart)));
      still.hidden = true;
    } catch {
      holder.remove();
    }
  }

  /** The page's data: base64 of deflated JSON. */
  async function read(): Promise<PageData> {
    const packed = atob(document.getElementById('tare-charts')?.textContent ?? '');
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return (await new Response(unpacked).json()) as PageData;
  }

  async function start(): Promise<void> {
    if (typeof Chart === 'undefined') return;
    const data = await read();
    blockLists = data.blocks;
    const charts = data.charts.map((chart) => ({ ...chart, steps: data.units[chart.unit] ?? [[1, '']] }));
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
      for (const id of [...live.keys()]) draw(byId.get(id) as ChartData);
    };
    document.addEventListener('tare:runners', (event) => {
      hidden = new Set((event as CustomEvent<string[]>).detail);
      redraw();
    });
    dark.addEventListener('change', redraw);
  }

  // The static report is complete without this script.
  start().catch(() => undefined);
})();
