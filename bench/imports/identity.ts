/**
 * What makes two entries of a file one benchmark: the same name and the same options, every one that the tool
 * printed. The text shown is fit for tables, files and terminals, and never the same for two that differ.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../../model/errors.ts';
import type { ImportedBenchmark, ImportedLaunch } from './parsed.ts';

/** What a tool printed of how a benchmark was run, in the order it is shown; an empty value: a plain switch. */
export type Options = readonly (readonly [key: string, value: string])[];

/** Longest identity that is shown; what some tools call a name is a whole script. */
const longest = 200;

/**
 * `name [key=value, switch]`: control characters and direction overrides become a replacement sign, runs of
 * white space one space. Where that or the length drops anything, a digest of the whole stands at the end.
 * @throws UserError for a name without a visible character
 */
export function identityOf(name: string, options: Options, place: string): string {
  const plain = clean(name);
  if (plain === '')
    throw new UserError(`${place}: a name is empty`, 'give every benchmark a name of its own');
  const list = options.map(([key, value]) => (value === '' ? shown(key) : `${shown(key)}=${shown(value)}`));
  const text = list.length === 0 ? plain : `${plain} [${list.join(', ')}]`;
  // A name that ends as options or a digest do could pass for another benchmark.
  const looksAlike = / \[.*\]$| #[0-9a-f]{8}$/.test(plain);
  const isWhole = [name.trim(), ...options.flat()].every((part) => clean(part) === part);
  if (isWhole && !looksAlike && text.length <= longest) return text;
  const digest = createHash('sha256')
    .update(JSON.stringify([name.trim(), options]))
    .digest('hex')
    .slice(0, 8);
  const room = longest - digest.length - 3;
  const kept = text.length + digest.length + 2 > longest ? `${text.slice(0, room).toWellFormed()}…` : text;
  return `${kept} #${digest}`;
}

/** Entries of one identity are launches of one benchmark, in the order of the file. */
export function launchesTogether(
  entries: readonly { readonly name: string; readonly launch: ImportedLaunch }[],
): ImportedBenchmark[] {
  const byName = new Map<string, ImportedLaunch[]>();
  for (const { name, launch } of entries) {
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [launch]);
    else known.push(launch);
  }
  return [...byName].map(([name, launches]) => ({ name, launches }));
}

/** Options from an object of any JSON values, by key, so that the order of the file says nothing. */
export function optionsOf(values: Readonly<Record<string, unknown>>): Options {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function clean(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD')
    .trim();
}

/** Quoted where it holds what separates options. */
function shown(part: string): string {
  const plain = clean(part);
  return part === '' || /[,=[\]"]/.test(plain) ? JSON.stringify(plain) : plain;
}
