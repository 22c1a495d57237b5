/**
 * `tare run`: a scenario from file to record and report. Reads and checks everything first, so that a
 * mistake costs no measurement; the report's path is the last line on stdout.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { exitCode, messageOf, UserError, type ExitCode } from '../bench/errors.ts';
import type { RunRecord, Scenario } from '../bench/model.ts';
import type { Preset } from '../bench/scenario-schema.ts';
import type { Command, Output } from './command.ts';

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
  describe: 'Measure what a scenario asks for; writes a record and its HTML report.',
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'Scenario files, or names of ready ones (quick, startup, tare, cpu, memory, smoke).',
      })
      .option('out', {
        type: 'string',
        describe: 'Folder of the record (default: results/SCENARIO-HOST-TIME).',
      })
      .option('runners', { type: 'string', describe: 'Only these runner ids of the scenario, by comma.' })
      .option('preset', {
        choices: ['quick', 'standard', 'thorough'],
        describe: 'Number of blocks: 10, 30 or 60.',
      })
      .option('blocks', { type: 'number', describe: 'Number of blocks.' })
      .option('seed', { type: 'number', describe: 'Seed of the order; a recorded seed repeats a plan.' })
      .option('image', { type: 'string', describe: 'Image in place of the scenario’s (builtin, mini).' })
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
      .option('resume', { type: 'string', describe: 'Go on with the record in this folder.' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the analysis as JSON.' })
      .example('$0 run quick', 'a VM against a container, in a few minutes')
      .example('$0 run my.yaml --set blocks=10 --seed 7', 'with an override and a fixed order')
      .example('$0 run --resume results/quick-host-2026...', 'go on after Ctrl-C or a crash'),
  run: async (args, output) => {
    if (args.resume !== undefined) requireNothingElse(args);
    const requests = args.resume === undefined ? await newRuns(args) : [await resumedRun(args.resume)];
    if (args.dryRun) {
      const { printPlan } = await import('./plan.ts');
      for (const { scenario, seed } of requests) printPlan(scenario, seed, args.json, output);
      return exitCode.ok;
    }
    let worst: ExitCode = exitCode.ok;
    for (const request of requests) {
      const code = await measure(request, args.json, output);
      if (code !== exitCode.ok) worst = code;
      if (code === exitCode.interrupted) break;
    }
    return worst;
  },
};

/** A scenario, checked, and where its record goes. */
interface Request {
  readonly scenario: Scenario;
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly string[];
  readonly seed: number;
  readonly folder: string;
  readonly earlier: RunRecord | null;
}

async function newRuns(args: RunArguments): Promise<Request[]> {
  if (args.scenario.length === 0) {
    throw new UserError(
      'no scenario given',
      'name one, e.g. `tare run quick`, or continue one with --resume FOLDER',
    );
  }
  const { parseScenario } = await import('../bench/scenario.ts');
  const { presets } = await import('../bench/scenario-schema.ts');
  const { runnerSchemas } = await import('../runners/index.ts');
  const { defaultFolder } = await import('../bench/record.ts');
  if (args.preset !== undefined && args.blocks !== undefined) {
    throw new UserError(
      '--preset and --blocks were both given',
      'a preset is a number of blocks: give one of them',
    );
  }
  const blocks = args.blocks ?? (args.preset === undefined ? undefined : presets[args.preset as Preset]);
  const overrides = [
    ...args.set,
    ...(blocks === undefined ? [] : [`blocks=${blocks}`]),
    ...(args.seed === undefined ? [] : [`seed=${args.seed}`]),
    ...(args.image === undefined ? [] : [`image=${args.image}`]),
  ];
  return args.scenario.map((name) => {
    const { file, text } = readScenario(name);
    const scenario = onlyRunners(parseScenario(text, file, runnerSchemas, overrides), args.runners);
    const out =
      args.out === undefined ? defaultFolder('results', scenario.name, hostname(), new Date()) : args.out;
    return {
      scenario,
      file,
      text,
      overrides: [...overrides, ...(args.runners === undefined ? [] : [`(only runners ${args.runners})`])],
      seed: scenario.seed ?? Math.floor(Math.random() * 2 ** 32),
      folder: args.out !== undefined && args.scenario.length > 1 ? join(out, scenario.name) : out,
      earlier: null,
    };
  });
}

/** A resumed run is what its record says: nothing about it can be given anew. */
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
    `--resume goes on with a record as it was planned; got ${given.join(', ')} as well`,
    'leave it out, or start a new run',
  );
}

