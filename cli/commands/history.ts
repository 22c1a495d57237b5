/** `tare history`: every metric over the runs of a folder, and where its level changed. */
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, UserError } from '../../model/errors.ts';
import type { Command } from '../command.ts';

interface HistoryArguments {
  dir: string;
  since: string | undefined;
  metric: string[];
  html: string | undefined;
  format: string;
  json: boolean;
}

export const history: Command<HistoryArguments> = {
  command: 'history <dir>',
  describe: 'Show runs over time, and where a metric changed its level.',
  builder: (yargs) =>
    yargs
      .positional('dir', {
        type: 'string',
        demandOption: true,
        describe: 'Folder that holds result folders, at any depth.',
      })
      .option('since', { type: 'string', describe: 'Show runs from this date on; earlier ones still count.' })
      .option('metric', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Only these metrics; * matches any letters: startup.*',
      })
      .option('html', { type: 'string', describe: 'Write a page with trends to this file; - is stdout.' })
      .option('format', {
        choices: ['text', 'json', 'csv', 'markdown'],
        default: 'text',
        describe: 'What to print.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .example('$0 history results --html trend.html', 'a page of trends')
      .example('$0 history results --metric "startup.*" --since 2026-01-01', 'some metrics, this year'),
  run: async (args, output) => {
    const since = dateOf(args.since);
    if (args.html === '') throw new UserError('--html names no file', 'give one, or --html=- for stdout');
    const { readRuns } = await import('./history-runs.ts');
    const { historyOf } = await import('../../verdicts/history.ts');
    const reports = await import('../../reports/history/index.ts');
    const { runs, unreadable } = readRuns(args.dir, output.status);
    for (const line of unreadable) output.err(`left out: ${line}`);
    if (runs.length === 0) {
      throw new UserError(
        `no record below ${args.dir}`,
        'give the folder that --out or results/ lies in; `tare import` makes records of other tools’ output',
      );
    }
    const patterns = args.metric.map(patternOf);
    const made = historyOf(runs, {
      since,
      wanted: (metric) => patterns.length === 0 || patterns.some((pattern) => pattern.test(metric)),
      now: new Date().toISOString(),
    });
    if (made.series.length === 0 && patterns.length > 0) {
      const ids = [...new Set(runs.flatMap(({ digest }) => digest.metrics.map(({ id }) => id)))];
      throw new UserError(
        `no run shown has a metric named ${args.metric.join(', ')}`,
        `there are: ${ids.sort().join(', ')}`,
      );
    }
    if (args.html === '-') {
      output.out(await reports.renderHistoryHtml(made));
      return exitCode.ok;
    }
    if (args.html !== undefined) {
      writeOutput(args.html, await reports.renderHistoryHtml(made));
      output.err(args.html);
    }
    const format = args.json ? 'json' : args.format;
    if (format === 'json') output.out(reports.renderHistoryJson(made).trimEnd());
    else if (format === 'csv') output.out(reports.renderHistoryCsv(made).trimEnd());
    else if (format === 'markdown') output.out(reports.renderHistoryMarkdown(made).trimEnd());
    else output.out(reports.renderHistoryText(made, { color: output.color }).trimEnd());
    return exitCode.ok;
  },
};

function patternOf(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

function dateOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UserError(`--since must be a date, got ${text}`, 'such as 2026-05-01 or 2026-05-01T10:00:00Z');
}
