/**
 * Go's benchmark text. A test binary is one process: all its lines of one benchmark (`-count`) are turns within
 * one launch, and count once. Output of several `go test` runs, appended to one file, is several launches.
 */
import { UserError } from '../../../model/errors.ts';
import { benchmarkName, unknownHost } from '../parsed.ts';
import type { Directions, ImportedValues, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { metricIn, readUnit } from '../units.ts';

/** By metric. */
type Turns = Map<string, { readonly metric: ImportMetric; readonly values: number[] }>;

interface Process {
  readonly package: string;
  /** By benchmark. */
  readonly values: Map<string, Turns>;
  readonly failed: Map<string, string>;
}

interface State {
  readonly file: string;
  readonly processes: Process[];
  readonly directions: Record<string, 'lower' | 'higher'>;
  readonly unknown: Set<string>;
  readonly note: Record<string, string>;
  seen: Set<string>;
}

export function readGo({ file, text }: ImportFile, stated: Directions = {}): ParsedImport {
  const state: State = {
    file,
    processes: [],
    directions: { ...stated },
    unknown: new Set(),
    note: {},
    seen: new Set(),
  };
  text.split(/\r?\n/).forEach((line, at) => readLine(line, at + 1, state));
  const names = new Set(state.processes.flatMap((each) => [...each.values.keys(), ...each.failed.keys()]));
  if (names.size === 0) {
    const hint = 'give what `go test -bench` printed, uncut';
    throw new UserError(
      state.unknown.size > 0
        ? `${file}: no benchmark has a unit whose direction is known (${[...state.unknown].join(', ')})`
        : `${file}: no line of a benchmark, such as "BenchmarkX-8  100  1234 ns/op"`,
      state.unknown.size > 0
        ? `say which way is better: --better '${[...state.unknown][0] ?? ''}=lower'`
        : hint,
    );
  }
  return {
    tool: 'go',
    version: null,
    at: null,
    host: { ...unknownHost, note: state.note },
    unit: 'iteration',
    benchmarks: [...names].map((name) => ({ name, launches: launchesOf(name, state.processes) })),
    remarks: [...state.unknown].map(
      (unit) =>
        `values in ${unit} are left out: it is not known which way is better (--better '${unit}=lower')`,
    ),
  };
}

function launchesOf(name: string, processes: readonly Process[]) {
  return processes.flatMap((each) => {
    const failure = each.failed.get(name) ?? null;
    const metrics = each.values.get(name);
    if (metrics === undefined && failure === null) return [];
    const values: ImportedValues[] = [...(metrics?.values() ?? [])];
    return [{ values, failure }];
  });
}

function readLine(line: string, number: number, state: State): void {
  const setting = /^([a-z][^\s:]*): *(.*)$/.exec(line);
  if (setting !== null) {
    readSetting(setting[1] ?? '', setting[2] ?? '', state);
    return;
  }
  const unit = /^Unit (\S+) .*\bbetter=(lower|higher)\b/.exec(line);
  if (unit !== null) {
    state.directions[unit[1] ?? ''] = unit[2] as 'lower' | 'higher';
    return;
  }
  const failed = /^\s*--- FAIL: (Benchmark\S*)/.exec(line);
  if (failed !== null) {
    processNow(state).failed.set(nameIn(failed[1] ?? '', state, number), 'go test reports FAIL');
    return;
  }
  const result = /^(Benchmark\S*)\s+(\d+)\s+(\S.*)$/.exec(line);
  if (result !== null) readResult(result, number, state);
}

/** The first setting of a kind that came before belongs to the next process. */
function readSetting(key: string, value: string, state: State): void {
  if (key === 'cpu' || key === 'goos' || key === 'goarch') state.note[key] = value;
  if (key !== 'goos' && key !== 'pkg') return;
  if (state.seen.has(key) || state.processes.length === 0) {
    state.processes.push({ package: '', values: new Map(), failed: new Map() });
    state.seen = new Set();
  }
  state.seen.add(key);
  if (key === 'pkg') {
    const current = processNow(state);
    state.processes[state.processes.length - 1] = { ...current, package: value };
  }
}

function processNow(state: State): Process {
  const last = state.processes.at(-1);
  if (last !== undefined) return last;
  const first: Process = { package: '', values: new Map(), failed: new Map() };
  state.processes.push(first);
  return first;
}

/** With its package, where that is told: benchmarks of several packages may share a name. */
function nameIn(name: string, state: State, number: number): string {
  const own = processNow(state).package;
  const short = name.replace(/^Benchmark(?=.)/, '');
  return benchmarkName(own === '' ? short : `${own}: ${short}`, `${state.file}:${number}`);
}

function readResult(result: RegExpExecArray, number: number, state: State): void {
  const place = `${state.file}:${number}`;
  const words = (result[3] ?? '').trim().split(/\s+/);
  if (words.length % 2 !== 0) {
    throw new UserError(
      `${place}: expected pairs of value and unit, got ${JSON.stringify(result[3])}`,
      'the line was cut or mixed with other output: run it again',
    );
  }
  const name = nameIn(result[1] ?? '', state, number);
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at + 1] ?? '';
    const unit = readUnit(word);
    const better = state.directions[word] ?? unit.better;
    const printed = Number(words[at]);
    if (!Number.isFinite(printed) || (printed < 0 && unit.unit !== 'count')) {
      throw new UserError(
        `${place}: a value in ${word} must be a number of at least 0, got ${words[at] ?? ''}`,
        'the clock or the benchmark went wrong there: run it again, or take the line out',
      );
    }
    if (better === null) {
      state.unknown.add(word);
      continue;
    }
    const metric = metricIn(unit, better, `${unit.title} (${word}), as go test printed it.`);
    const { values } = processNow(state);
    const metrics: Turns = values.get(name) ?? (new Map() as Turns);
    const turns = metrics.get(metric.id) ?? { metric, values: [] };
    turns.values.push(printed * unit.factor);
    values.set(name, metrics.set(metric.id, turns));
  }
}
