/** `tare report`: a record as HTML, text, markdown or JSON, from the record alone and on any machine. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCode, messageOf, UserError } from '../bench/errors.ts';
import type { Command } from './command.ts';

interface ReportArguments {
  record: string[];
  html: string | undefined;
  format: string;
  json: boolean;
}

export const report: Command<ReportArguments> = {
  command: 'report <record..>',
  describe: 'Show records: an HTML page beside each, or text, markdown or JSON on stdout.',
  builder: (yargs) =>
    yargs
      .positional('record', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Result folders, or record.jsonl files.',
      })
      .option('html', {
        type: 'string',
        describe: 'Write the page to this file; --html=- writes it to stdout.',
      })
      .option('format', {
        choices: ['html', 'text', 'markdown', 'json'],
        default: 'html',
        describe: 'What to make; all but html go to stdout.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .example('$0 report results/quick-host-2026...', 'writes report.html into that folder')
      .example('$0 report results/* --format text', 'a summary of each on the terminal'),
  run: async (args, output) => {
    if (args.html !== undefined && args.record.length > 1) {
      throw new UserError(
        `--html names one file, ${args.record.length} records were given`,
        'leave --html out',
      );
    }
    if (args.html === '') throw new UserError('--html names no file', 'give one, or --html=- for stdout');
    const { folderOf, readRecord, recordFile } = await import('../bench/record.ts');
    const reports = await import('../reports/index.ts');
    for (const path of args.record) {
      const record = readRecord(path);
      for (const note of record.notes) output.err(`${path}: ${note}`);
      const page = () => reports.renderHtml(record, { recordPath: join(folderOf(path), recordFile) });
      const format = args.json ? 'json' : args.format;
      if (format === 'json') output.out(reports.renderJson(record));
      else if (format === 'markdown') output.out(reports.renderMarkdown(record));
      else if (format === 'text') {
        output.out(reports.renderText(record, { color: output.color }));
      } else if (args.html === '-') output.out(page());
      else {
        const file = args.html ?? join(folderOf(path), 'report.html');
        writeReport(file, page());
        output.out(file);
      }
    }
    return exitCode.ok;
  },
};

/** Writes a page whole or not at all: a reader never sees half of it. */
export function writeReport(file: string, page: string): void {
  const draft = `${file}.${process.pid}.part`;
  try {
    writeFileSync(draft, page);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new UserError(
      `cannot write the report ${file}: ${messageOf(error)}`,
      'the record is untouched; give a writable place with `tare report RECORD --html FILE`',
      exitCode.usage,
      error,
    );
  }
}
