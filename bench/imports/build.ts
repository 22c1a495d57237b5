/**
 * A record of what other tools measured: one cell per benchmark, one trial per launch, every value seen inside a
 * launch as a sample of it. Whatever reads records reduces a launch to one value, so that turns can never pass
 * for launches; only the user can say that they were.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../../model/errors.ts';
import { hashFacts } from '../../host/facts.ts';
import type { HostFingerprint } from '../../model/instance.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { PlannedTrial } from '../../model/plan.ts';
import type {
  CellRecord,
  ImportSource,
  RecordedTrial,
  RecordHeader,
  ReplicationUnit,
  RunRecord,
} from '../../model/record.ts';
import type {
  ImportedBenchmark,
  ImportedLaunch,
  ImportMetric,
  NotUnderstood,
  ParsedImport,
} from './parsed.ts';

/** One file as read, with what identifies it. */
export interface SourceFile {
  /** Its name, without folders. */
  readonly file: string;
  readonly sha256: string;
  /** Stands in where the format does not tell when it was measured; ISO 8601. */
  readonly modifiedAt: string;
  readonly parsed: ParsedImport;
}

export interface BuildOptions {
  /** What the record's scenario is called: records of one name are of one piece of work. Default: the tool. */
  readonly name?: string | undefined;
  /** What a value stands for, where the user knows better than the format. */
  readonly unit?: ReplicationUnit | undefined;
  /** The machine it was measured on, in the user's words. */
  readonly host?: string | undefined;
  /** When it was measured, ISO 8601. */
  readonly at?: string | undefined;
  readonly toolVersion: string;
}

/**
 * One record of files of one tool, in the order given; each file's launches come after those of the one before.
 * @throws UserError for files that are the same, of several tools or machines, or that hold nothing
 */
export function recordOfImport(files: readonly SourceFile[], options: BuildOptions): RunRecord {
  const first = requireAlike(files);
  const { tool } = first.parsed;
  const unit = options.unit ?? first.parsed.unit;
  const benchmarks = merged(files, options.unit);
  requireOneMetric(files);
  const name = options.name ?? tool;
  const host = hostOf(first, files, options.host);
  const cells = [...benchmarks.keys()].map((workload) => cellOf(workload, tool, versionOf(files)));
  const told = files.map(({ parsed, modifiedAt }) => parsed.at ?? modifiedAt).toSorted()[0] ?? '';
  const startedAt = options.at ?? told;
  const trials = trialsOf(cells, benchmarks, startedAt);
  const digest = createHash('sha256')
    .update(files.map(({ sha256 }) => sha256).join())
    .digest('hex');
  const header: RecordHeader = {
    kind: 'header',
    schema: 3,
    tool: { name: 'tare-bench', version: options.toolVersion },
    runId: `import-${digest.slice(0, 16)}`,
    startedAt,
    scenario: {
      name,
      description: `Measured by ${tool}, imported from ${files.map(({ file }) => file).join(', ')}.`,
      file: '',
      text: '',
      overrides: [],
      onlyRunners: null,
      hash: createHash('sha256')
        .update(JSON.stringify(['imported', tool, name]))
        .digest('hex'),
    },
    seed: parseInt(digest.slice(0, 8), 16),
    blocks: Math.max(...[...benchmarks.values()].map((launches) => launches.length)),
    warmup: 0,
    baseline: tool,
    control: null,
    wantedMetrics: [],
    imageDigest: '',
    imagePackages: {},
    trials: trials.map(planned),
    cells,
    skipped: [],
    metrics: metricsOf(benchmarks),
    host,
    clock: null,
    voidRules: [],
    imported: {
      tool,
      version: versionOf(files),
      files: files.map(({ file, sha256 }) => ({ file, sha256 })),
      unit,
      remark: remarkOf(files, options),
    },
  };
  const end = {
    kind: 'end',
    state: 'complete',
    at: startedAt,
    wallSeconds: 0,
    samplerCpuSeconds: 0,
    toolCpuSeconds: 0,
    hostHashAfter: host.hash,
  } as const;
  return { header, trials, voided: [], end, notes: [] };
}

