/** Numbers and ticks as the page's charts write them. Runs inside a report; types are stripped, nothing is imported. */
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

/** 1, 2 or 5 times a power of ten in the unit that is displayed, so that bytes get round MiB. */
function roundTicks(
  axis: { min: number; max: number },
  steps: [number, string][],
  log: boolean,
): { value: number }[] {
  const { min, max } = axis;
  const binary = steps[1]?.[0] === 1024;
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
  let factor = steps[0]?.[0] ?? 1;
  for (const step of steps) if ((Math.abs(min) + Math.abs(max)) / 2 >= step[0]) factor = step[0];
  const rough = (max - min) / factor / (innerWidth < 500 ? 3 : 5);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((part) => part >= rough / power) ?? 10) * factor;
  const ticks = [];
  for (let index = Math.ceil(min / step); index * step <= max && ticks.length < 20; index += 1)
    ticks.push({ value: index * step });
  return ticks;
}
