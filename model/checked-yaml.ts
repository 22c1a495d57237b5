/**
 * A YAML file that a user wrote, read by a schema: its data with the place of every field, or every problem at
 * once with file, line, column, field, got value and remedy.
 */
import { isMap, isScalar, LineCounter, parseAllDocuments, parseDocument, stringify } from 'yaml';
import type { z } from 'zod';
import { UserError } from './errors.ts';
import { explain, problemsOf } from './yaml-problems.ts';
import { dataOf, offsetOf } from './yaml.ts';

/** What the file is called in messages. */
export interface FileWords {
  /** "policy": what a problem at the top is said of. */
  readonly what: string;
  /** What a file without any mapping is told to hold: "a mapping with rules". */
  readonly expected: string;
  readonly hint: string;
}

export interface Checked<T> {
  readonly data: T;
  /** Line, from 1, of the field at a path. */
  readonly lineOf: (path: readonly (string | number)[]) => number;
  /** The value at a path as its author wrote it, for versions: 6.10 is 6.1 to YAML. Null: it is not plain there. */
  readonly sourceOf: (path: readonly (string | number)[]) => string | null;
}

/** @throws UserError with every problem, one line each: `file:line:column: field: problem` */
export function parseChecked<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  words: FileWords,
): Checked<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const invalid = (problems: readonly string[]): UserError =>
    new UserError(
      problems.length === 1
        ? (problems[0] ?? '')
        : `${file} has ${problems.length} problems:\n  ${problems.join('\n  ')}`,
      words.hint,
    );
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map((error) => `${placeAt(error.pos[0])}: ${error.message.split('\n')[0] ?? ''}`),
    );
  }
  if (!isMap(document.contents)) throw invalid([`${file}:1:1: expected ${words.expected}`]);
  const plain = dataOf(document, (problem) => invalid([`${file}: ${problem}`]));
  const parsed = schema.safeParse(plain, { error: explain, reportInput: true });
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.flatMap(problemsOf).map(({ path, message }) => {
        const place = placeAt(offsetOf(document, path));
        return `${place}: ${path.join('.') || `(${words.what})`}: ${message}`;
      }),
    );
  }
  return {
    data: parsed.data,
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
    sourceOf: (path) => {
      const node = document.getIn(path, true);
      return isScalar(node) && node.type === 'PLAIN' ? (node.source ?? null) : null;
    },
  };
}

/** Data as the text of such a file. */
export function yamlOf(data: unknown): string {
  return stringify(data);
}

/**
 * The values of every document of a YAML text.
 * @throws UserError for a text that is no YAML
 */
export function yamlDocuments(text: string, file: string): unknown[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [first] = document.errors;
    if (first !== undefined)
      throw new UserError(`${file}: is no sound YAML: ${first.message}`, 'dump it again');
    return [document.toJS({ maxAliasCount: 100 }) as unknown];
  });
}
