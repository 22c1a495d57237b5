/**
 * Building blocks for option schemas: sizes and durations with units, read once at the border into
 * bytes and seconds. Used by the scenario, the workloads and the runners.
 */
import { z } from 'zod';
import { messageOf } from './errors.ts';
import { parseBytes, parseSeconds } from './units.ts';

function withUnit(parse: (text: string) => number, pattern: string) {
  return z
    .string({ error: (issue) => `expected a value with a unit such as ${pattern}, got ${show(issue.input)}` })
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
        return z.NEVER;
      }
    });
}

/** A required duration, e.g. "30s", "200ms"; seconds inside. */
export const duration = withUnit(parseSeconds, '"30s" or "200ms"');
/** A required size, e.g. "512MiB"; bytes inside. */
export const size = withUnit(parseBytes, '"512MiB"');

/** A duration with a default, given with its unit. */
export function seconds(fallback: string) {
  return duration.prefault(fallback);
}

/** A value as the user wrote it, short. */
export function show(value: unknown): string {
  // JSON has no NaN and no infinity; YAML has both.
  const bare = value === undefined ? 'nothing' : typeof value === 'number' ? String(value) : undefined;
  const text = bare ?? JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
