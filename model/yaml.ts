/**
 * The one reader of YAML: a text as plain data with the place of every field in it, and every problem of it at
 * once with file, line, column, field, got value and remedy.
 */
import {
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parse,
  parseAllDocuments,
  parseDocument,
  stringify,
  type Document,
} from 'yaml';
import type { z } from 'zod';
import { messageOf, UserError } from './errors.ts';
import { explain, problemsOf, type Problem } from './yaml-problems.ts';

/** What the file is called in messages. */
export interface FileWords {
  /** "policy": what a problem at the top is said of. */
  readonly what: string;
  /** What an error says a file without any mapping should hold: "a mapping with rules". */
  readonly expected: string;
  readonly hint: string;
}

type Path = readonly (string | number)[];

/** A text that should hold one mapping. Only `has` may be asked of one that does not; the rest throws UserError. */
export interface YamlFile {
  /** Whether the text is sound and has this key at its top. */
  has(key: string): boolean;
  /** Puts `key.path=value` in place of what is there; the value is read as YAML. */
  set(override: string): void;
  data(): unknown;
  /** The data as the schema reads it. */
  check<T>(schema: z.ZodType<T>): T;
  /** The error that says all problems, each with its place. */
  refuse(problems: readonly Problem[]): UserError;
  /** `file:line:column` of a field: of its key if there is one, else of the nearest parent. */
  readonly placeOf: (path: Path) => string;
  /** Line, from 1, of a field. */
  readonly lineOf: (path: Path) => number;
  /** The value at a path as its author wrote it, for versions: 6.10 is 6.1 to YAML. Null: it is not plain there. */
  readonly sourceOf: (path: Path) => string | null;
}

export interface Checked<T> extends Pick<YamlFile, 'lineOf' | 'sourceOf'> {
  readonly data: T;
}

/** @throws UserError with every problem, one line each: `file:line:column: field: problem` */
export function parseChecked<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  words: FileWords,
): Checked<T> {
  const opened = openYaml(text, file, words);
  return { data: opened.check(schema), lineOf: opened.lineOf, sourceOf: opened.sourceOf };
}

/** Opens a text; never throws itself. */
export function openYaml(text: string, file: string, words: FileWords): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const overridden = new Set<string>();
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const placeOf = (path: Path): string => placeAt(offsetOf(document, path));
  const invalid = (problems: readonly string[]): UserError =>
    new UserError(
      problems.length === 1
        ? (problems[0] ?? '')
        : `${file} has ${problems.length} problems:\n  ${problems.join('\n  ')}`,
      words.hint,
    );
  const refuse = (problems: readonly Problem[]): UserError =>
    invalid(
      problems.map(({ path, message }) => {
        const name = path.join('.');
        const place = overridden.has(name) ? `--set ${name}` : placeOf(path);
        return `${place}: ${name || `(${words.what})`}: ${message}`;
      }),
    );
  const requireSound = (): void => {
    if (document.errors.length > 0) {
      throw invalid(
        document.errors.map((error) => `${placeAt(error.pos[0])}: ${error.message.split('\n')[0] ?? ''}`),
      );
    }
    if (!isMap(document.contents)) throw invalid([`${file}:1:1: expected ${words.expected}`]);
  };
  const data = (): unknown => {
    requireSound();
    try {
      return document.toJS() as unknown;
    } catch (error) {
      // An alias without its anchor, or aliases that would fill the memory.
      if (!(error instanceof ReferenceError)) throw error;
      throw invalid([`${file}: its aliases (*) cannot be followed: ${error.message}`]);
    }
  };
  return {
    has: (key) => document.errors.length === 0 && isMap(document.contents) && document.contents.has(key),
    set(override) {
      requireSound();
      overridden.add(setIn(document, override, words.what));
    },
    data,
    check(schema) {
      const parsed = schema.safeParse(data(), { error: explain, reportInput: true });
      if (parsed.success) return parsed.data;
      throw refuse(parsed.error.issues.flatMap(problemsOf));
    },
    refuse,
    placeOf,
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line,
    sourceOf: (path) => {
      const node = document.getIn(path, true);
      return isScalar(node) && node.type === 'PLAIN' ? (node.source ?? null) : null;
    },
  };
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

/** Data as the text of such a file. */
export function yamlOf(data: unknown): string {
  return stringify(data);
}

/** Where in the text a path stands: its key if there is one, else the nearest parent. */
function offsetOf(document: Document, path: Path): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key: node }) => isScalar(node) && node.value === key);
      if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** Applies one `--set key.path=value`; the key that it set. */
function setIn(document: Document, override: string, what: string): string {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(override) ?? [];
  if (key === undefined || value === undefined) {
    throw new UserError(
      `--set ${override}: expected KEY=VALUE`,
      'e.g. --set blocks=10 or --set runners.vm.machine=q35',
    );
  }
  try {
    document.setIn(key.split('.'), document.createNode(parse(value)));
  } catch (error) {
    throw new UserError(
      `--set ${override}: ${messageOf(error)}`,
      `the path must lead through mappings of the ${what}`,
    );
  }
  return key;
}
