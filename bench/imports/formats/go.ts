/**
 * Go's benchmark text, plain or as `go test -json` wraps it. A test binary is one process: all its lines of one
 * benchmark (`-count`) are turns within one launch, and count once. Output of several `go test` runs, appended
 * to one file, is several launches. The name of a benchmark is printed before it runs, so that whatever it logs
 * stands between name and result: both are put together again, or their loss is said.
 */
import { UserError } from '../../../model/errors.ts';
import { createGaps, directionOf, type Gaps } from '../gaps.ts';
import { identityOf } from '../identity.ts';
import { unknownHost } from '../parsed.ts';
import type { Directions, ImportedLaunch, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { metricIn, readUnit } from '../units.ts';

/** By metric. */
type Turns = Map<string, { readonly metric: ImportMetric; readonly values: number[] }>;

interface Process {
  package: string;
  /** By benchmark. */
  readonly values: Map<string, Turns>;
  readonly failed: Map<string, string>;
  /** Names as printed that ended some way: by a result, a skip or a failure. */
  readonly ended: Set<string>;
}

/** A name whose result has not come yet. */
interface Waiting {
  readonly name: string;
  readonly line: number;
  /** Printed alone in its line, as `-v` announces a benchmark. */
  readonly isAnnounced: boolean;
  /** Of a result broken in two: what came of it. */
  readonly text: string;
}

interface State {
  readonly file: string;
  readonly processes: Process[];
  readonly directions: Record<string, Directions[string]>;
  readonly gaps: Gaps;
  readonly note: Record<string, string>;
  seen: Set<string>;
  waiting: Waiting | null;
  /** Announced names of this process, to be found again when it is over. */
  announced: Waiting[];
  /** The benchmark whose result the last line was. */
  last: string | null;
}

const number = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?Inf|NaN`;
const onlyPairs = new RegExp(String.raw`^(?:\s*(?:${number})\s+[^\s\d.]\S*)+\s*$`);
const result = new RegExp(String.raw`^\s*(\d+)((?:\s+(?:${number})\s+[^\s\d.]\S*)+)\s*$`);
/** Behind a log without a line end: only with the tabs that the testing package prints, or its usual unit. */
const tail = new RegExp(
  String.raw`(?:^|\D)(\d+)(\t *(?:${number}) [^\s\d.]\S*(?:\t *(?:${number}) [^\s\d.]\S*)*|(?:\s+(?:${number})\s+[^\s\d.]\S*)*\s+(?:${number})\s+ns/op(?:\s+(?:${number})\s+[^\s\d.]\S*)*)\s*$`,
);
/** As the testing package has it: what follows "Benchmark" is no small letter. */
const nameAnywhere = /Benchmark(?![a-z])\S*/;

export function readGo({ file, text }: ImportFile, stated: Directions = {}): ParsedImport {
  const state: State = {
    file,
    processes: [],
    directions: { ...stated },
    gaps: createGaps(),
    note: {},
    seen: new Set(),
    waiting: null,
    announced: [],
    last: null,
  };
  const lines = plainText(text).split(/\r?\n/);
  lines.forEach((line, at) => readLine(line, at + 1, state));
  settle(state);
  const names = new Set(state.processes.flatMap((each) => [...each.values.keys(), ...each.failed.keys()]));
  const notUnderstood = state.gaps.list();
  if (names.size === 0) {
    const [gap] = notUnderstood;
    throw new UserError(
      gap === undefined
        ? `${file}: no line of a benchmark, such as "BenchmarkX-8  100  1234 ns/op"`
        : `${file}: no benchmark was understood: ${gap.what} (${gap.count}, first: ${gap.first})`,
      gap?.hint ?? 'give what `go test -bench` printed, uncut',
    );
  }
  return {
    tool: 'go',
    version: null,
    at: null,
    host: { ...unknownHost, note: state.note },
    unit: 'iteration',
    benchmarks: [...names].map((name) => ({ name, launches: launchesOf(name, state.processes) })),
    remarks: [],
    notUnderstood,
  };
}

/** `go test -json`: the output of each package put together again; other text is as it was. */
function plainText(text: string): string {
  if (!/^\s*\{"(Time|Action)":/.test(text)) return text;
  const byPackage = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    let event: { Package?: unknown; Output?: unknown };
    try {
      event = JSON.parse(line) as typeof event;
    } catch {
      continue;
    }
    if (typeof event.Output !== 'string') continue;
    const key = typeof event.Package === 'string' ? event.Package : '';
    byPackage.set(key, (byPackage.get(key) ?? '') + event.Output);
  }
  return [...byPackage.values()].join('\n');
}

function launchesOf(name: string, processes: readonly Process[]): ImportedLaunch[] {
  return processes.flatMap((each) => {
    const failure = each.failed.get(name) ?? null;
    const metrics = each.values.get(name);
    return metrics === undefined && failure === null
      ? []
      : [{ values: [...(metrics?.values() ?? [])], failure }];
  });
}

function readLine(line: string, at: number, state: State): void {
  // Where nothing is logged, a failure stands behind the name in its line.
  const ended = /--- (FAIL|SKIP): (Benchmark\S*)/.exec(line);
  if (ended !== null) {
    const name = ended[2] ?? '';
    if (ended[1] === 'FAIL') processNow(state).failed.set(fullName(name, state, at), 'go test reports FAIL');
    processNow(state).ended.add(name);
    const { waiting } = state;
    if (waiting !== null && (belongs(waiting.name, name) || belongs(name, waiting.name)))
      state.waiting = null;
    return;
  }
  if (readResultIn(line, at, state)) return;
  if (/^(panic: |fatal error: |FAIL\b|exit status \d)/.test(line) && state.waiting !== null) {
    const { name } = state.waiting;
    processNow(state).failed.set(fullName(name, state, at), `ended before its result (${line.slice(0, 80)})`);
    processNow(state).ended.add(name);
    state.waiting = null;
    return;
  }
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
  if (/^(PASS|FAIL|ok\s|exit status)/.test(line)) settle(state);
  else if (/\sns\/op\b/.test(line)) addOrphan(state, at);
}

/** Whether the line holds a result, the beginning of one, or the rest of one. */
function readResultIn(line: string, at: number, state: State): boolean {
  const isReport = /^\s*(---|===) /.test(line);
  const named = isReport ? null : nameIn(line);
  if (named !== null) {
    drop(state);
    const { name, rest } = named;
    const whole = result.exec(rest) ?? tail.exec(rest);
    if (whole !== null) take(name, whole, at, state);
    else {
      if (/^\s*\d+\s+\S/.test(rest) && !mayGoOn(rest)) throwOdd(rest, at, state);
      state.last = null;
      state.waiting = { name, line: at, isAnnounced: rest === '', text: mayGoOn(rest) ? rest : '' };
    }
    return true;
  }
  const { waiting } = state;
  if (waiting !== null) {
    const joined = waiting.text === '' ? null : result.exec(`${waiting.text} ${line}`);
    // A log line may be a number with pairs too; a result has tabs, or its usual unit.
    const whole = joined ?? (/\t|\sns\/op\b/.test(line) ? result.exec(line) : null) ?? tail.exec(line);
    if (whole === null) return false;
    state.waiting = null;
    take(waiting.name, whole, at, state);
    return true;
  }
  if (state.last !== null && /^\s/.test(line) && onlyPairs.test(line)) {
    addValues(state.last, line, at, state);
    return true;
  }
  if (result.test(line) && /\sns\/op\b/.test(line)) {
    addOrphan(state, at);
    return true;
  }
  state.last = null;
  return false;
}

/** A benchmark's name at the start of a line; or further on, behind other output, if its result follows. */
function nameIn(line: string): { readonly name: string; readonly rest: string } | null {
  const found = nameAnywhere.exec(line);
  if (found === null) return null;
  const name = found[0];
  const rest = line.slice(found.index + name.length);
  if (found.index === 0) return { name, rest };
  return result.test(rest) && /^\s/.test(rest) ? { name, rest } : null;
}

/** Whether a result's text may go on in the next line: iterations alone, or a value without its unit. */
function mayGoOn(rest: string): boolean {
  return new RegExp(String.raw`^\s*\d+(?:\s+(?:${number})\s+[^\s\d.]\S*)*(?:\s+(?:${number}))?\s*$`).test(
    rest,
  );
}

function throwOdd(rest: string, at: number, state: State): void {
  // A log line may begin with a number as well; a result has its units.
  if (!/\s(ns|B|allocs)\/op\b/.test(rest)) return;
  throw new UserError(
    `${state.file}:${at}: expected pairs of value and unit, got ${JSON.stringify(rest.trim())}`,
    'the line was cut or mixed with other output: run it again',
  );
}

function addOrphan(state: State, at: number): void {
  state.gaps.add(
    'results torn from the names of their benchmarks',
    `${state.file}:${at}`,
    'run the benchmarks again without log output, or put each result behind its name',
  );
}

/** A name whose result did not come, though another benchmark began. */
function drop(state: State): void {
  const { waiting } = state;
  if (waiting === null) return;
  state.waiting = null;
  if (waiting.isAnnounced) state.announced.push(waiting);
  else lose(waiting, state);
}

function lose({ name, line, text }: Waiting, state: State): void {
  throwOdd(text, line, state);
  state.gaps.add(
    'benchmarks without a result',
    `${state.file}:${line}, ${name}`,
    'their results were cut or lost in other output: run them again',
  );
}

/** At the end of a process: what was announced has ended, as itself or as its parts, or is lost. */
function settle(state: State): void {
  drop(state);
  const { ended } = processNow(state);
  for (const one of state.announced) {
    if (![...ended].some((name) => belongs(one.name, name))) lose(one, state);
  }
  state.announced = [];
  state.last = null;
}

/** `-v` announces without the number of CPUs, and a parent before its parts. */
function belongs(announced: string, name: string): boolean {
  return name === announced || name.startsWith(`${announced}-`) || name.startsWith(`${announced}/`);
}

/** The first setting of a kind that came before belongs to the next process. */
function readSetting(key: string, value: string, state: State): void {
  if (key === 'cpu' || key === 'goos' || key === 'goarch') state.note[key] = value;
  if (key !== 'goos' && key !== 'pkg') return;
  if (state.seen.has(key) || state.processes.length === 0) {
    if (state.processes.length > 0) settle(state);
    state.processes.push(newProcess());
    state.seen = new Set();
  }
  state.seen.add(key);
  if (key === 'pkg') processNow(state).package = value;
}

function newProcess(): Process {
  return { package: '', values: new Map(), failed: new Map(), ended: new Set() };
}

function processNow(state: State): Process {
  const last = state.processes.at(-1);
  if (last !== undefined) return last;
  const first = newProcess();
  state.processes.push(first);
  return first;
}

/** With its package, where that is told: benchmarks of several packages may share a name. */
function fullName(name: string, state: State, at: number): string {
  const own = processNow(state).package;
  const short = name.replace(/^Benchmark(?=.)/, '');
  return identityOf(own === '' ? short : `${own}: ${short}`, [], `${state.file}:${at}`);
}

function take(name: string, found: RegExpExecArray, at: number, state: State): void {
  processNow(state).ended.add(name);
  state.last = name;
  addValues(name, found[2] ?? '', at, state);
}

function addValues(printedName: string, pairs: string, at: number, state: State): void {
  const place = `${state.file}:${at}`;
  const name = fullName(printedName, state, at);
  const words = pairs.trim().split(/\s+/);
  const { values } = processNow(state);
  for (let index = 0; index < words.length; index += 2) {
    const word = words[index + 1] ?? '';
    const unit = readUnit(word);
    const printed = Number(words[index]);
    if (!Number.isFinite(printed) || (printed < 0 && unit.unit !== 'count')) {
      throw new UserError(
        `${place}: a value in ${word} must be a number of at least 0, got ${words[index] ?? ''}`,
        'the clock or the benchmark went wrong there: run it again, or take the line out',
      );
    }
    const better = directionOf(word, unit, state.directions, state.gaps, place);
    if (better === null) continue;
    const metric = metricIn(unit, better, `${unit.title} (${word}), as go test printed it.`);
    const metrics: Turns = values.get(name) ?? (new Map() as Turns);
    const turns = metrics.get(metric.id) ?? { metric, values: [] };
    turns.values.push(printed * unit.factor);
    values.set(name, metrics.set(metric.id, turns));
  }
}