async function resumedRun(folder: string): Promise<Request> {
  const { parseScenario } = await import('../bench/scenario.ts');
  const { folderOf, readRecord } = await import('../bench/record.ts');
  const { runnerSchemas } = await import('../runners/index.ts');
  const earlier = readRecord(folder);
  if (earlier.end?.state === 'complete') {
    throw new UserError(`${folder} is complete: nothing is left to run`, '`tare report` shows it');
  }
  const { file, text, overrides } = earlier.header.scenario;
  const only = overrides
    .map((word) => /^\(only runners (.*)\)$/.exec(word)?.[1])
    .find((word) => word !== undefined);
  const set = overrides.filter((word) => !word.startsWith('('));
  return {
    scenario: onlyRunners(parseScenario(text, file, runnerSchemas, set), only),
    file,
    text,
    overrides,
    seed: earlier.header.seed,
    folder: folderOf(folder),
    earlier,
  };
}

/** A file, or the name of a scenario that comes with tare. */
function readScenario(name: string): { file: string; text: string } {
  const ready = join(import.meta.dirname, '..', 'scenarios', `${name}.yaml`);
  const tried = /^[a-z0-9-]+$/.test(name) ? [ready, name] : [name];
  let problem: unknown;
  for (const file of tried) {
    try {
      return { file: file === ready ? `${name}.yaml` : file, text: readFileSync(file, 'utf8') };
    } catch (error) {
      problem = error;
    }
  }
  throw new UserError(
    `cannot read scenario ${name}: ${messageOf(problem)}`,
    'give a YAML file, or one of the ready ones: quick, startup, tare, cpu, memory, smoke',
  );
}

function onlyRunners(scenario: Scenario, list: string | undefined): Scenario {
  if (list === undefined) return scenario;
  const wanted = list.split(',').map((word) => word.trim());
  const known = scenario.runners.map(({ id }) => id);
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    throw new UserError(
      `--runners: scenario ${scenario.name} has no runner ${unknown.join(', ')}`,
      `it has: ${known.join(', ')}`,
    );
  }
  const runners = scenario.runners.filter(({ id }) => wanted.includes(id));
  const baseline = wanted.includes(scenario.baseline) ? scenario.baseline : (runners[0]?.id ?? '');
  const control =
    scenario.control === null || wanted.includes(scenario.control) ? scenario.control : baseline;
  return { ...scenario, runners, baseline, control };
}

async function measure(request: Request, json: boolean, output: Output): Promise<ExitCode> {
  const { openTools } = await import('./edges.ts');
  const { showProgress } = await import('./progress.ts');
  const { cellsOf } = await import('../bench/plan.ts');
  const { runScenario } = await import('../bench/run.ts');
  const { toolVersion } = await import('./version.ts');
  const { powerLine } = await import('./plan.ts');
  const { scenario, folder, earlier } = request;
  output.err(powerLine(scenario.blocks));
  const edges = await openTools(scenario, output, (now) =>
    showProgress(output, cellsOf(scenario), scenario.blocks, now),
  );
  let state: string;
  let failed: number;
  try {
    const { host, clock, hostAfter } = edges;
    const { file, text, overrides, seed } = request;
    const tool = { name: 'tare-bench', version: toolVersion() };
    const facts = { tool, file, text, overrides, host, clock };
    const result = await runScenario({ scenario, seed, folder, earlier, facts, hostAfter }, edges.tools);
    ({ state, failed } = result);
  } finally {
    output.status('');
    await edges.close();
  }
  await writeResults(folder, json, output);
  if (state !== 'complete') {
    output.err(`interrupted: every finished launch is kept; go on with \`tare run --resume ${folder}\``);
    return exitCode.interrupted;
  }
  return failed > 0 ? exitCode.trialsFailed : exitCode.ok;
}

/** The report beside the record, a summary on the terminal, and the report's path as the last line. */
async function writeResults(folder: string, json: boolean, output: Output): Promise<void> {
  const { readRecord, recordFile } = await import('../bench/record.ts');
  const { renderHtml, renderJson, renderText } = await import('../reports/index.ts');
  const { writeReport } = await import('./report.ts');
  const record = readRecord(folder);
  if (json) output.out(renderJson(record));
  else output.out(renderText(record, { color: output.color }));
  const path = join(folder, 'report.html');
  writeReport(path, renderHtml(record, { recordPath: join(folder, recordFile) }));
  if (json) output.err(path);
  else output.out(path);
}
