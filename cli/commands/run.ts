/**
 * `tare run`: scenarios from files to records and one report. Reads and checks everything first, so that a
 * mistake costs no measurement; the report's path is the last line on stdout.
 */
import { exitCode, UserError } from '../../model/errors.ts';
import type { Command } from '../command.ts';
import { readyScenarios } from '../scenarios.ts';

interface RunArguments {
  scenario: string[];
  out: string | undefined;
  runners: string | undefined;
  preset: string | undefined;
  blocks: number | undefined;
  seed: number | undefined;
  image: string | undefined;
  set: string[];
  dryRun: boolean;
  resume: string | undefined;
  json: boolean;
}

export const run: Command<RunArguments> = {
  command: 'run [scenario..]',
  describe: 'Run scenarios; write a record of each and one HTML report.',
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: `Scenario files, or names of ready ones (${readyScenarios().join(', ')}).`,
      })
      .option('out', {
        type: 'string',
        describe: 'Folder of the record, or of all records (default: results/SCENARIO-HOST-TIME).',
      })
      .option('runners', {
        type: 'string',
        describe: 'Only these runners of the scenario (ids, comma-separated).',
      })
      .option('preset', {
        choices: ['quick', 'standard', 'thorough'],
        describe: 'Number of blocks: 10, 30 or 60.',
      })
      .option('blocks', { type: 'number', describe: 'Number of blocks.' })
      .option('seed', {
        type: 'number',
        describe: 'Seed of the launch order; a recorded seed repeats its plan.',
      })
      .option('image', {
        type: 'string',
        describe: 'Image to use instead of the scenario’s: builtin, mini, a path, an archive or a reference.',
      })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Override a scenario value: KEY.PATH=VALUE.',
      })
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'Print the whole plan and start nothing.',
      })
      .option('resume', {
        type: 'string',
        describe: 'Resume the run (or series of runs) in this folder.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the analysis as JSON.' })
      .example('$0 run quick', 'a VM and a container compared, in a few minutes')
      .example('$0 run startup cpu my.yaml', 'several, one after another, in one report')
      .example('$0 run my.yaml --set blocks=10 --seed 7', 'with an override and a fixed order')
      .example('$0 run --resume results/quick-host-2026...', 'resume after Ctrl-C or a crash'),
  run: async (args, output) => {
    if (args.resume !== undefined) requireNothingElse(args);
    const { newBatch, resumedBatch } = await import('../requests.ts');
    const { printForecast, printPlans } = await import('../plan.ts');
    const { forecast } = await import('../estimate.ts');
    const batch = args.resume === undefined ? newBatch(args, output.err) : resumedBatch(args.resume);
    const forecasts = await forecast(batch.requests);
    if (args.dryRun) {
      const { checkPreparation } = await import('./preparation.ts');
      const { skipped, code } = await checkPreparation(batch, forecasts, output);
      const known = forecasts.map((one, at) => ({
        ...one,
        skipped: [...one.skipped, ...(skipped[at] ?? [])],
      }));
      printPlans(batch, known, args.json, output);
      return code ?? exitCode.ok;
    }
    printForecast(batch, forecasts, output);
    const { measureOne, measureSeries } = await import('../measure.ts');
    const [only] = batch.requests;
    return batch.series === null && only !== undefined
      ? measureOne(only, args.json, output)
      : measureSeries(batch, args.json, output);
  },
};

/** A resumed run is what its record says: no option can change it. */
function requireNothingElse(args: RunArguments): void {
  const given = [
    ...(args.scenario.length > 0 ? ['a scenario'] : []),
    ...(['out', 'runners', 'preset', 'blocks', 'seed', 'image'] as const)
      .filter((name) => args[name] !== undefined)
      .map((name) => `--${name}`),
    ...(args.set.length > 0 ? ['--set'] : []),
  ];
  if (given.length === 0) return;
  throw new UserError(
    `--resume resumes a run as it was planned; got ${given.join(', ')} as well`,
    'leave that out, or start a new run',
  );
}
