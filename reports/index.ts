/**
 * Every format by name: a run record goes in, a string comes out. The analysis is recomputed each
 * time, so that a report can never disagree with its record.
 */
import { analyse } from '../bench/analyse.ts';
import type { Analysis, RunRecord } from '../bench/model.ts';
import { readAssets } from './assets.ts';
import { claimsOf } from './claims.ts';
import { htmlOf } from './html.ts';
import { markdownOf } from './markdown.ts';
import { textOf } from './text.ts';
import { viewOf } from './view.ts';

export interface RenderOptions {
  /** Reuse of an analysis already made of this very record. */
  readonly analysis?: Analysis;
  /** Where the record lies, named when it is too large to be carried inside the report. */
  readonly recordPath?: string;
}

/** One self-contained HTML file. */
export function renderHtml(record: RunRecord, options: RenderOptions = {}): string {
  const where = options.recordPath === undefined ? {} : { recordPath: options.recordPath };
  return htmlOf(viewOf(record, options.analysis ?? analyse(record), where), readAssets());
}

/** A short summary for a terminal; `color` false writes no escape sequence. */
export function renderText(
  record: RunRecord,
  options: RenderOptions & { readonly color?: boolean } = {},
): string {
  return textOf(viewOf(record, options.analysis ?? analyse(record)), { color: options.color ?? false });
}

/** Tables without charts, for pull requests and notes. */
export function renderMarkdown(record: RunRecord, options: RenderOptions = {}): string {
  return markdownOf(viewOf(record, options.analysis ?? analyse(record)));
}

/** Identity, analysis and claims for programs; the record itself is not repeated. */
export function renderJson(record: RunRecord, options: RenderOptions = {}): string {
  const analysis = options.analysis ?? analyse(record);
  const { runId, startedAt, tool, scenario, host, seed, baseline } = record.header;
  const run = {
    runId,
    startedAt,
    tool,
    scenario: scenario.name,
    scenarioHash: scenario.hash,
    host: host.hostname,
    hostHash: host.hash,
    seed,
    baseline,
  };
  return `${JSON.stringify({ schema: 1, run, analysis, claims: claimsOf(record, analysis) }, null, 2)}\n`;
}
