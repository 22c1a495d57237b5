/** `tare compare`: what changed between two sets of records, from the records alone. */
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import type { Command } from '../command.ts';
import { fleetOption, readFleet } from '../fleet.ts';
import { parseShare } from '../../model/units.ts';

interface CompareArguments {
  base: string;
  head: string;
  moreBase: string[];
  moreHead: string[];
  acrossHosts: boolean;
  ratios: boolean;
  noise: string | undefined;
  format: string;
  json: boolean;
  html: string | undefined;
  fleet: string | undefined;
}

export const compare: Command<CompareArguments> = {
  command: 'compare <base> <head>',
  describe: 'Show what changed between two records or sets of records, and how sure that is.',
  builder: (yargs) =>
    yargs
      .positional('base', {
        type: 'string',
        demandOption: true,
        describe: 'Result folder, record.jsonl, or a folder of result folders: before.',
      })
      .positional('head', { type: 'string', demandOption: true, describe: 'The same: after.' })
      .option('more-base', { type: 'string', array: true, default: [], describe: 'More runs of before.' })
      .option('more-head', { type: 'string', array: true, default: [], describe: 'More runs of after.' })
      .option('across-hosts', {
        type: 'boolean',
        default: false,
        describe: 'Runs of different hosts: only ratios of runners within each run are compared.',
      })
      .option('ratios', {
        type: 'boolean',
        default: false,
        describe: 'Compare ratios of runners to their baseline within each run as well.',
      })
      .option('noise', {
        type: 'string',
        describe:
          'By how much runs of one thing differ (standard deviation), such as 3%; `tare calibrate` measures it.',
      })
      .option('fleet', fleetOption)
      .option('format', {
        choices: ['text', 'markdown', 'json', 'csv', 'html'],
        default: 'text',
        describe: 'What to write to stdout.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .option('html', { type: 'string', describe: 'Write the page to this file as well.' })
      .example('$0 compare results/before results/after', 'a table: both medians, ratio, verdict, n')
      .example('$0 compare results/main/ results/branch/ --format markdown', 'several runs of each side'),
  run: async (args, output) => {
    if (args.html === '') throw new UserError('--html names no file', 'give one, as in --html compare.html');
    const { readRuns } = await import('../../verdicts/runs.ts');
    const { compareRuns } = await import('../../verdicts/compare.ts');
    const { ownBaseline } = await import('../../verdicts/rows.ts');
    const draw = await import('../../reports/verdicts/index.ts');
    const base = readRuns([args.base, ...args.moreBase]);
    const head = readRuns([args.head, ...args.moreHead]);
    const fleet = await readFleet(args.fleet ?? null, output.err);
    const plain = compareRuns(base, head, {
      acrossHosts: args.acrossHosts,
      ...(args.noise === undefined ? {} : { noise: shareOf('--noise', args.noise) }),
      ...(args.ratios && !args.acrossHosts ? { rows: { values: true, references: [ownBaseline] } } : {}),
    });
    const report = { ...plain, fleet: fleet?.ofCompare(plain, [...base, ...head]) ?? null };
    if (args.html !== undefined) {
      const { writeReport } = await import('./report.ts');
      writeReport(args.html, draw.renderChangeHtml(report));
      output.err(args.html);
    }
    const format = args.json ? 'json' : args.format;
    if (format === 'json') output.out(draw.renderChangeJson(report));
    else if (format === 'markdown') output.out(draw.renderChangeMarkdown(report));
    else if (format === 'csv') output.out(draw.renderChangeCsv(report));
    else if (format === 'html') output.out(draw.renderChangeHtml(report));
    else output.out(draw.renderChangeText(report, { color: output.color }));
    return exitCode.ok;
  },
};

function shareOf(flag: string, text: string): number {
  try {
    return parseShare(text);
  } catch (error) {
    throw new UserError(`${flag} ${messageOf(error)}`, 'as in --noise 3%');
  }
}