function requireAlike(files: readonly SourceFile[]): SourceFile {
  const [first] = files;
  if (first === undefined) throw new Error('no file to import');
  const alike = (what: string, value: (file: SourceFile) => string, remedy: string) => {
    const other = files.find((file) => value(file) !== value(first));
    if (other === undefined) return;
    throw new UserError(
      `${other.file} is of another ${what} than ${first.file}: ${value(other)}, not ${value(first)}`,
      remedy,
    );
  };
  alike('tool', ({ parsed }) => parsed.tool, 'import the files of each tool by themselves');
  alike(
    'machine',
    ({ parsed }) => JSON.stringify(parsed.host.must),
    'import the files of each machine by themselves, and compare the records with --across-hosts',
  );
  files.forEach((file, at) => {
    const same = files.slice(0, at).find(({ sha256 }) => sha256 === file.sha256);
    if (same === undefined) return;
    throw new UserError(
      `${file.file} and ${same.file} are the same, byte for byte: one measurement, not two`,
      'give each file once',
    );
  });
  return first;
}

/** Where each file has one metric of a benchmark, it must be the same one: a unit that changed is no series. */
function requireOneMetric(files: readonly SourceFile[]): void {
  const known = new Map<string, { readonly metric: ImportMetric; readonly file: string }>();
  for (const { file, parsed } of files) {
    for (const { name, launches } of parsed.benchmarks) {
      const ids = new Map(launches.flatMap(({ values }) => values.map(({ metric }) => [metric.id, metric])));
      const [metric] = ids.values();
      if (ids.size !== 1 || metric === undefined) continue;
      const before = known.get(name);
      known.set(name, before ?? { metric, file });
      if (before === undefined || before.metric.id === metric.id) continue;
      throw new UserError(
        `${JSON.stringify(name)} is ${before.metric.title.toLowerCase()} in ${before.file} and ${metric.title.toLowerCase()} in ${file}`,
        'a benchmark keeps one unit: import the files by themselves, or give one of the two another name',
      );
    }
  }
}

/** Launches of every benchmark over all files, in the unit that counts. */
function merged(
  files: readonly SourceFile[],
  unit: ReplicationUnit | undefined,
): ReadonlyMap<string, readonly ImportedLaunch[]> {
  const benchmarks = new Map<string, ImportedLaunch[]>();
  for (const { file, parsed } of files) {
    const found = parsed.benchmarks.filter(({ launches }) =>
      launches.some(({ values, failure }) => values.length > 0 || failure !== null),
    );
    if (found.length === 0) {
      const [gap] = parsed.notUnderstood;
      throw new UserError(
        gap === undefined
          ? `${file}: holds no benchmark`
          : `${file}: holds no benchmark that was understood: ${gap.what} (${gap.count}, first: ${gap.first})`,
        gap?.hint ?? `export it again with ${parsed.tool}`,
      );
    }
    for (const benchmark of found) {
      const launches = inUnit(benchmark, unit);
      benchmarks.set(benchmark.name, [...(benchmarks.get(benchmark.name) ?? []), ...launches]);
    }
  }
  return benchmarks;
}

function inUnit({ launches }: ImportedBenchmark, unit: ReplicationUnit | undefined): ImportedLaunch[] {
  switch (unit) {
    case undefined:
      return [...launches];
    case 'launch':
      return launches.flatMap(eachTurn);
    case 'iteration':
      return [inOne(launches)];
  }
}

/** Every turn as a launch of its own, on the user's word. */
function eachTurn(launch: ImportedLaunch): ImportedLaunch[] {
  const turns = Math.max(0, ...launch.values.map(({ values }) => values.length));
  if (turns === 0) return [launch];
  return Array.from({ length: turns }, (_, at) => ({
    failure: launch.failure,
    values: launch.values.flatMap(({ metric, values }) => {
      const value = values[at];
      return value === undefined ? [] : [{ metric, values: [value] }];
    }),
  }));
}

/** A file's launches as turns of one, on the user's word; one that failed spoils it, as it would a process. */
function inOne(launches: readonly ImportedLaunch[]): ImportedLaunch {
  const byMetric = new Map<string, { readonly metric: ImportMetric; readonly values: number[] }>();
  for (const { metric, values } of launches.flatMap((launch) => launch.values)) {
    const known = byMetric.get(metric.id) ?? { metric, values: [] };
    known.values.push(...values);
    byMetric.set(metric.id, known);
  }
  const failure = launches.find((launch) => launch.failure !== null)?.failure ?? null;
  return { values: [...byMetric.values()], failure };
}

