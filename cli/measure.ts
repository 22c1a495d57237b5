/**
 * Runs checked scenarios one after another, each into its own record with its own report. Of several, one
 * that fails does not stop the others, and a report over all of them comes at the end.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeOutput } from '../host/output-file.ts';
import { exitCode, messageOf, UserError, type ExitCode } from '../model/errors.ts';
import type { RunRecord } from '../model/record.ts';
import type { Output } from './command.ts';
import type { Batch, Request } from './requests.ts';

const pageFile = 'report.html';

/** One scenario: the record, its report, a summary on the terminal and the report's path as last line. */
export async function measureOne(request: Request, json: boolean, output: Output): Promise<ExitCode> {
  const code = await measure(request, output);
  await showResult(request.folder, json, output);
  if (code === exitCode.interrupted) {
    output.err(
      `interrupted: every finished launch is kept; resume with \`tare run --resume ${request.folder}\``,
    );
  }
  return code;
}

/** Several scenarios and one report over all that left a record. */
export async function measureSeries(batch: Batch, json: boolean, output: Output): Promise<ExitCode> {
  const { requests, series } = batch;
  if (series === null) throw new Error('not a series');
  const { createSeries } = await import('../bench/record/series.ts');
  const { seriesOf } = await import('./requests.ts');
  if (series.fresh) createSeries(series.folder, seriesOf(batch));
  const codes: ExitCode[] = [];
  for (const [at, request] of requests.entries()) {
    const { name } = request.scenario;
    output.err(`\n${name} (${at + 1} of ${requests.length})`);
    const code = await measureInSeries(request, output);
    codes.push(code);
    if (code === exitCode.interrupted || output.signal.aborted) break;
  }
  await showSeries(series.folder, json, output);
  if (codes.includes(exitCode.interrupted) || output.signal.aborted) {
    output.err(
      `interrupted: every finished launch is kept; resume with \`tare run --resume ${series.folder}\``,
    );
    return exitCode.interrupted;
  }
  return worst(codes);
}

/** From harmless to grave. */
const gravity: readonly ExitCode[] = [
  exitCode.ok,
  exitCode.trialsFailed,
  exitCode.hostCannot,
  exitCode.usage,
  exitCode.bug,
];

function worst(codes: readonly ExitCode[]): ExitCode {
  return gravity.findLast((code) => codes.includes(code)) ?? exitCode.ok;
}

/** Whatever one scenario throws is reported, and the next one runs. */
async function measureInSeries(request: Request, output: Output): Promise<ExitCode> {
  const { name } = request.scenario;
  try {
    const code = await measure(request, output);
    await writePage(request.folder, output);
    return code;
  } catch (error) {
    if (output.signal.aborted) return exitCode.interrupted;
    const hint = error instanceof UserError ? error.hint : 'a bug in tare; please report it';
    output.err(`tare: ${name}: ${messageOf(error)}\n      ${hint}`);
    if (process.env['TARE_DEBUG'] !== undefined && error instanceof Error) output.err(error.stack ?? '');
    return error instanceof UserError ? error.code : exitCode.bug;
  }
}

async function measure(request: Request, output: Output): Promise<ExitCode> {
  const { openTools } = await import('./edges.ts');
  const { showProgress } = await import('./progress.ts');
  const { cellsOf } = await import('../bench/plan.ts');
  const { runScenario } = await import('../bench/run.ts');
  const { toolVersion } = await import('./version.ts');
  const { scenario, folder, earlier } = request;
  const edges = await openTools(scenario, output, (now) =>
    showProgress(output, cellsOf(scenario), scenario.blocks, now),
  );
  try {
    const { hostAfter } = edges;
    const { file, text, overrides, onlyRunners, seed } = request;
    const tool = { name: 'tare-bench', version: toolVersion() };
    const facts = { tool, file, text, overrides, onlyRunners };
    const { state, failed } = await runScenario(
      { scenario, seed, folder, earlier, facts, hostAfter },
      edges.tools,
    );
    if (state !== 'complete') return exitCode.interrupted;
    return failed > 0 ? exitCode.trialsFailed : exitCode.ok;
  } finally {
    output.status('');
    await edges.close();
  }
}

async function showResult(folder: string, json: boolean, output: Output): Promise<void> {
  const { readRecord, recordFile } = await import('../bench/record/record.ts');
  await show(readRecord(folder), join(folder, recordFile), join(folder, pageFile), json, output);
}

/** What is to be done where a page cannot be written after its run. */
const again = 'the record is untouched; `tare report RECORD --html FILE` makes its page at another place';

/** The page of one record of a series, next to it. */
async function writePage(folder: string, output: Output): Promise<void> {
  const { readRecord, recordFile } = await import('../bench/record/record.ts');
  const { renderHtml } = await import('../reports/index.ts');
  const path = join(folder, pageFile);
  writeOutput(path, await renderHtml(readRecord(folder), { recordPath: join(folder, recordFile) }), {
    remedy: again,
  });
  output.err(path);
}

/** The report over all records of a series that exist by now. */
async function showSeries(folder: string, json: boolean, output: Output): Promise<void> {
  const { mergeRecords } = await import('../bench/record/merge.ts');
  const { readRecord, recordFile } = await import('../bench/record/record.ts');
  const { readSeries } = await import('../bench/record/series.ts');
  const { name, description, runs } = readSeries(folder);
  const records = runs
    .map((run) => join(folder, run.folder))
    .filter((own) => existsSync(join(own, recordFile)))
    .map(readRecord);
  if (records.length === 0) {
    output.err('no scenario left a record: there is nothing to report');
    return;
  }
  const merged = mergeRecords(records, { name, description });
  await show(merged, folder, join(folder, pageFile), json, output);
}

async function show(
  record: RunRecord,
  recordPath: string,
  path: string,
  json: boolean,
  output: Output,
): Promise<void> {
  const { analyse } = await import('../bench/analyse.ts');
  const { renderHtml, renderJson, renderText } = await import('../reports/index.ts');
  const analysis = analyse(record);
  if (json) output.out(renderJson(record, { analysis }));
  else output.out(renderText(record, { analysis, color: output.color }));
  writeOutput(path, await renderHtml(record, { analysis, recordPath }), { remedy: again });
  if (json) output.err(path);
  else output.out(path);
}
