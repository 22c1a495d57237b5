/** Messages for what is wrong with a scenario: place by path, value found, remedy. */
import type { z } from 'zod';
import { didYouMean } from './nearest.ts';
import { show } from './quantity-options.ts';

export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export function optionsOf(
  schema: z.ZodType,
  value: unknown,
  path: readonly (string | number)[],
  problems: Problem[],
): Record<string, unknown> {
  const parsed = schema.safeParse(value, { error: explain, reportInput: true });
  if (parsed.success) return parsed.data as Record<string, unknown>;
  problems.push(
    ...parsed.error.issues
      .flatMap(problemsOf)
      .map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
  );
  return {};
}

/** Zod's issue as ours: unknown keys name the key itself, unions their nearest branch. */
export function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    // One line per key, as explained below while the schema and its keys were at hand.
    const lines = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], message: lines[index] ?? 'unknown key' }));
  }
  if (issue.code === 'invalid_union') {
    const depth = (issues: readonly z.core.$ZodIssue[]) =>
      Math.max(0, ...issues.map(({ path }) => path.length));
    const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0];
    // A word that is none of those it may be: they are what its author wants to know.
    const words = issue.errors.flat().flatMap((one) => (one.code === 'invalid_value' ? one.values : []));
    if (typeof issue.input === 'string' && words.length > 0) {
      const named = words.map(String).join(', ');
      // Another form of a text reports by itself what it expects and what it got.
      const form = issue.errors
        .flat()
        .find(({ code, path: at }) => code === 'custom' && at.length === 0)?.message;
      return [
        {
          path,
          message:
            form === undefined ? `must be one of ${named}, got ${show(issue.input)}` : `${form}; or ${named}`,
        },
      ];
    }
    if (nearest !== undefined && depth(nearest) > 0) {
      return nearest.flatMap(problemsOf).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
    }
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: issue.issues[0]?.message ?? 'invalid name' }];
  }
  return [{ path, message: issue.message }];
}

export function explain(issue: z.core.$ZodRawIssue): string | undefined {
  const got = `, got ${show(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing; add it' : `must be ${article(issue.expected)}${got}`;
    case 'too_small':
      return `must ${amount(issue, issue.minimum, 'at least', 'more than')}${got}`;
    case 'too_big':
      return `must ${amount(issue, issue.maximum, 'at most', 'less than')}${got}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}${got}${meant(issue.input, issue.values)}`;
    case 'invalid_union':
      return `has the wrong form${got}`;
    case 'unrecognized_keys': {
      const { shape } = (issue.inst?._zod.def ?? {}) as { readonly shape?: object };
      const known = Object.keys(shape ?? {});
      const remedy = (key: string): string => didYouMean(key, known) || '; remove it or check the spelling';
      return issue.keys.map((key) => `unknown key${remedy(key)}`).join('\n');
    }
    default:
      return undefined;
  }
}

/** Of what has a length, its length; else the number itself. */
function amount(
  { origin, inclusive }: z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig>,
  bound: number | bigint,
  within: string,
  beyond: string,
): string {
  const words = `${inclusive === false ? beyond : within} ${bound}`;
  const one = Number(bound) === 1;
  if (origin === 'string') return `have ${words} ${one ? 'character' : 'characters'}`;
  return origin === 'array' ? `have ${words} ${one ? 'entry' : 'entries'}` : `be ${words}`;
}

function meant(input: unknown, values: readonly unknown[]): string {
  return typeof input === 'string' ? didYouMean(input, values.map(String)) : '';
}

function article(type: string): string {
  return type === 'int' ? 'a whole number' : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

export function unknownName(
  path: readonly (string | number)[],
  what: string,
  got: string,
  known: readonly string[],
  also = '',
): Problem {
  return {
    path,
    message: `unknown ${what} ${show(got)}; known: ${known.join(', ')}${also === '' ? '' : ` (or ${also})`}${didYouMean(got, known)}`,
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
