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
  dots: { block: number; value: number }[];
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
  steps: [number, string][];
  log?: boolean;
  share?: boolean;
  xTitle?: string;
  xTicks?: { value: number; text: string }[];
  series?: (Strip & Line)[];
  bars?: Bar[];
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
// chart.js is a global of the page; its own types would bring the module with them.
declare const Chart: any;

(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const hidden = new Set<string>();
  const live = new Map<string, LiveChart>();
  const runnerColors = 8;
  /** From more rows than this on, charts draw them closer. */
  const dense = 6;

  const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const runnerColor = (index: number) => variable(`--c${index % runnerColors}`);

  /** Three digits and the unit that suits the number. */
  function format(value: number, steps: [number, string][]): string {
    if (value === 0) return '0';
    const size = Math.abs(value);
    let chosen = steps[0];
    for (const step of steps) if (Number((size / step[0]).toPrecision(3)) >= 1) chosen = step;
    // A tenth of a core reads better than 100 mcores.
    const base = steps.find((step) => step[0] === 1);
    if (base?.[1] === 'cores' && size >= 0.1) chosen = base;
    const text = (value / chosen[0]).toLocaleString('en-US', { maximumSignificantDigits: 3 });
    return chosen[1] === '' ? text : `${text} ${chosen[1]}`;
  }

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

  /** 1, 2 or 5 times a power of ten in the unit that is displayed, so that bytes get round MiB. */
  function roundTicks(
    axis: { min: number; max: number },
    chart: ChartData,
    log: boolean,
  ): { value: number }[] {
    const { min, max } = axis;
    const binary = chart.steps[1]?.[0] === 1024;
    if (log) {
      const base = binary ? 2 : 10;
      const first = Math.ceil(Math.log(min) / Math.log(base));
      const last = Math.floor(Math.log(max) / Math.log(base));
      const every = Math.max(1, Math.ceil((last - first + 1) / (innerWidth < 500 ? 4 : 6)));
      const ticks = [];
      for (let power = first; power <= last; power += every) ticks.push({ value: base ** power });
      if (ticks.length > 1 || binary) return ticks;
      return [1, 2, 5, 10, 20, 50]
        .map((part) => ({ value: part * base ** (first - 1) }))
        .filter(({ value }) => value >= min && value <= max);
    }
    let factor = chart.steps[0]?.[0] ?? 1;
    for (const step of chart.steps) if ((Math.abs(min) + Math.abs(max)) / 2 >= step[0]) factor = step[0];
    const rough = (max - min) / factor / (innerWidth < 500 ? 3 : 5);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((part) => part >= rough / power) ?? 10) * factor;
    const ticks = [];
    for (let index = Math.ceil(min / step); index * step <= max && ticks.length < 20; index += 1)
      ticks.push({ value: index * step });
    return ticks;
  }

  function valueAxis(chart: ChartData, log = false) {
    return {
      type: log ? 'logarithmic' : 'linear',
      afterBuildTicks: (axis: { min: number; max: number; ticks: { value: number }[] }) => {
        axis.ticks = roundTicks(axis, chart, log);
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
          data: item.dots.map((dot, index) => ({ x: dot.value, y: row + nudge(index), block: dot.block })),
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

  function toggles(charts: ChartData[], redraw: () => void): void {
    const runners = new Map<string, number>();
    for (const chart of charts) for (const item of chart.series ?? []) runners.set(item.runner, item.color);
    const main = document.getElementById('main');
    if (runners.size < 2 || main === null) return;
    const group = document.createElement('div');
    group.className = 'toggles';
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', 'Runners shown in charts');
    group.append('Shown in charts:');
    for (const [runner, color] of runners) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = runner;
      button.className = `d${color % runnerColors}`;
      button.setAttribute('aria-pressed', 'true');
      button.addEventListener('click', () => {
        const shown = hidden.has(runner);
        // The last one stays: an empty chart answers nothing.
        if (!shown && hidden.size === runners.size - 1) return;
        if (shown) hidden.delete(runner);
        else hidden.add(runner);
        button.setAttribute('aria-pressed', String(shown));
        redraw();
      });
      group.append(button);
    }
    main.prepend(group);
  }

  function start(): void {
    if (typeof Chart === 'undefined') return;
    const block = document.getElementById('tare-charts');
    const charts = JSON.parse(block?.textContent ?? '[]') as ChartData[];
    const redraw = () => {
      applyTheme();
      charts.forEach(draw);
    };
    toggles(charts, redraw);
    redraw();
    dark.addEventListener('change', redraw);
  }

  try {
    start();
  } catch {
    // The static report is complete without this script.
  }
})();
