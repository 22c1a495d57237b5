/** Every page of docs/ that is made from the code, as it should be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { metricsDoc } from './metrics-doc.ts';
import { programsDoc, runnerOptions, withGenerated } from './options-doc.ts';
import { root } from './process.ts';
import { rulesDoc } from './rules-doc.ts';

/** Page -> text, formatted as `npm run format` would. */
export async function generatedDocs(): Promise<ReadonlyMap<string, string>> {
  const runners = readFileSync(join(root, 'docs/runners.md'), 'utf8');
  const pages = [
    ['docs/metrics.md', metricsDoc()],
    ['docs/rules.md', rulesDoc()],
    ['docs/programs.md', programsDoc()],
    ['docs/runners.md', withGenerated(runners, runnerOptions())],
  ] as const;
  const formatted = pages.map(async ([page, text]) => {
    const options = await resolveConfig(join(root, page));
    return [page, await format(text, { ...options, filepath: page })] as const;
  });
  return new Map(await Promise.all(formatted));
}
