/** Several hosts or runs side by side, in every format. */
import type { RunRecord } from '../../model/record.ts';
import { claimsOf } from '../run/claims/claims.ts';
import { reportHtml } from '../formats/html/report-page.ts';
import { markdownOf } from '../formats/markdown.ts';
import { textOf } from '../formats/text.ts';
import { differencesOf } from './differences.ts';
import { sidesOf } from './side.ts';
import { hostsView } from './view.ts';

export { severalHosts } from './side.ts';

export type SideFormat = 'html' | 'text' | 'markdown' | 'json';

/**
 * @param each a side per record; else one per host, its runs together
 * @throws UserError where runs of one host cannot stand in one analysis
 */
export async function renderSides(
  records: readonly RunRecord[],
  format: SideFormat,
  options: { readonly each: boolean; readonly color?: boolean },
): Promise<string> {
  const sides = sidesOf(records, options);
  switch (format) {
    case 'html':
      return reportHtml(hostsView(sides));
    case 'text':
      return textOf(hostsView(sides), { color: options.color ?? false });
    case 'markdown':
      return markdownOf(hostsView(sides));
    case 'json': {
      const told = sides.map(({ name, record, analysis }) => ({
        name,
        host: record.header.host,
        runs: (record.parts ?? [record]).map(({ header }) => header.runId),
        analysis,
        claims: claimsOf(record, analysis),
      }));
      return `${JSON.stringify({ schema: 1, kind: 'sides', differences: differencesOf(sides), sides: told }, null, 2)}\n`;
    }
  }
}
