/**
 * Several runs of one host, image and tool as one record, for analysis and reports that cover them all.
 * Every launch keeps its own scenario: blocks and indexes are moved apart so that pairing never crosses a
 * run, and names that mean different things in different runs are told apart. What cannot be read side by
 * side is refused, naming what differs (METHODOLOGY C26). The runs stay at hand as `parts`.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../../model/errors.ts';
import { namesOf, renameRun, uniqueName, type Names } from './merge-names.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { RecordEnd, RecordHeader, RunRecord } from '../../model/record.ts';
import { canonical, hostDifferences, majorOf } from './comparable.ts';

/** What the merged run is called; by default after its scenarios. */
export interface MergeTitle {
  readonly name: string;
  readonly description: string;
}

/**
 * One record of several runs, in the order given; one run is returned as it is.
 * @throws UserError (C26) naming every condition in which the runs differ
 */
export function mergeRecords(records: readonly RunRecord[], title?: MergeTitle): RunRecord {
  const runs = withOwnNames(records.flatMap((record) => record.parts ?? [record]));
  const [first] = runs;
  if (first === undefined) throw new Error('no record to merge');
  if (runs.length === 1) return first;
  requireAlike(runs);
  const names = namesOf(runs);
  requireSameAcceleration(runs, names);
  let blocks = 0;
  let index = 0;
  const parts = runs.map((run, at) => {
    const part = renameRun(run, names[at] as Names, { block: blocks, index });
    blocks += blocksOf(run);
    index += launchesOf(run);
    return part;
  });
  return {
    header: mergedHeader(parts, blocks, title),
    trials: parts.flatMap(({ trials }) => trials),
    voided: parts.flatMap(({ voided }) => voided),
    end: mergedEnd(parts),
    notes: parts.flatMap(({ header, notes }) => notes.map((note) => `${header.scenario.name}: ${note}`)),
    parts,
  };
}

/** The runs of a record: itself, or those it was merged from. */
export function partsOf(record: RunRecord): readonly RunRecord[] {
  return record.parts ?? [record];
}

/**
 * Metrics that several scenarios declare under one id but not alike: they cannot stand in one table.
 * Known from the scenarios alone, so that it is told before anything runs.
 */
export function metricConflicts(
  declared: readonly { readonly scenario: string; readonly metrics: readonly MetricDeclaration[] }[],
): string[] {
  const known = new Map<string, { readonly scenario: string; readonly text: string }>();
  const conflicts: string[] = [];
  for (const { scenario, metrics } of declared) {
    for (const metric of metrics) {
      const text = canonical(metric);
      const other = known.get(metric.id);
      if (other === undefined) known.set(metric.id, { scenario, text });
      else if (other.text !== text) {
        conflicts.push(
          `metric ${metric.id} is declared as ${other.text} in ${other.scenario} and as ${text} in ${scenario}`,
        );
      }
    }
  }
  return conflicts;
}

/** A scenario that ran twice is told apart by a number. */
function withOwnNames(records: readonly RunRecord[]): RunRecord[] {
  const used = new Set<string>();
  return records.map((record) => {
    const { scenario } = record.header;
    const name = uniqueName(scenario.name, used);
    return name === scenario.name
      ? record
      : { ...record, header: { ...record.header, scenario: { ...scenario, name } } };
  });
}

function requireAlike(runs: readonly RunRecord[]): void {
  const headers = runs.map(({ header }) => header);
  const found = hostDifferences(headers.map(({ host }) => host)).map(({ key, values }) =>
    differing(`host ${key}`, headers, values),
  );
  const compare = (what: string, value: (header: RecordHeader) => string) => {
    const values = headers.map(value);
    if (new Set(values).size > 1) found.push(differing(what, headers, values));
  };
  if (found.length === 0) compare('host fingerprint', ({ host }) => host.hash);
  compare('image digest', ({ imageDigest }) => imageDigest);
  compare('tare major version', ({ tool }) => majorOf(tool.version));
  const runsSeen = new Map<string, string>();
  for (const { runId, startedAt, scenario } of headers) {
    const same = runsSeen.get(`${runId} ${startedAt}`);
    if (same !== undefined) found.push(`${same} and ${scenario.name} are one and the same run (${runId})`);
    runsSeen.set(`${runId} ${startedAt}`, scenario.name);
  }
  found.push(
    ...metricConflicts(headers.map(({ scenario, metrics }) => ({ scenario: scenario.name, metrics }))),
  );
  if (found.length > 0) throw cannotMerge(found);
}

/** The same runner on hardware in one run and emulated in another is not one runner (C26). */
function requireSameAcceleration(runs: readonly RunRecord[], names: readonly Names[]): void {
  const known = new Map<string, { readonly scenario: string; readonly class: string }>();
  const found = new Set<string>();
  runs.forEach(({ header }, at) => {
    for (const cell of header.cells) {
      const runner = names[at]?.runners.get(cell.runner) ?? cell.runner;
      const { class: now } = cell.acceleration;
      const other = known.get(runner);
      if (other === undefined) known.set(runner, { scenario: header.scenario.name, class: now });
      else if (other.class !== now) {
        found.add(
          `acceleration of ${runner}: ${other.class} in ${other.scenario}, ${now} in ${header.scenario.name}`,
        );
      }
    }
  });
  if (found.size > 0) throw cannotMerge([...found]);
}

