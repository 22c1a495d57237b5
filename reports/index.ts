/**
 * Every format by name: a run record goes in, a string comes out. The analysis is recomputed each
 * time, so that a report can never disagree with its record.
 */
import { analyse } from '../bench/analyse.ts';
import { partsOf } from '../bench/record/merge.ts';
import type { Analysis } from '../model/analysis.ts';
import type { RunRecord } from '../model/record.ts';
import { claimsOf } from './run/claims/claims.ts';
import { reportHtml } from './formats/html/report-page.ts';
import { markdownOf } from './formats/markdown.ts';
import { textOf } from './formats/text.ts';
import { viewOf } from './run/view.ts';

export interface RenderOptions {
  /** Reuse of an analysis already made of this very record. */
  readonly analysis?: Analysis;
  /** Where the record lies, named when it is too large to be carried inside the report. */
  readonly recordPath?: string;
}

/** One self-contained HTML file. */
export function renderHtml(record: RunRecord, options: RenderOptions = {}): Promise<string> {
  const where = options.recordPath === undefined ? {} : { recordPath: options.recordPath };
  return reportHtml(viewOf(record, options.analysis ?? analyse(record), where));
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

/** Identity (of each run, where several were merged), analysis and claims for programs; no raw data. */
export function renderJson(record: RunRecord, options: RenderOptions = {}): string {
  const analysis = options.analysis ?? analyse(record);
  const identities = { run: identityOf(record), runs: partsOf(record).map(identityOf) };
  return `${JSON.stringify({ schema: 1, ...identities, analysis, claims: claimsOf(record, analysis) }, null, 2)}\n`;
}

function identityOf({ header, end }: RunRecord): unknown {
  const { runId, startedAt, tool, scenario, host, seed, baseline } = header;
  return {
    runId,
    startedAt,
    tool,
    scenario: scenario.name,
    scenarioFile: scenario.file,
    scenarioHash: scenario.hash,
    host: host.hostname,
    hostHash: host.hash,
    seed,
    baseline,
    end: end?.state ?? null,
  };
}
