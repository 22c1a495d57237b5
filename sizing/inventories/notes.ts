/** What a reader gathers beside the demand: problems, rows left out, remarks. */
import type { z } from 'zod';
import { explain, problemsOf } from '../../model/yaml-problems.ts';
import type { InputProblem, LeftOut, Source } from '../model.ts';

export interface Notes {
  readonly problems: InputProblem[];
  readonly leftOut: LeftOut[];
  readonly remarks: Set<string>;
  /** What happened to many, each kind of it a remark with its number and the first. */
  readonly tallies: Map<string, { readonly count: number; readonly first: string }>;
}

export function createNotes(): Notes {
  return { problems: [], leftOut: [], remarks: new Set(), tallies: new Map() };
}

/** A value of the input as a message shows it: one line, shortened, nothing that a terminal would obey. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '(empty)';
  const text =
    typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : JSON.stringify(value);
  const flat = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u{FFFD}');
  return flat.length > 60 ? `${flat.slice(0, 59)}…` : flat;
}

export function addProblem(
  notes: Notes,
  source: Source,
  field: string,
  got: unknown,
  problem: string,
  remedy: string,
  effect: InputProblem['effect'],
): void {
  notes.problems.push({ source, field, got: shown(got), problem, remedy, effect });
}

/** An object of a dump, null where it is not of its kind's form, which is noted. */
export function objectOf<T>(schema: z.ZodType<T>, item: unknown, source: Source, notes: Notes): T | null {
  const parsed = schema.safeParse(item, { error: explain, reportInput: true });
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues.flatMap(problemsOf);
  addProblem(
    notes,
    source,
    first?.path.join('.') ?? '',
    '',
    first?.message ?? 'is malformed',
    'dump it again with kubectl get -o json',
    'row left out',
  );
  return null;
}

/** One more to which this happened. */
export function tally(notes: Notes, what: string, which: string): void {
  const known = notes.tallies.get(what);
  notes.tallies.set(what, { count: (known?.count ?? 0) + 1, first: known?.first ?? which });
}

/** Remarks and tallies as sentences. */
export function remarksOf({ remarks, tallies }: Notes): string[] {
  return [
    ...remarks,
    ...[...tallies].map(
      ([what, { count, first }]) => `${what}: ${count}${count === 1 ? ',' : ', the first'} ${first}`,
    ),
  ];
}
