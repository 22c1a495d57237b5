/**
 * A baseline as one plain file to be committed: a line that says who approved which runs, when and why, then the
 * lines of those runs' records, without what no verdict reads (consoles, meter curves). Every approval before
 * stays in the file, with the medians it set. The only reader and writer of baseline files.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { z } from 'zod';
import { createValueReader, usableTrials } from '../bench/analysis/values.ts';
import { writeOutput } from '../host/output-file.ts';
import { exitCode, messageOf, UserError } from '../model/errors.ts';
import { decodeText } from '../model/text.ts';
import type { CellRecord, RecordedTrial, RunRecord } from '../model/record.ts';
import { lineSchema } from '../bench/record/schema.ts';
import { parseRecord } from '../bench/record/record.ts';
import { median } from '../model/descriptive.ts';

const schema = 1;

const approval = z.object({
  /** `ratchet`: only rows that were shown to be better were taken over. */
  action: z.enum(['set', 'approve', 'ratchet']),
  /** ISO 8601. */
  at: z.string(),
  by: z.string(),
  why: z.string(),
  tool: z.string(),
  runs: z.array(
    z.object({
      runId: z.string(),
      startedAt: z.string(),
      scenario: z.string(),
      host: z.string(),
      fingerprint: z.string(),
    }),
  ),
  /** What the bar was from then on: one line per metric and cell. */
  medians: z.array(
    z.object({
      scenario: z.string(),
      cell: z.string(),
      metric: z.string(),
      median: z.number(),
      n: z.number(),
    }),
  ),
});

const firstLine = z.object({
  kind: z.literal('baseline'),
  schema: z.literal(schema),
  name: z.string(),
  /** Oldest first; the last one is in force. */
  approvals: z.array(approval).min(1),
});

export type Approval = Readonly<z.infer<typeof approval>>;

/** Where a baseline's numbers come from. */
export interface Provenance {
  readonly name: string;
  readonly approvals: readonly Approval[];
}

export interface Baseline {
  readonly records: readonly RunRecord[];
  readonly provenance: Provenance;
}

/** True for the path of a file that begins as a baseline does. */
export function holdsBaseline(path: string): boolean {
  if (!path.endsWith('.jsonl') || !existsSync(path)) return false;
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(64);
    readSync(file, start, 0, start.length, 0);
    return decodeText(start).text.startsWith('{"kind":"baseline"');
  } finally {
    closeSync(file);
  }
}

/** @throws UserError for a missing, foreign, damaged or future file, by line */
export function readBaseline(path: string): Baseline {
  let text: string;
  try {
    text = decodeText(readFileSync(path)).text;
  } catch (error) {
    throw new UserError(
      `cannot read the baseline ${path}: ${messageOf(error)}`,
      'make one with `tare baseline set NAME RECORD --why TEXT`',
      exitCode.usage,
      error,
    );
  }
  return parseBaseline(text, path);
}

/** The baseline in a text; `path` names it in errors. */
export function parseBaseline(text: string, path: string): Baseline {
  const lines = text.split('\n');
  const { name, approvals } = readFirstLine(lines[0] ?? '', path);
  const starts = lines.flatMap((line, at) => (line.startsWith('{"kind":"header"') ? [at] : []));
  const records = starts.map((start, at) => {
    const part = lines.slice(start, starts[at + 1] ?? lines.length);
    const own = part.at(-1) === '' ? part : [...part, ''];
    return parseRecord(own.join('\n'), path, start);
  });
  if (records.length === 0 || lines.at(-1) !== '' || records.some(({ end }) => end === null)) {
    throw new UserError(
      `${path}: the file is cut after line ${lines.length}`,
      'take it from version control again',
    );
  }
  return { records, provenance: { name, approvals } };
}

function readFirstLine(line: string, path: string): z.infer<typeof firstLine> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new UserError(
      `${path}:1: not a baseline (${messageOf(error)})`,
      'a baseline is made with `tare baseline set`; a record can be given as it is',
    );
  }
  const found = (value as { schema?: unknown } | null)?.schema;
  if (typeof found === 'number' && found > schema) {
    throw new UserError(
      `${path}:1: baseline schema ${found} is newer than this tare reads (${schema})`,
      'install a newer tare-bench to read it',
    );
  }
  const parsed = firstLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(
    `${path}:1: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a baseline'}`,
    'a baseline is made with `tare baseline set`, and not changed by hand',
  );
}

/** The baseline as the text of its file: equal baselines give equal bytes. */
export function baselineText({ records, provenance }: Baseline): string {
  const first = { kind: 'baseline', schema, name: provenance.name, approvals: provenance.approvals };
  // The check's own order of fields, so that a file written again differs in what changed alone.
  const lines = records.flatMap(({ header, trials, voided, end }) =>
    [header, ...trials, ...voided, end].map((line) => lineSchema.parse(line)),
  );
  return [first, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Writes it whole or not at all. @throws UserError when it cannot be written */
export function writeBaseline(path: string, baseline: Baseline): void {
  writeOutput(path, baselineText(baseline), {
    makeFolder: true,
    remedy: 'give a writable folder with --dir',
  });
}

/**
 * A record as a baseline keeps it: all that numbers and verdicts come from, without consoles and meter curves.
 * @throws UserError for a run that is no measure of anything: broken off, or without a single value
 */
export function forBaseline(record: RunRecord): RunRecord {
  const { header, end } = record;
  if (end?.state !== 'complete') {
    throw new UserError(
      `run ${header.runId} of ${header.scenario.name} was not completed`,
      'finish it with `tare run --resume`, or measure again: half a run is no bar to hold others to',
    );
  }
  if (mediansOf([record]).length === 0) {
    throw new UserError(
      `run ${header.runId} of ${header.scenario.name} has no value that counts`,
      'see why with `tare report`: its launches failed or its blocks are void',
    );
  }
  const trials = record.trials.map((trial): RecordedTrial => ({ ...trial, outputs: [], series: null }));
  return { header, trials, voided: record.voided, end, notes: [] };
}

/** Median of every metric in every measured cell. */
export function mediansOf(records: readonly RunRecord[]): Approval['medians'] {
  return records.flatMap((record) => {
    const values = createValueReader(usableTrials(record));
    return measuredCells(record).flatMap((cell) =>
      record.header.metrics.flatMap((metric) => {
        const launches = values(cell.id, metric).map(({ value }) => value);
        const middle = median(launches);
        if (middle === null) return [];
        const scenario = record.header.scenario.name;
        return [{ scenario, cell: cell.id, metric: metric.id, median: middle, n: launches.length }];
      }),
    );
  });
}

export function measuredCells({ header }: RunRecord): readonly CellRecord[] {
  return header.cells.filter(({ role }) => role === 'measured');
}

/** An approval of these records by a person, at a time, for a reason. */
export function approvalOf(
  records: readonly RunRecord[],
  facts: Pick<Approval, 'action' | 'at' | 'by' | 'why' | 'tool'>,
): Approval {
  return {
    ...facts,
    runs: records.map(({ header: { runId, startedAt, scenario, host } }) => ({
      runId,
      startedAt,
      scenario: scenario.name,
      host: host.hostname,
      fingerprint: host.hash,
    })),
    medians: mediansOf(records),
  };
}
