/**
 * Criterion.rs: the folder target/criterion, its estimates.json or sample.json, what `cargo bench` prints, and
 * the libtest form of it. The samples of a benchmark are taken in one process and are turns of one launch; an
 * estimate is one value of it.
 */
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import { createGaps, type Gaps } from '../gaps.ts';
import { identityOf, launchesTogether } from '../identity.ts';
import { readJson } from '../json.ts';
import { notNegative, unknownHost } from '../parsed.ts';
import type { ImportedLaunch, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { readUnit } from '../units.ts';

const estimate = z.looseObject({ point_estimate: z.number() });
const estimatesForm = z.looseObject({
  mean: estimate,
  median: estimate.optional(),
  std_dev: estimate.optional(),
});
const sampleForm = z.looseObject({ iters: z.array(z.number()), times: z.array(z.number()) });
const benchmarkForm = z.looseObject({
  full_id: z.string().optional(),
  group_id: z.string().optional(),
  function_id: z.string().nullish(),
  value_str: z.string().nullish(),
});

interface Entry {
  readonly name: string;
  readonly launch: ImportedLaunch;
}

export function readCriterion(source: ImportFile): ParsedImport {
  const gaps = createGaps();
  const { entries, remarks } =
    source.parts === undefined ? fromText(source, gaps) : fromFolder(source.file, source.parts, gaps);
  return {
    tool: 'criterion',
    version: null,
    at: null,
    host: unknownHost,
    unit: 'iteration',
    benchmarks: launchesTogether(entries),
    remarks,
    notUnderstood: gaps.list(),
  };
}

function fromFolder(file: string, parts: NonNullable<ImportFile['parts']>, gaps: Gaps) {
  const byFolder = new Map<string, Map<string, string>>();
  for (const { path, text } of parts) {
    const at = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(0, at));
    byFolder.set(folder, (byFolder.get(folder) ?? new Map<string, string>()).set(path.slice(at + 1), text));
  }
  let estimates = 0;
  const entries = [...byFolder].flatMap(([folder, texts]): Entry[] => {
    const place = folder === '' ? file : `${file}/${folder}`;
    const name = identityOf(nameOf(texts.get('benchmark.json'), folder, place), [], place);
    const sample = texts.get('sample.json');
    if (sample !== undefined) {
      return [{ name, launch: launchOf(fromSample(sample, `${place}/sample.json`), fromSamples) }];
    }
    const estimated = texts.get('estimates.json');
    if (estimated === undefined) {
      gaps.add('benchmarks without estimates.json or sample.json', place, 'run cargo bench again');
      return [];
    }
    estimates += 1;
    const { value, metric } = fromEstimates(estimated, `${place}/estimates.json`);
    return [{ name, launch: launchOf([value], metric) }];
  });
  if (entries.length === 0) {
    throw new UserError(
      `${file}: holds no benchmark of Criterion`,
      'give target/criterion after cargo bench, or an estimates.json below "new"',
    );
  }
  return {
    entries,
    remarks: estimates === 0 ? [] : [`samples are not in the files, only their estimates (${estimates})`],
  };
}

function nameOf(benchmark: string | undefined, folder: string, place: string): string {
  const fallback = folder.replace(/(^|\/)new$/, '') || 'criterion';
  if (benchmark === undefined) return fallback;
  const read = readJson(benchmark, `${place}/benchmark.json`, benchmarkForm, 'Criterion');
  const joined = [read.group_id, read.function_id, read.value_str]
    .filter((part) => (part ?? '') !== '')
    .join('/');
  return read.full_id ?? (joined === '' ? fallback : joined);
}

/** Nanoseconds for so many iterations each. */
function fromSample(text: string, place: string): number[] {
  const { iters, times } = readJson(text, place, sampleForm, 'Criterion');
  if (iters.length !== times.length || iters.length === 0) {
    throw new UserError(
      `${place}: holds ${times.length} times for ${iters.length} counts of iterations`,
      'the file was changed or damaged: run cargo bench again',
    );
  }
  return times.map(
    (time, at) => 1e-9 * notNegative(time / (iters[at] ?? 0), `${place}: times[${at}]`, 'a time'),
  );
}

function fromEstimates(text: string, place: string) {
  const { median, mean, std_dev: deviation } = readJson(text, place, estimatesForm, 'Criterion');
  if (deviation === undefined) {
    throw new UserError(
      `${place}: is a change against an older run, not a time`,
      'give the estimates.json below "new", or the folder target/criterion',
    );
  }
  const chosen = median ?? mean;
  return {
    value: 1e-9 * notNegative(chosen.point_estimate, place, 'a time'),
    metric: median === undefined ? timed('the mean') : timed('the median'),
  };
}

