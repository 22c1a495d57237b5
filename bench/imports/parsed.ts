/**
 * What a reader of another tool's output makes of it, before it is a record: benchmarks, the launches in which
 * each ran, and every value seen inside a launch. A launch is a process of its own; whatever a process timed
 * many times stays inside its one launch, so that no later step can take it for more evidence (METHODOLOGY C2).
 */
import type { MetricDeclaration } from '../../model/metric.ts';
import type { ReplicationUnit } from '../../model/record.ts';
import { UserError } from '../../model/errors.ts';

/** A text to import and what to call it in errors. */
export interface ImportFile {
  readonly file: string;
  readonly text: string;
}

export type ImportMetric = Pick<
  MetricDeclaration,
  'id' | 'title' | 'unit' | 'better' | 'definition' | 'threshold'
>;

/** Values of one metric within one launch, in the metric's unit. */
export interface ImportedValues {
  readonly metric: ImportMetric;
  readonly values: readonly number[];
}

/** One process run of one benchmark. `failure`: why its values do not count. */
export interface ImportedLaunch {
  readonly values: readonly ImportedValues[];
  readonly failure: string | null;
}

export interface ImportedBenchmark {
  readonly name: string;
  readonly launches: readonly ImportedLaunch[];
}

/** One file as read. */
export interface ParsedImport {
  readonly tool: string;
  readonly version: string | null;
  /** When it was measured, ISO 8601; null where the format does not tell. */
  readonly at: string | null;
  /** What the file tells of its machine; `must` empty: nothing that identifies it. */
  readonly host: {
    readonly name: string | null;
    readonly must: Readonly<Record<string, string>>;
    readonly note: Readonly<Record<string, string>>;
  };
  /** What a single value of this format stands for. */
  readonly unit: ReplicationUnit;
  readonly benchmarks: readonly ImportedBenchmark[];
  readonly remarks: readonly string[];
}

/** Direction of units that do not tell it themselves, as the user states them. */
export type Directions = Readonly<Record<string, 'lower' | 'higher'>>;

export const unknownHost: ParsedImport['host'] = { name: null, must: {}, note: {} };

/** Longest name of a benchmark that is kept; what some tools call a name is a whole script. */
const longestName = 200;

/**
 * A benchmark's name, fit for tables, files and terminals: control characters and direction overrides become a
 * replacement sign, runs of white space one space.
 * @throws UserError for a name without a visible character
 */
export function benchmarkName(name: string, place: string): string {
  const clean = name
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD')
    .trim();
  if (clean === '')
    throw new UserError(`${place}: a name is empty`, 'give every benchmark a name of its own');
  return clean.length > longestName ? `${clean.slice(0, longestName - 1)}…` : clean;
}

/** A quantity that cannot be negative. */
export function notNegative(value: number, place: string, what: string): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UserError(
    `${place}: ${what} must be a number of at least 0, got ${String(value)}`,
    'the clock or the tool went wrong there: measure again, or take the entry out',
  );
}

/** @throws UserError when two benchmarks of a file have one name */
export function requireOwnNames(names: readonly string[], file: string): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return;
  throw new UserError(
    `${file}: ${JSON.stringify(twice)} stands there twice, and nothing says whether that is one benchmark or two`,
    'give each a name of its own, or put repeated runs into files of their own and import them together',
  );
}