/** What a machine is known by. Nothing known and nothing said: a machine of its own, equal to none. */
function hostOf(first: SourceFile, files: readonly SourceFile[], label: string | undefined): HostFingerprint {
  const { name, must: facts, note } = first.parsed.host;
  const digests = files.map(({ sha256 }) => sha256.slice(0, 16)).join('+');
  const must =
    label !== undefined
      ? { ...facts, imported: `from the host called ${label}` }
      : Object.keys(facts).length > 0
        ? facts
        : { imported: `from a host that is not known (file ${digests}; --host NAME names it)` };
  return { hostname: label ?? name ?? 'unknown', must, note, ignore: {}, hash: hashFacts(must) };
}

function versionOf(files: readonly SourceFile[]): string | null {
  const versions = new Set(files.flatMap(({ parsed }) => parsed.version ?? []));
  return versions.size === 0 ? null : [...versions].join(', ');
}

function cellOf(workload: string, tool: string, version: string | null): CellRecord {
  return {
    id: `${tool}/${workload}`,
    runner: tool,
    runnerKind: 'imported',
    isolation: null,
    architecture: null,
    kernel: null,
    product: `imported from ${tool} ${version ?? ''}`.trim(),
    decisive: ['version'],
    workload,
    shape: { id: 'unknown', cpus: 0, memoryBytes: 0 },
    role: 'measured',
    identity: { ...(version === null ? {} : { version }), command: workload },
    acceleration: { class: 'none', reason: `Measured by ${tool}: where it ran is not known to tare.` },
    traits: {},
  };
}

function trialsOf(
  cells: readonly CellRecord[],
  benchmarks: ReadonlyMap<string, readonly ImportedLaunch[]>,
  startedAt: string,
): RecordedTrial[] {
  const launches = cells.flatMap(({ id, workload }, position) =>
    (benchmarks.get(workload) ?? []).map((launch, block) => ({ launch, block, position, cell: id })),
  );
  return launches.map(({ launch, block, position, cell }, index) => ({
    kind: 'trial',
    index,
    block,
    position,
    cell,
    startedAt,
    wallSeconds: 0,
    outcome:
      launch.failure === null
        ? { state: 'ok' }
        : { state: 'failed', reason: 'crash', message: launch.failure, detail: '' },
    provenDigest: null,
    marks: [],
    samples: launch.values.flatMap(({ metric, values }) =>
      values.map((value) => ({ metric: metric.id, value })),
    ),
    ladder: [],
    observations: [],
    series: null,
    atReady: null,
    atEnd: null,
    outputs: [],
    drift: null,
    cleanupProven: true,
    leftovers: [],
  }));
}

function planned({ index, block, position, cell }: RecordedTrial): PlannedTrial {
  return { index, block, position, cell, padBytes: 0 };
}

/** Every metric once. Two that share an id but not a unit cannot come from one tool. */
function metricsOf(benchmarks: ReadonlyMap<string, readonly ImportedLaunch[]>): MetricDeclaration[] {
  const metrics = new Map<string, MetricDeclaration>();
  for (const { metric } of [...benchmarks.values()].flat().flatMap(({ values }) => values)) {
    metrics.set(metric.id, {
      ...metric,
      family: 'app',
      source: { kind: 'sample' },
      needsRealCpu: true,
    });
  }
  return [...metrics.values()];
}

/** What was not understood of all files together, by kind. */
export function notUnderstoodIn(files: readonly SourceFile[]): NotUnderstood[] {
  const found = new Map<string, NotUnderstood>();
  for (const gap of files.flatMap(({ parsed }) => parsed.notUnderstood)) {
    const known = found.get(gap.what);
    found.set(gap.what, known === undefined ? gap : { ...known, count: known.count + gap.count });
  }
  return [...found.values()];
}

/** In the reader's words: who says what a value stands for, and what else is to be known. */
function remarkOf(files: readonly SourceFile[], options: BuildOptions): ImportSource['remark'] {
  const own = files[0]?.parsed.unit ?? 'launch';
  const words: Readonly<Record<ReplicationUnit, string>> = {
    launch: 'each value is a launch of its own',
    iteration: 'values are turns within a launch, which counts once, by their median',
  };
  const unit =
    options.unit !== undefined && options.unit !== own
      ? `${words[options.unit]}: so says who imported it (--unit ${options.unit}), the format says otherwise`
      : words[own];
  const undated = options.at === undefined && files.some(({ parsed }) => parsed.at === null);
  const lost = notUnderstoodIn(files);
  const remarks = [
    unit,
    ...lost.map(({ what, count }) => `not understood: ${what} (${count})`),
    ...new Set(files.flatMap(({ parsed }) => parsed.remarks)),
    ...(undated ? ['when it was measured is not in the file: its date of change stands in'] : []),
  ];
  return remarks.join('; ');
}
