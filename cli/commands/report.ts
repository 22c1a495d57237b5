/** `tare report`: records as HTML, text, markdown or JSON, from the record alone and on any machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, UserError, type ExitCode } from '../../model/errors.ts';
import type { RunRecord } from '../../model/record.ts';
import type { renderSides, SideFormat } from '../../reports/hosts/index.ts';
import type { Command, Output } from '../command.ts';

interface ReportArguments {
  record: string[];
  html: string | undefined;
  each: boolean;
  sideBySide: boolean;
  format: string;
  json: boolean;
}

export const report: Command<ReportArguments> = {
  command: 'report <record..>',
  describe: 'Show records as an HTML page, text, markdown or JSON; several make one report.',
  builder: (yargs) =>
    yargs
      .positional('record', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Result folders of runs or of series of runs, or record.jsonl files.',
      })
      .option('html', {
        type: 'string',
        describe: 'Write the page to this file; --html=- writes it to stdout.',
      })
      .option('each', { type: 'boolean', default: false, describe: 'A report of each record by itself.' })
      .option('side-by-side', {
        type: 'boolean',
        default: false,
        describe: 'One report, a column per record: before and after. Other hosts stand so of themselves.',
      })
      .option('format', {
        choices: ['html', 'text', 'markdown', 'json'],
        default: 'html',
        describe: 'What to make; all but html go to stdout.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .example('$0 report results/quick-host-2026...', 'writes report.html into that folder')
      .example('$0 report results/cpu-* results/io-* --html both.html', 'one report of several runs')
      .example('$0 report laptop/ server/ --html hosts.html', 'other hosts: side by side, never pooled')
      .example('$0 report before/ after/ --side-by-side --html f.html', 'one host, twice')
      .example('$0 report results/* --each --format text', 'a summary of each on the terminal'),
  run: async (args, output) => {
    if (args.html === '') throw new UserError('--html names no file', 'give one, or --html=- for stdout');
    if (args.each && args.sideBySide) {
      throw new UserError(
        '--each and --side-by-side are two answers to one question',
        'leave one of them out',
      );
    }
    const singles = await readSingles(args.record, output);
    const reports = await import('../../reports/index.ts');
    const hosts = await import('../../reports/hosts/index.ts');
    const records = singles.map(({ record }) => record);
    if (!args.each && (args.sideBySide || hosts.severalHosts(records))) {
      return writeSides(args, records, output, hosts.renderSides);
    }
    const sources = await sourcesOf(args.record, singles, args.each);
    if (args.html !== undefined && sources.length > 1) {
      throw new UserError(`--html names one file, --each makes ${sources.length}`, 'leave one of them out');
    }
    for (const { record, path, page } of sources) {
      const format = args.json ? 'json' : args.format;
      if (format === 'json') output.out(reports.renderJson(record));
      else if (format === 'markdown') output.out(reports.renderMarkdown(record));
      else if (format === 'text') output.out(reports.renderText(record, { color: output.color }));
      else if (args.html === '-') output.out(await reports.renderHtml(record, { recordPath: path }));
      else {
        const file = args.html ?? page;
        if (file === null) {
          throw new UserError(
            `${args.record.length} records make one page, which has no place of its own`,
            'name it with --html FILE, or write a page next to each record with --each',
          );
        }
        writeOutput(file, await reports.renderHtml(record, { recordPath: path }));
        output.out(file);
      }
    }
    return exitCode.ok;
  },
};

/** A record to show, where it lies, and where its page goes by default (null: nowhere). */
interface Source {
  readonly record: RunRecord;
  readonly path: string;
  readonly page: string | null;
}

/** Several records that are not one: a column each, or one per host. */
async function writeSides(
  args: ReportArguments,
  records: readonly RunRecord[],
  output: Output,
  render: typeof renderSides,
): Promise<ExitCode> {
  if (records.length < 2) {
    throw new UserError(
      '--side-by-side needs more than one record',
      'name two or more, or leave out --side-by-side',
    );
  }
  const format = args.json ? 'json' : (args.format as SideFormat);
  const text = await render(records, format, { each: args.sideBySide, color: output.color });
  if (format !== 'html' || args.html === '-') output.out(text);
  else if (args.html === undefined) {
    throw new UserError(
      `${records.length} records side by side make one page, which has no place of its own`,
      'name it with --html FILE, or write a page next to each record with --each',
    );
  } else {
    writeOutput(args.html, text);
    output.out(args.html);
  }
  return exitCode.ok;
}

/** Every record below the paths; a series is read as all of its records. */
async function readSingles(paths: readonly string[], output: Output): Promise<readonly Source[]> {
  const { folderOf, readRecord, recordFile } = await import('../../bench/record/record.ts');
  const { holdsSeries, readSeries } = await import('../../bench/record/series.ts');
  const single = (path: string): Source => {
    const record = readRecord(path);
    for (const note of record.notes) output.err(`${path}: ${note}`);
    const folder = folderOf(path);
    return { record, path: join(folder, recordFile), page: join(folder, 'report.html') };
  };
  const inSeries = (folder: string) => {
    const runs = readSeries(folder).runs.map((run) => join(folder, run.folder));
    const begun = runs.filter((run) => existsSync(join(run, recordFile)));
    if (begun.length > 0) return begun.map(single);
    throw new UserError(`no run of ${folder} left a record`, `\`tare run --resume ${folder}\` runs it`);
  };
  return paths.flatMap((path) => (holdsSeries(path) ? inSeries(path) : [single(path)]));
}

/** One source over all records, or one each. */
async function sourcesOf(
  paths: readonly string[],
  singles: readonly Source[],
  each: boolean,
): Promise<readonly Source[]> {
  const { mergeRecords } = await import('../../bench/record/merge.ts');
  const { holdsSeries, readSeries } = await import('../../bench/record/series.ts');
  const [only = ''] = paths;
  if (each || (singles.length === 1 && !holdsSeries(only))) return singles;
  const alone = paths.length === 1 && holdsSeries(only);
  const merged = mergeRecords(
    singles.map(({ record }) => record),
    alone ? readSeries(only) : undefined,
  );
  const path = singles.map((source) => source.path).join(', ');
  return [{ record: merged, path, page: alone ? join(only, 'report.html') : null }];
}
