/**
 * From the words of a command line to checked scenarios with a place for each record. Everything wrong with
 * any of them is reported here, before the first launch of the first one.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../model/errors.ts';
import { uniqueName } from '../bench/record/merge-names.ts';
import { metricConflicts } from '../bench/record/merge.ts';
import type { RunRecord } from '../model/record.ts';
import type { Scenario } from '../model/scenario.ts';
import { defaultFolder, folderOf, readRecord, recordFile } from '../bench/record/record.ts';
import { metricsOf } from '../bench/run.ts';
import { parseScenarioList } from '../bench/scenario/list.ts';
import { presets, type Preset } from '../bench/scenario/schema.ts';
import { parseScenario } from '../bench/scenario/scenario.ts';
import { holdsSeries, readSeries, type Series } from '../bench/record/series.ts';
import { placeReference } from '../images/import/reference.ts';
import { runnerSchemas } from '../runners/index.ts';
import type { Say } from './text-file.ts';
import { loadScenarios } from './scenarios.ts';

/** A scenario, checked, and where its record goes. */
export interface Request {
  readonly scenario: Scenario;
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly string[];
  /** Ids of the runners chosen on the command line; null: all of the scenario's. */
  readonly onlyRunners: readonly string[] | null;
  readonly seed: number;
  readonly folder: string;
  /** The record to resume; null for a new one. */
  readonly earlier: RunRecord | null;
}

export interface Batch {
  readonly requests: readonly Request[];
  /** Where the report over all of them goes; null for one scenario alone. */
  readonly series: {
    readonly folder: string;
    readonly name: string;
    readonly description: string;
    /** Not yet written down. */
    readonly fresh: boolean;
  } | null;
}

export interface Wishes {
  readonly scenario: readonly string[];
  readonly out: string | undefined;
  readonly runners: string | undefined;
  readonly preset: string | undefined;
  readonly blocks: number | undefined;
  readonly seed: number | undefined;
  readonly image: string | undefined;
  readonly set: readonly string[];
}

/** A new run: one scenario, or several with one report over them. */
export function newBatch(wishes: Wishes, say: Say): Batch {
  if (wishes.scenario.length === 0) {
    throw new UserError(
      'no scenario given',
      'name one, e.g. `tare run quick`, or continue one with --resume FOLDER',
    );
  }
  const { list, scenarios } = loadScenarios(wishes.scenario, parseScenarioList, say);
  const parsed = scenarios.map(({ file, text }) => ({ file, text, ...overridden(text, file, wishes) }));
  const onlyRunners = wishes.runners?.split(',').map((word) => word.trim()) ?? null;
  const chosen = withRunners(parsed, onlyRunners);
  const request = (entry: (typeof chosen)[number], folder: string): Request => ({
    ...entry,
    onlyRunners,
    seed: entry.scenario.seed ?? Math.floor(Math.random() * 2 ** 32),
    folder,
    earlier: null,
  });
  const place = (name: string) => wishes.out ?? defaultFolder('results', name, hostname(), new Date());
  const [first] = chosen;
  if (first !== undefined && parsed.length === 1 && list === null) {
    return { requests: [request(first, place(first.scenario.name))], series: null };
  }
  requireOneReport(chosen.map(({ scenario }) => scenario));
  const name =
    list?.name ??
    chosen
      .map(({ scenario }) => scenario.name)
      .join('+')
      .slice(0, 60);
  const folder = place(name);
  const used = new Set<string>();
  return {
    requests: chosen.map((entry) => request(entry, join(folder, uniqueName(entry.scenario.name, used)))),
    series: { folder, name, description: list?.description ?? '', fresh: true },
  };
}

/** What a record, or a series of them, has left to do. */
export function resumedBatch(folder: string): Batch {
  if (!holdsSeries(folder)) return { requests: [resumed(folder)], series: null };
  const { name, description, runs } = readSeries(folder);
  const requests = runs.flatMap((run) => {
    const own = join(folder, run.folder);
    if (!existsSync(join(own, recordFile))) return [planned(run, own)];
    return readRecord(own).end?.state === 'complete' ? [] : [resumed(own)];
  });
  if (requests.length === 0) throw complete(folder);
  return { requests, series: { folder, name, description, fresh: false } };
}

