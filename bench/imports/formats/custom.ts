/** The least a benchmark can write: a list of { name, unit, value }, one value per name; a file is one launch. */
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import { benchmarkName, requireOwnNames, unknownHost } from '../parsed.ts';
import type { ImportFile, ParsedImport } from '../parsed.ts';
import { readJson } from '../json.ts';
import { metricIn, readUnit } from '../units.ts';

const form = z.array(z.looseObject({ name: z.string(), unit: z.string(), value: z.number() }));

export function readCustom({ file, text }: ImportFile, better: 'lower' | 'higher'): ParsedImport {
  const tool = better === 'lower' ? 'customSmallerIsBetter' : 'customBiggerIsBetter';
  const entries = readJson(text, file, form, tool);
  const benchmarks = entries.map(({ name, unit: word, value }, at) => {
    const place = `${file}: [${at}]`;
    const unit = readUnit(word);
    if (value < 0 && unit.unit !== 'count') {
      throw new UserError(
        `${place}.value: a value in ${word} must be at least 0, got ${value}`,
        'correct what wrote it, or take the entry out',
      );
    }
    const metric = metricIn(unit, better, `One value per file, in ${word || 'no unit'}, as it was written.`);
    const launch = { values: [{ metric, values: [value * unit.factor] }], failure: null };
    return { name: benchmarkName(name, `${place}.name`), launches: [launch] };
  });
  requireOwnNames(
    benchmarks.map(({ name }) => name),
    file,
  );
  return { tool, version: null, at: null, host: unknownHost, unit: 'launch', benchmarks, remarks: [] };
}