function cannotMerge(found: readonly string[]): UserError {
  return new UserError(
    `these runs cannot stand in one report (C26): ${found.join('; ')}`,
    'put runs of one host, image and tare version together; `tare report --each` shows each by itself',
  );
}

/** "host cpu.model: A in startup and cpu; B in tare". */
function differing(
  what: string,
  headers: readonly RecordHeader[],
  values: readonly (string | null)[],
): string {
  const groups = new Map<string, string[]>();
  values.forEach((value, at) => {
    const key = value ?? 'unknown';
    groups.set(key, [...(groups.get(key) ?? []), headers[at]?.scenario.name ?? '']);
  });
  return `${what}: ${[...groups].map(([value, scenarios]) => `${value} in ${scenarios.join(' and ')}`).join(', ')}`;
}

function mergedHeader(parts: readonly RunRecord[], blocks: number, title?: MergeTitle): RecordHeader {
  const headers = parts.map(({ header }) => header);
  const [first] = headers as [RecordHeader];
  const scenarios = headers.map(({ scenario }) => scenario);
  const wishes = headers.map(({ wantedMetrics }) => wantedMetrics);
  const clocks = headers.flatMap(({ clock }) => clock ?? []);
  return {
    ...first,
    runId: headers.map(({ runId }) => runId).join('+'),
    startedAt: headers.map(({ startedAt }) => startedAt).sort()[0] ?? first.startedAt,
    scenario: {
      name: title?.name ?? scenarios.map(({ name }) => name).join(' + '),
      description: title?.description ?? '',
      file: scenarios.map(({ file }) => file).join(', '),
      text: scenarios.map(({ file, text }) => `# ${file}\n${text}`).join('\n'),
      overrides: [...new Set(scenarios.flatMap(({ overrides }) => overrides))],
      onlyRunners: scenarios.some(({ onlyRunners }) => onlyRunners !== null)
        ? [...new Set(scenarios.flatMap(({ onlyRunners }) => onlyRunners ?? []))]
        : null,
      hash: createHash('sha256')
        .update(scenarios.map(({ hash }) => hash).join('\n'))
        .digest('hex'),
    },
    blocks,
    warmup: Math.max(...headers.map(({ warmup }) => warmup)),
    control: headers.find(({ control }) => control !== null)?.control ?? null,
    // A run that wants all of its metrics leaves nothing to choose from.
    wantedMetrics: wishes.every(({ length }) => length > 0) ? [...new Set(wishes.flat())] : [],
    trials: headers.flatMap(({ trials }) => trials),
    cells: headers.flatMap(({ cells }) => cells),
    skipped: headers.flatMap(({ skipped }) => skipped),
    metrics: [
      ...new Map(headers.flatMap(({ metrics }) => metrics).map((metric) => [metric.id, metric])).values(),
    ],
    clock: clocks.reduce<RecordHeader['clock']>(
      (worst, clock) => (worst !== null && worst.echoP95Seconds >= clock.echoP95Seconds ? worst : clock),
      null,
    ),
    voidRules: [
      ...new Map(
        headers.flatMap(({ voidRules }) => voidRules).map((rule) => [`${rule.rule}\n${rule.limit}`, rule]),
      ).values(),
    ],
  };
}

/** Null as long as one of them has no end; interrupted if one of them was. */
function mergedEnd(parts: readonly RunRecord[]): RecordEnd | null {
  const ends = parts.flatMap(({ end }) => end ?? []);
  const [first] = ends;
  if (first === undefined || ends.length < parts.length) return null;
  const sum = (key: 'wallSeconds' | 'samplerCpuSeconds' | 'toolCpuSeconds') =>
    ends.reduce((total, end) => total + end[key], 0);
  const host = parts[0]?.header.host.hash ?? '';
  return {
    kind: 'end',
    state: ends.find(({ state }) => state !== 'complete')?.state ?? 'complete',
    at:
      ends
        .map(({ at }) => at)
        .sort()
        .at(-1) ?? first.at,
    wallSeconds: sum('wallSeconds'),
    samplerCpuSeconds: sum('samplerCpuSeconds'),
    toolCpuSeconds: sum('toolCpuSeconds'),
    hostHashAfter: ends.find(({ hostHashAfter }) => hostHashAfter !== host)?.hostHashAfter ?? host,
  };
}

function blocksOf({ header, trials }: RunRecord): number {
  return Math.max(header.blocks, ...trials.map(({ block }) => block + 1));
}

function launchesOf({ header, trials }: RunRecord): number {
  return Math.max(0, ...[...header.trials, ...trials].map(({ index }) => index + 1));
}
