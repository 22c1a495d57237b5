/** `tare compare`: what changed between two sets of records, from the records alone. */
import { existsSync } from 'node:fs';
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import { readTextFile, type Say } from '../text-file.ts';
import type { Command } from '../command.ts';
import { fleetOption, readFleet } from '../fleet.ts';
import { parseShare } from '../../model/units.ts';
import type { NoiseOf } from '../../verdicts/calibrate.ts';
import type { Foreign } from '../../verdicts/runs.ts';
import { toolVersion } from '../version.ts';

interface CompareArguments {
  base: string;
  head: string;
  moreBase: string[];
  moreHead: string[];
  acrossHosts: boolean;
  ratios: boolean;
  noise: string | undefined;
  host: string | undefined;
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
        describe:
          'Before: result folder, record.jsonl, folder of result folders, or a file of another tool (hyperfine, ...).',
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
          'How much runs of one thing differ on this host: a standard deviation such as 3%, a policy of `tare calibrate`, or a folder of earlier runs.',
      })
      .option('host', {
        type: 'string',
        describe:
          "Name of the machine that other tools' files were measured on; default: one machine for all.",
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
      .example('$0 compare base.json head.json', "two files of hyperfine's --export-json")
      .example('$0 compare results/main/ results/branch/ --format markdown', 'several runs of each side'),
  run: async (args, output) => {
    if (args.html === '') throw new UserError('--html names no file', 'give one, as in --html compare.html');
    const { readRuns } = await import('../../verdicts/runs.ts');
    const { compareRuns } = await import('../../verdicts/compare.ts');
    const { ownBaseline } = await import('../../verdicts/rows.ts');
    const draw = await import('../../reports/verdicts/index.ts');
    const foreign = { toolVersion: toolVersion(), host: args.host ?? null };
    const base = readRuns([args.base, ...args.moreBase], foreign);
    const head = readRuns([args.head, ...args.moreHead], foreign);
    const fleet = await readFleet(args.fleet ?? null, output.err);
    const plain = compareRuns(base, head, {
      acrossHosts: args.acrossHosts,
      ...(args.noise === undefined ? {} : { noise: await noiseOf(args.noise, foreign, output.err) }),
      ...(args.ratios && !args.acrossHosts ? { rows: { values: true, references: [ownBaseline] } } : {}),
    });
    const report = { ...plain, fleet: fleet?.ofCompare(plain, [...base, ...head]) ?? null };
    if (args.html !== undefined) {
      writeOutput(args.html, draw.renderChangeHtml(report));
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

/** A share, or where noise was measured: a policy, or runs of the unchanged thing. */
async function noiseOf(text: string, foreign: Foreign, say: Say): Promise<number | NoiseOf> {
  if (existsSync(text)) {
    const { noiseOfPolicy, noiseOfRuns } = await import('../../verdicts/calibrate.ts');
    if (/\.ya?ml$/.test(text)) {
      const { parsePolicy } = await import('../../verdicts/policy.ts');
      return noiseOfPolicy(parsePolicy(readTextFile(text, say), text));
    }
    const { readRuns } = await import('../../verdicts/runs.ts');
    return noiseOfRuns(readRuns([text], foreign));
  }
  try {
    return parseShare(text);
  } catch (error) {
    throw new UserError(
      `--noise ${messageOf(error)}`,
      'as in --noise 3%, or the path of a policy or a folder of runs that exists',
    );
  }
}