function fromText({ file, text }: ImportFile, gaps: Gaps): { entries: Entry[]; remarks: string[] } {
  if (/^\s*\{/.test(text)) {
    const isSample = /"iters"\s*:/.test(text);
    const name = identityOf(file.replace(/\.json$/, ''), [], file);
    if (isSample)
      return { entries: [{ name, launch: launchOf(fromSample(text, file), fromSamples) }], remarks: [] };
    const { value, metric } = fromEstimates(text, file);
    return {
      entries: [{ name, launch: launchOf([value], metric) }],
      remarks: ['samples are not in the file, only their estimates'],
    };
  }
  const byName = new Map<
    string,
    { readonly metric: ImportMetric; readonly values: number[]; failure: string | null }
  >();
  const started = new Map<string, number>();
  let before = '';
  const take = (name: string, place: string, value: number, metric: ImportMetric) => {
    const known = byName.get(identityOf(name, [], place)) ?? { metric, values: [], failure: null };
    known.values.push(value);
    byName.set(identityOf(name, [], place), known);
  };
  text.split(/\r\n|\r|\n/).forEach((line, at) => {
    const place = `${file}:${at + 1}`;
    const running = /^Benchmarking (.+): (?:Warming up|Collecting|Analyzing)/.exec(line);
    if (running !== null) {
      started.set(running[1] ?? '', at + 1);
      return;
    }
    const libtest = /^test (.+?) +\.\.\. bench: +([\d,]+(?:\.\d+)?) (ns|us|µs|ms|s)\/iter\b/.exec(line);
    if (libtest !== null) {
      const value = Number((libtest[2] ?? '').replaceAll(',', '')) * readUnit(libtest[3] ?? 'ns').factor;
      take((libtest[1] ?? '').trim(), place, value, timed('what libtest prints, a median'));
      return;
    }
    const failed = /^test (.+?) +\.\.\. FAILED/.exec(line);
    if (failed !== null) {
      byName.set(identityOf(failed[1] ?? '', [], place), {
        metric: timed(''),
        values: [],
        failure: 'cargo bench reports FAILED',
      });
      return;
    }
    const time = /^(.*?)\s*\btime:\s+\[([\d.]+) (\S+) ([\d.]+) (\S+) ([\d.]+) (\S+)\]/.exec(line);
    if (time !== null) {
      // A name too long for its column has a line of its own.
      const name = (time[1] ?? '').trim() === '' ? before : (time[1] ?? '');
      const unit = readUnit(time[5] ?? '');
      if (unit.unit !== 's') gaps.add(`estimates in ${time[5] ?? ''}`, place, 'only wall time is read');
      else if (name.trim() === '')
        gaps.add('estimates without a name', place, 'run cargo bench again, uncut');
      else
        take(name.trim(), place, unit.factor * Number(time[4]), timed('the estimate in the middle of three'));
      started.delete(name.trim());
      return;
    }
    if (/\btime:\s+\[/.test(line) && !line.includes('%')) {
      gaps.add(
        'estimates of another form',
        place,
        'Criterion prints "time:   [low unit middle unit high unit]"',
      );
    }
    if (line.trim() !== '') before = line;
  });
  for (const [name, line] of started) {
    gaps.add(
      'benchmarks without a result',
      `${file}:${line}, ${name}`,
      'the output was cut: run cargo bench again',
    );
  }
  if (byName.size === 0) {
    throw new UserError(
      `${file}: no line of cargo bench, such as "name  time:   [1.0 ns 1.1 ns 1.2 ns]"`,
      gaps.list()[0]?.hint ?? 'give what cargo bench printed, uncut',
    );
  }
  return {
    entries: [...byName].map(([name, { metric, values, failure }]) => ({
      name,
      launch: { values: values.length === 0 ? [] : [{ metric, values }], failure },
    })),
    remarks: [
      'samples are not in the text, only their estimates; throughput follows from them and is left out',
    ],
  };
}

function launchOf(values: readonly number[], metric: ImportMetric): ImportedLaunch {
  return { values: [{ metric, values }], failure: null };
}

function timed(what: string): ImportMetric {
  return {
    id: 'import.time-per-op',
    title: 'Time per iteration',
    unit: 's/op',
    better: 'lower',
    definition: `Time per iteration in one process: ${what} over Criterion's samples.`,
    threshold: 0.05,
  };
}

const fromSamples = timed('the median');
