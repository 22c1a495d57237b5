/**
 * How one number is read from what a program of the user's printed or an endpoint showed: a regular
 * expression, a path into JSON, or a sample of the Prometheus text format.
 */
import { UnreadableOutput } from './output.ts';

/** Where a number stands. */
export type Reading =
  /** The first group of the first match, or of the last. */
  | { readonly kind: 'regex'; readonly pattern: string; readonly last: boolean }
  /** `$.a.b[0]["c d"]` into JSON: all that was printed, or its last line that is JSON. */
  | { readonly kind: 'json'; readonly path: string }
  /** A name, with labels that must match; several samples that match are added up. */
  | { readonly kind: 'prometheus'; readonly sample: string };

/** Reads a number. @throws UnreadableOutput naming the program where it is not there, or is none */
export function readNumber(reading: Reading, text: string, program: string): number {
  const value = find(reading, text, program);
  if (value === null || !Number.isFinite(value)) throw new UnreadableOutput(program, describe(reading), text);
  return value;
}

function find(reading: Reading, text: string, program: string): number | null {
  switch (reading.kind) {
    case 'regex': {
      const matches = [...text.matchAll(new RegExp(reading.pattern, 'gm'))];
      const match = reading.last ? matches.at(-1) : matches[0];
      return match?.[1] === undefined || match[1].trim() === '' ? null : Number(match[1]);
    }
    case 'json': {
      const found = follow(parseJson(text, program), jsonSteps(reading.path) ?? []);
      return typeof found === 'number'
        ? found
        : typeof found === 'string' && found !== ''
          ? Number(found)
          : null;
    }
    case 'prometheus': {
      const wanted = parseSample(reading.sample);
      const values = prometheusSamples(text).filter(
        ({ name, labels }) =>
          name === wanted?.name && [...wanted.labels].every(([key, value]) => labels.get(key) === value),
      );
      return values.length === 0 ? null : values.reduce((sum, { value }) => sum + value, 0);
    }
  }
}

function describe(reading: Reading): string {
  switch (reading.kind) {
    case 'regex':
      return `number by /${reading.pattern}/`;
    case 'json':
      return `number at ${reading.path}`;
    case 'prometheus':
      return `sample ${reading.sample}`;
  }
}

/** The steps of a path: names and indexes; null: it is no path that we read. */
export function jsonSteps(path: string): readonly (string | number)[] | null {
  if (!path.startsWith('$')) return null;
  const steps: (string | number)[] = [];
  const step = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\['([^']*)'\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) return null;
    const [, name, index, double, single] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? single ?? (JSON.parse(`"${double ?? ''}"`) as string));
  }
  return steps;
}

function follow(value: unknown, steps: readonly (string | number)[]): unknown {
  return steps.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null) return undefined;
    return Object.hasOwn(at, step) ? (at as Record<string | number, unknown>)[step] : undefined;
  }, value);
}

function parseJson(text: string, program: string): unknown {
  // Programs log before they print their result.
  const lines = text.trimEnd().split('\n');
  for (const candidate of [text, lines.at(-1) ?? '', ...lines.toReversed()]) {
    try {
      const value = JSON.parse(candidate) as unknown;
      if (typeof value === 'object' && value !== null) return value;
    } catch {
      // not this one
    }
  }
  throw new UnreadableOutput(program, 'JSON', text);
}

interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/**
 * Every sample of the text format. Values may be NaN or infinite there.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function prometheusSamples(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line): Sample[] => {
    if (line.startsWith('#')) return [];
    const match = /^([A-Za-z_:][\w:]*)\s*(\{.*\})?\s+(\S+)(?:\s+-?\d+)?\s*$/.exec(line);
    if (match === null) return [];
    const [, name = '', labels = '', value = ''] = match;
    const number = /^[+-]?Inf$/.test(value) ? (value.startsWith('-') ? -Infinity : Infinity) : Number(value);
    return [{ name, labels: parseLabels(labels) ?? new Map<string, string>(), value: number }];
  });
}

/** `name{label="value"}`; null: no such thing. */
export function parseSample(text: string): Pick<Sample, 'name' | 'labels'> | null {
  const match = /^([A-Za-z_:][\w:]*)(\{.*\})?$/.exec(text.trim());
  if (match === null) return null;
  const labels = parseLabels(match[2] ?? '');
  return labels === null ? null : { name: match[1] ?? '', labels };
}

function parseLabels(text: string): ReadonlyMap<string, string> | null {
  const labels = new Map<string, string>();
  const inner = text.replace(/^\{/, '').replace(/\}$/, '');
  const label = /\s*([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;
  while (label.lastIndex < inner.length && inner.trim() !== '') {
    const match = label.exec(inner);
    if (match === null) return null;
    const escapes: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };
    const value = (match[2] ?? '').replace(/\\(.)/g, (_, mark: string) => escapes[mark] ?? `\\${mark}`);
    labels.set(match[1] ?? '', value);
  }
  return labels;
}
