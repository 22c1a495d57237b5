/**
 * A scenario file that only lists others (`full`): YAML text -> its entries with their places, or every
 * problem at once. Reading the entries, and cycles among them, are the caller's business.
 */
import { isMap, LineCounter, parseDocument } from 'yaml';
import { explain, problemsOf } from '../../model/yaml-problems.ts';
import { dataOf, offsetOf } from '../../model/yaml.ts';
import { invalid } from './scenario.ts';
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
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const { contents } = document;
  if (document.errors.length > 0 || !isMap(contents) || !contents.has('scenarios')) return null;
  const place = (path: readonly (string | number)[]) => {
    const { line, col } = lines.linePos(offsetOf(document, path));
    return `${file}:${line}:${col}`;
  };
  const data = dataOf(document, (problem) => invalid(file, [`${file}: ${problem}`]));
  const parsed = scenarioListSchema.safeParse(data, { error: explain, reportInput: true });
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap(problemsOf);
    throw invalid(
      file,
      problems.map(({ path, message }) => `${place(path)}: ${path.join('.') || '(list)'}: ${message}`),
    );
  }
  const { name, description, scenarios } = parsed.data;
  return {
    name,
    description,
    entries: scenarios.map((path, index) => ({ path, place: place(['scenarios', index]) })),
  };
}
