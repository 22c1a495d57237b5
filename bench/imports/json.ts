/** JSON from other tools, read strictly: what is cut, not JSON or of another form is told by line or field. */
import type { z } from 'zod';
import { messageOf, UserError } from '../../model/errors.ts';

/** A JSON value of a file, and the line it begins in. */
export interface Located {
  readonly value: unknown;
  readonly line: number;
}

export interface JsonText {
  readonly values: readonly Located[];
  /** Lines that are no part of any value, behind the first one. */
  readonly rest: readonly { readonly line: number; readonly text: string }[];
}

/**
 * The value in a JSON text of the form asked for; lines before it (some tools print remarks first) are skipped.
 * @throws UserError naming file, line or field, and what was got
 */
export function readJson<Form extends z.ZodType>(
  text: string,
  file: string,
  form: Form,
  tool: string,
): z.output<Form> {
  const { values, rest } = splitJson(text, file);
  const [first, second] = values;
  const after = [
    ...(second === undefined ? [] : [{ line: second.line, text: 'a second JSON value' }]),
    ...rest,
  ][0];
  if (after !== undefined) {
    throw new UserError(
      `${file}:${after.line}: behind the end of the JSON there is more: ${shown(after.text)}`,
      'several outputs were put into one file, or something else was printed into it: give each its own file',
    );
  }
  return ofForm(first?.value, file, form, tool);
}

/** @throws UserError naming the field that is not of the form, and what was got */
export function ofForm<Form extends z.ZodType>(
  value: unknown,
  place: string,
  form: Form,
  tool: string,
): z.output<Form> {
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  throw new UserError(
    `${place}: ${fieldOf(path)}: ${(issue?.message ?? 'not of the form').replace('Invalid input: ', '')}, got ${shown(at(value, path))}`,
    `this is not what ${tool} writes: name another format with --from, or export it again`,
  );
}

/**
 * Every JSON value of a text: one, one a line, or whole outputs one after another. Lines before the first are
 * skipped. A value begins at the start of a line.
 * @throws UserError for a value that is cut or wrong, by line
 */
export function splitJson(text: string, file: string): JsonText {
  const start = /^[ \t]*[[{]/m.exec(text)?.index ?? 0;
  try {
    return {
      values: [{ value: JSON.parse(text.slice(start)) as unknown, line: lineAt(text, start) }],
      rest: [],
    };
  } catch (error) {
    const several = splitSeveral(text, start, file);
    if (several !== null) return several;
    throw notJson(text, file, start, messageOf(error));
  }
}

/** Null: no value has an end. */
function splitSeveral(text: string, start: number, file: string): JsonText | null {
  const values: Located[] = [];
  const rest: { line: number; text: string }[] = [];
  let from = start;
  let line = lineAt(text, start);
  while (from < text.length) {
    const lineEnd = text.indexOf('\n', from);
    const nextLine = lineEnd < 0 ? text.length : lineEnd + 1;
    const own = text.slice(from, nextLine);
    const isValue = /^[ \t]*[[{]/.test(own);
    const end = isValue ? endOfValue(text, from) : null;
    if (!isValue) {
      if (own.trim() !== '') rest.push({ line, text: own.trim() });
      from = nextLine;
      line += 1;
      continue;
    }
    if (end === null && values.length === 0) return null;
    const part = text.slice(from, end ?? text.length);
    try {
      values.push({ value: JSON.parse(part), line });
    } catch (error) {
      if (values.length === 0) return null;
      throw notJson(part, file, 0, messageOf(error), line);
    }
    line += part.split('\n').length - 1;
    from = end ?? text.length;
    // What stands behind a value in its last line is the next line's start.
    const gap = /^[ \t]*\r?\n/.exec(text.slice(from, from + 200));
    if (gap !== null) {
      from += gap[0].length;
      line += 1;
    }
  }
  return { values, rest };
}

/** Index behind the bracket that closes the value begun at `from`; null: it does not close. */
function endOfValue(text: string, from: number): number | null {
  let depth = 0;
  let inText = false;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at];
    if (inText) {
      if (sign === '\\') at += 1;
      else if (sign === '"') inText = false;
    } else if (sign === '"') inText = true;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function notJson(text: string, file: string, start: number, message: string, firstLine = 1): UserError {
  // Some writers print numbers that JSON does not have, which the parser does not name well.
  const odd = /[:,[]\s*(-?(?:NaN|Infinity|nan|inf))\b/.exec(text);
  if (odd !== null) {
    const line = firstLine - 1 + lineAt(text, odd.index + odd[0].length);
    return new UserError(
      `${file}:${line}: expected a number, got ${odd[1] ?? ''}`,
      'the tool could not measure there: measure again, or take the entry out',
    );
  }
  const cut = /end of JSON|Unterminated/.test(message);
  return new UserError(
    `${file}:${firstLine - 1 + lineAt(text, start)}: not JSON (${message})`,
    cut || text.trim() === ''
      ? 'the file was cut or is empty: export it again'
      : 'name the format with --from if it is none of JSON',
  );
}

/** "results[0].times[3]". */
function fieldOf(path: readonly PropertyKey[]): string {
  const text = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'the whole' : text;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
