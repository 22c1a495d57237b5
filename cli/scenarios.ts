/**
 * Scenario files by path or name, lists of scenarios resolved into what they list. Says of every file that
 * cannot be read which one named it.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { messageOf, UserError } from '../model/errors.ts';
import { didYouMean } from '../model/nearest.ts';
import type { ScenarioList } from '../bench/scenario/list.ts';
import { readTextFile, type Say } from './text-file.ts';

const readyFolder = join(import.meta.dirname, '..', 'scenarios');

export interface ScenarioText {
  /** As messages and the record name it. */
  readonly file: string;
  readonly text: string;
}

export interface Loaded {
  /** Name and description of the list, if one list was named and nothing else. */
  readonly list: Pick<ScenarioList, 'name' | 'description'> | null;
  readonly scenarios: readonly ScenarioText[];
}

type ListParser = (text: string, file: string) => ScenarioList | null;

/** Names of the scenarios that come with tare. */
export function readyScenarios(): string[] {
  return readdirSync(readyFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .toSorted();
}

/**
 * Every scenario that the names refer to, in order.
 * @throws UserError for files that cannot be read, and lists that are wrong, repeat a file or lead in a circle
 */
export function loadScenarios(names: readonly string[], parseList: ListParser, say: Say): Loaded {
  const scenarios: ScenarioText[] = [];
  let list: Loaded['list'] = null;
  for (const name of names) {
    const { path, file, text } = readNamed(name, say);
    const parsed = parseList(text, file);
    if (parsed === null) scenarios.push({ file, text });
    else {
      scenarios.push(...listed(parsed, path, file, [path], new Map(), parseList, say));
      if (names.length === 1) list = { name: parsed.name, description: parsed.description };
    }
  }
  return { list, scenarios };
}

/** `above`: the lists that lead here; `seen`: where each file was named first. */
function listed(
  { entries }: ScenarioList,
  path: string,
  file: string,
  above: readonly string[],
  seen: Map<string, string>,
  parseList: ListParser,
  say: Say,
): ScenarioText[] {
  return entries.flatMap(({ path: entry, place }) => {
    const target = resolve(dirname(path), entry);
    const shown = join(dirname(file), entry);
    const wrong = (problem: string, hint: string) =>
      new UserError(`${place}: scenarios: ${entry} ${problem}`, hint);
    if (above.includes(target)) {
      const circle = [...above.slice(above.indexOf(target)), target].map((one) =>
        relative(dirname(path), one),
      );
      throw wrong(`leads in a circle (${circle.join(' -> ')})`, 'take it out of the list');
    }
    const first = seen.get(target);
    if (first !== undefined) throw wrong(`is listed already (${first})`, 'list it once');
    seen.set(target, place);
    let text: string;
    try {
      text = readTextFile(target, say);
    } catch (error) {
      throw wrong(`cannot be read: ${messageOf(error)}`, 'paths are relative to the file that lists them');
    }
    const inner = parseList(text, shown);
    return inner === null
      ? [{ file: shown, text }]
      : listed(inner, target, shown, [...above, target], seen, parseList, say);
  });
}

/** A file, or the name of a scenario that comes with tare. */
function readNamed(name: string, say: Say): { path: string; file: string; text: string } {
  const ready = join(readyFolder, `${name}.yaml`);
  const tried = /^[a-z0-9-]+(\/[a-z0-9-]+)?$/.test(name) ? [ready, name] : [name];
  let problem: unknown;
  for (const path of tried) {
    try {
      const text = readTextFile(path, say);
      return { path: resolve(path), file: path === ready ? `${name}.yaml` : path, text };
    } catch (error) {
      problem = error;
    }
  }
  const names = readyScenarios();
  const missing = (problem as NodeJS.ErrnoException).code === 'ENOENT';
  throw new UserError(
    missing
      ? `there is no scenario ${name}, neither a ready one nor a file${didYouMean(name, names)}`
      : `cannot read scenario ${name}: ${messageOf(problem)}`,
    `give a YAML file, or one of the ready ones: ${names.join(', ')}`,
  );
}