/** The description of a new series for its folder. */
export function seriesOf({ requests, series }: Batch): Series {
  return {
    schema: 2,
    name: series?.name ?? '',
    description: series?.description ?? '',
    runs: requests.map(({ folder, file, text, overrides, onlyRunners, seed }) => ({
      folder: folder.slice((series?.folder.length ?? 0) + 1),
      file,
      text,
      overrides: [...overrides],
      onlyRunners,
      seed,
    })),
  };
}

/** Its image's path, if it has one, is told from its own folder. */
function readScenario(text: string, file: string, overrides: readonly string[]): Scenario {
  const scenario = parseScenario(text, file, runnerSchemas, overrides);
  return { ...scenario, image: placeReference(scenario.image, dirname(resolve(file))) };
}

/** A scenario with what the command line changes in it. */
function overridden(
  text: string,
  file: string,
  { set, blocks, preset, seed, image }: Wishes,
): Pick<Request, 'scenario' | 'overrides'> {
  if (preset !== undefined && blocks !== undefined) {
    throw new UserError(
      '--preset and --blocks were both given',
      'a preset is a number of blocks: give one of them',
    );
  }
  const rest = [
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(image === undefined ? [] : [`image=${JSON.stringify(placeReference(image, process.cwd()))}`]),
  ];
  const parse = (number: number | undefined) => {
    const overrides = [...set, ...(number === undefined ? [] : [`blocks=${number}`]), ...rest];
    return { overrides, scenario: readScenario(text, file, overrides) };
  };
  if (preset === undefined) return parse(blocks);
  // Fewer blocks than any preset has: facts, of which there is no statistic.
  const own = parse(undefined);
  return own.scenario.blocks < presets.quick ? own : parse(presets[preset as Preset]);
}

/** Scenarios that cannot share one report are reported now, not after hours. */
function requireOneReport(scenarios: readonly Scenario[]): void {
  const conflicts = metricConflicts(
    scenarios.map((scenario) => ({ scenario: scenario.name, metrics: metricsOf(scenario) })),
  );
  if (conflicts.length > 0) {
    throw new UserError(
      `these scenarios cannot share one report: ${conflicts.join('; ')}`,
      'run them one by one, or give their programs the same options',
    );
  }
  const images = new Set(scenarios.map(({ image }) => image));
  if (images.size > 1) {
    throw new UserError(
      `these scenarios use different images (${[...images].join(', ')}) and cannot share one report (C26)`,
      'run them one by one, or give all the same one with --image',
    );
  }
}

function resumed(folder: string): Request {
  const earlier = readRecord(folder);
  if (earlier.end?.state === 'complete') throw complete(folder);
  const { scenario, seed } = earlier.header;
  return { ...planned({ ...scenario, seed }, folderOf(folder)), earlier };
}

function complete(folder: string): UserError {
  return new UserError(`${folder} is complete: nothing is left to run`, '`tare report` shows it');
}

/** A run as it was written down when it was planned. */
function planned(
  { file, text, overrides, onlyRunners, seed }: Omit<Request, 'scenario' | 'folder' | 'earlier'>,
  folder: string,
): Request {
  const parsed = { file, text, scenario: readScenario(text, file, overrides) };
  const [chosen = parsed] = withRunners([parsed], onlyRunners);
  return { ...chosen, overrides, onlyRunners, seed, folder, earlier: null };
}

/** Only the wanted runners; of several scenarios, those that have none of them are left out. */
function withRunners<Entry extends { readonly scenario: Scenario }>(
  entries: readonly Entry[],
  wanted: readonly string[] | null,
): readonly Entry[] {
  if (wanted === null) return entries;
  const known = [...new Set(entries.flatMap(({ scenario }) => scenario.runners.map(({ id }) => id)))];
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    const who = entries.map(({ scenario }) => scenario.name);
    throw new UserError(
      `--runners: scenario ${who.join(', ')} has no runner ${unknown.join(', ')}`,
      `it has: ${known.join(', ')}`,
    );
  }
  return entries
    .filter(({ scenario }) => scenario.runners.some(({ id }) => wanted.includes(id)))
    .map((entry) => ({ ...entry, scenario: onlyRunners(entry.scenario, wanted) }));
}

function onlyRunners(scenario: Scenario, wanted: readonly string[]): Scenario {
  const runners = scenario.runners.filter(({ id }) => wanted.includes(id));
  const baseline = wanted.includes(scenario.baseline) ? scenario.baseline : (runners[0]?.id ?? '');
  const control =
    scenario.control === null || wanted.includes(scenario.control) ? scenario.control : baseline;
  return { ...scenario, runners, baseline, control };
}
