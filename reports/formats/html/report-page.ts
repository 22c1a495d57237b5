/** A view as the page of a report: drawn, styled, and with the script that filters it and draws its charts again. */
import path from 'node:path';
import type { View } from '../../parts/parts.ts';
import { readStyle, readTemplate } from './assets.ts';
import { pageScript } from './bundle.ts';
import { htmlOf } from './html.ts';

/** Where the page's client lies. */
export const reportPage = path.join(import.meta.dirname, 'page');

/** One self-contained HTML file. */
export async function reportHtml(view: View): Promise<string> {
  return htmlOf(view, {
    template: readTemplate(),
    style: readStyle(),
    client: await pageScript(reportPage),
  });
}
