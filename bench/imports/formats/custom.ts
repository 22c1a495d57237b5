/**
 * The least a benchmark can write: a list of { name, unit, value }, one value per name and unit; a file is one
 * launch. Which way is better is said by the format's name, or by every unit itself.
 */
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import { createGaps, directionOf } from '../gaps.ts';
import { identityOf } from '../identity.ts';
import { readJson } from '../json.ts';
import { requireOwnNames, unknownHost } from '../parsed.ts';
import type { Direction, Directions, ImportedValues, ImportFile, ParsedImport } from '../parsed.ts';
import { metricIn, readUnit } from '../units.ts';

const form = z.array(z.looseObject({ name: z.string(), unit: z.string(), value: z.number() }));

/** `better` null: each unit tells, and what does not is not understood. */
export function readCustom(
  { file, text }: ImportFile,
  better: Direction | null,
  stated: Directions = {},
): ParsedImport {
  const tool =
    better === null ? 'custom' : better === 'lower' ? 'customSmallerIsBetter' : 'customBiggerIsBetter';
  const entries = readJson(text, file, form, tool);
  const gaps = createGaps();
  const byName = new Map<string, ImportedValues[]>();
  const kinds: string[] = [];
  entries.forEach(({ name: given, unit: word, value }, at) => {
    const place = `${file}: [${at}]`;
    const name = identityOf(given, [], `${place}.name`);
    const unit = readUnit(word);
    if (value < 0 && unit.unit !== 'count') {
      throw new UserError(
        `${place}.value: a value in ${word} must be at least 0, got ${value}`,
        'correct what wrote it, or take the entry out',
      );
    }
    const direction = better ?? directionOf(word === '' ? 'no unit' : word, unit, stated, gaps, place);
    if (direction === null) return;
    const metric = metricIn(
      unit,
      direction,
      `One value per file, in ${word || 'no unit'}, as it was written.`,
    );
    // Several units of one name are several metrics of it; twice the same unit is twice the same thing.
    kinds.push(`${name} (${metric.title.toLowerCase()})`);
    byName.set(name, [...(byName.get(name) ?? []), { metric, values: [value * unit.factor] }]);
  });
  requireOwnNames(kinds, file);
  return {
    tool,
    version: null,
    at: null,
    host: unknownHost,
    unit: 'launch',
    benchmarks: [...byName].map(([name, values]) => ({ name, launches: [{ values, failure: null }] })),
    remarks: [],
    notUnderstood: gaps.list(),
  };
}

/** Whether the units of a list say by themselves which way is better: at least one does. */
export function unitsTell(text: string): boolean {
  try {
    const entries = form.safeParse(JSON.parse(text));
    return entries.success && entries.data.some(({ unit }) => readUnit(unit).better !== null);
  } catch {
    return false;
  }
}
