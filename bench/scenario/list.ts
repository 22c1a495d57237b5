/**
 * A scenario file that only lists others (`full`): YAML text -> its entries with their places, or every
 * problem at once. Reading the entries, and cycles among them, are the caller's business.
 */
import { openYaml } from '../../model/yaml.ts';
import { scenarioWords } from './scenario.ts';
import { scenarioListSchema } from './schema.ts';

export interface ScenarioList {
  readonly name: string;
  readonly description: string;
  /** Paths as written, relative to the list, and where they stand: `file:line:column`. */
  readonly entries: readonly { readonly path: string; readonly place: string }[];
}

/**
 * Reads a list of scenarios; null where the text is anything else, for `parseScenario` to judge.
 * @throws UserError with every problem of a list, one line each: `file:line:column: field: problem`
 */
export function parseScenarioList(text: string, file: string): ScenarioList | null {
  const opened = openYaml(text, file, { ...scenarioWords, what: 'list' });
  if (!opened.has('scenarios')) return null;
  const { name, description, scenarios } = opened.check(scenarioListSchema);
  return {
    name,
    description,
    entries: scenarios.map((path, index) => ({ path, place: opened.placeOf(['scenarios', index]) })),
  };
}
