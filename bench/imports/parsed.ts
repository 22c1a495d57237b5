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
  /** Files below a folder that is imported as a whole, by path from there; `text` is then empty. */
  readonly parts?: readonly { readonly path: string; readonly text: string }[];
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

/** Something in a file that was not understood, and so is in no benchmark. */
export interface NotUnderstood {
  /** In the plural: "values in hit%, of which it is not known which way is better". */
  readonly what: string;
  readonly count: number;
  /** Where the first of them stands. */
  readonly first: string;
  readonly hint: string;
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
  /** What a reader of the numbers must know, what was understood and left out among it. */
  readonly remarks: readonly string[];
  readonly notUnderstood: readonly NotUnderstood[];
}

export type Direction = 'lower' | 'higher';
/** Direction of units that do not tell it themselves, as the user states them; `ignore`: leave them out. */
export type Directions = Readonly<Record<string, Direction | 'ignore'>>;

export const unknownHost: ParsedImport['host'] = { name: null, must: {}, note: {} };

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
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice === undefined) return;
  throw new UserError(
    `${file}: ${JSON.stringify(twice)} stands there twice, and nothing in the file says whether that is one benchmark or two`,
    'give each a name of its own, or put repeated runs into files of their own and import them together',
  );
}
