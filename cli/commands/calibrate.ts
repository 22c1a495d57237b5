/** `tare calibrate`: one thing against itself, and a policy with limits from its noise. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, UserError } from '../../model/errors.ts';
import type { Command } from '../command.ts';
import { run } from './run.ts';

interface CalibrateArguments {
  source: string[];
  runs: number;
  blocks: number | undefined;
  runners: string | undefined;
  results: string;
  out: string | undefined;
  name: string;
  set: string[];
  json: boolean;
}

export const calibrate: Command<CalibrateArguments> = {
  command: 'calibrate <source..>',
  describe: 'Measure the noise of a scenario against itself and write a policy with limits from it.',
  builder: (yargs) =>
    yargs
      .positional('source', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'A scenario to run several times, or records of repeated runs of one.',
      })
      .option('runs', { type: 'number', default: 5, describe: 'How often to run the scenario.' })
      .option('blocks', { type: 'number', describe: 'Number of blocks of each run.' })
      .option('runners', { type: 'string', describe: 'Only these runner ids of the scenario, by comma.' })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'Override a scenario value: KEY.PATH=VALUE.',
      })
      .option('results', { type: 'string', default: 'results/calibration', describe: 'Folder of the runs.' })
      .option('out', { type: 'string', describe: 'Write the policy to this file.' })
      .option('name', { type: 'string', default: 'calibrated', describe: 'Name of the policy.' })
      .option('json', { type: 'boolean', default: false, describe: 'What was found, as JSON.' })
      .example('$0 calibrate smoke --runs 5 --out gate.yaml', 'runs it five times, writes limits')
      .example('$0 calibrate results/calibration --out gate.yaml', 'the same from records'),
  run: async (args, output) => {
    if (args.out !== undefined && existsSync(args.out)) {
      throw new UserError(
        `${args.out} exists`,
        'give another --out, or remove it: a policy is yours to edit',
      );
    }
    if (!Number.isInteger(args.runs) || args.runs < 1 || args.runs > 100) {
      throw new UserError(`--runs must be a whole number from 1 to 100, got ${args.runs}`, 'try --runs 5');
    }
    const records = args.source.every((source) => existsSync(source) && !source.endsWith('.yaml'));
    if (!records) {
      mkdirSync(args.results, { recursive: true });
      for (let at = 1; at <= args.runs; at += 1) {
        output.err(`calibration run ${at} of ${args.runs}`);
        const { source, blocks, runners, set } = args;
        const out = join(args.results, `run-${at}`);
        const none = { preset: undefined, seed: undefined, image: undefined, resume: undefined };
        const quiet = { ...output, out: output.err };
        const code = await run.run(
          { ...none, scenario: source, out, runners, blocks, set, dryRun: false, json: false },
          quiet,
        );
        if (code !== exitCode.ok) return code;
      }
    }
    const { readRuns } = await import('../../verdicts/runs.ts');
    const { calibrate: measure, policyFrom } = await import('../../verdicts/calibrate.ts');
    const draw = await import('../../reports/verdicts/index.ts');
    const calibration = measure(readRuns(records ? args.source : [args.results]));
    output.out(args.json ? draw.renderCalibrationJson(calibration) : draw.renderCalibrationText(calibration));
    if (args.out === undefined) return exitCode.ok;
    const policy = policyFrom(calibration, args.name);
    writeOutput(args.out, policy, { fresh: true, remedy: 'the runs are kept; give a writable file' });
    output.err(args.out);
    return exitCode.ok;
  },
};
