/** A sizing as one self-contained page whose rules can be moved: it carries the demand and the code that sizes it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { visibleText } from '../../model/visible-text.ts';
import { liveData, mostLiveRows } from '../../sizing/live.ts';
import type { Question } from '../../sizing/size.ts';
import { documentOf } from '../formats/html/document.ts';
import { readStyle, withinTag } from '../formats/html/assets.ts';
import { pageScript } from '../formats/html/bundle.ts';
import type { SizingView } from './tables.ts';
import { sizingView } from './view.ts';

/** Where the page's client lies: the sizing itself, bundled for a browser. */
export const sizingPage = path.join(import.meta.dirname, 'page');

/** Beyond so much the CSV would be most of the page: it is written by --assignment. */
const mostAssignment = 2e6;

export async function sizingHtml(
  view: SizingView,
  question: Question,
  { assignment, version }: { readonly assignment: string | null; readonly version: string },
): Promise<string> {
  const { demand, perHost } = question.inventory;
  const isLive = demand.length + perHost.length <= mostLiveRows;
  const drawn = sizingView(view, {
    assignment: assignment !== null && assignment.length <= mostAssignment ? assignment : null,
    isLive,
    version,
  });
  const script = isLive
    ? { id: 'tare-sizing', data: cleaned(liveData(question)), code: await pageScript(sizingPage) }
    : null;
  return documentOf(drawn, pageStyle(), script);
}

function pageStyle(): string {
  const controls = readFileSync(path.join(sizingPage, 'controls.css'), 'utf8');
  return `${readStyle()}\n${withinTag(controls, 'style')}`;
}

/** Labels as the markup shows them. */
function cleaned(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
    typeof value === 'string' ? visibleText(value) : value,
  );
}
