/** JSON from other tools, read strictly: what is cut, not JSON or of another form is told by line or field. */
import type { z } from 'zod';
import { messageOf, UserError } from '../../model/errors.ts';

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
  const start = /^\s*[[{]/m.exec(text)?.index ?? 0;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start));
  } catch (error) {
    throw notJson(text, file, start, messageOf(error));
  }
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  throw new UserError(
    `${file}: ${fieldOf(path)}: ${(issue?.message ?? 'not of the form').replace('Invalid input: ', '')}, got ${shown(at(value, path))}`,
    `this is not what ${tool} writes: name another format with --from, or export it again`,
  );
}

function notJson(text: string, file: string, start: number, message: string): UserError {
  // Some writers print numbers that JSON does not have, which the parser does not name well.
  const odd = /[:,[]\s*(-?(?:NaN|Infinity|nan|inf))\b/.exec(text);
  if (odd !== null) {
    const line = text.slice(0, odd.index + odd[0].length).split('\n').length;
    return new UserError(
      `${file}:${line}: expected a number, got ${odd[1] ?? ''}`,
      'the tool could not measure there: measure again, or take the entry out',
    );
  }
  const cut = /end of JSON|Unterminated/.test(message);
  return new UserError(
    `${file}:${text.slice(0, start).split('\n').length}: not JSON (${message})`,
    cut || text.trim() === ''
      ? 'the file was cut or is empty: export it again'
      : 'name the format with --from if it is none of JSON',
  );
}

/** "results[0].times[3]". */
export function fieldOf(path: readonly PropertyKey[]): string {
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
