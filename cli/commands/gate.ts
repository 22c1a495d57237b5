/** `tare gate`: runs judged by a policy, with the exit code that a pipeline acts on. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { appendOutput, writeOutput } from '../../host/output-file.ts';
import { exitCode, messageOf, UserError, type ExitCode } from '../../model/errors.ts';
import type { GateReport } from '../../verdicts/model.ts';
import type { Policy } from '../../verdicts/policy.ts';
import type { Run } from '../../verdicts/runs.ts';
import type { Command, Output } from '../command.ts';
import { fleetOption, readFleet } from '../fleet.ts';
import { requireOneQuestion, type GateArguments } from './gate-arguments.ts';
import { plannedOf, requireCount } from '../planned.ts';
import { readTextFile, type Say } from '../text-file.ts';
import { toolVersion } from '../version.ts';

export const gate: Command<GateArguments> = {
  command: 'gate [head..]',
  describe: 'Judge records by a policy: pass (exit 0), fail (1) or inconclusive (5).',
  builder: (yargs) =>
    yargs
      .positional('head', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Result folders, record.jsonl files, folders of result folders, or files of other tools.',
      })
      .option('policy', { type: 'string', demandOption: true, describe: 'The policy, a YAML file.' })
      .option('baseline', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Record or records to change from; default: the one that the policy names.',
      })
      .option('prove', {
        type: 'boolean',
        default: false,
        describe: 'Show that the gate fails on a regression of its limit and passes the baseline itself.',
      })
      .option('power', {
        type: 'boolean',
        default: false,
        describe: 'Before anything is measured: what each check could see with the noise of the baseline.',
      })
      .option('blocks', {
        type: 'number',
        describe: 'With --power: blocks planned for head; default: as many as the baseline has.',
      })
      .option('scenario', {
        type: 'string',
        describe: 'With --power: the scenario that head will be a run of; its blocks, and what it measures.',
      })
      .option('runs', {
        type: 'number',
        default: 1,
        describe: 'With --power and --prove: runs that head will have.',
      })
      .option('host', {
        type: 'string',
        describe:
          "Name of the machine that other tools' files were measured on; default: one machine for all.",
      })
      .option('fleet', fleetOption)
      .option('format', {
        choices: ['text', 'markdown', 'json', 'html'],
        default: 'text',
        describe: 'What to write to stdout.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .option('junit', { type: 'string', describe: 'Write JUnit XML to this file.' })
      .option('github', {
        type: 'boolean',
        default: false,
        describe: 'Print annotations, and append the summary to $GITHUB_STEP_SUMMARY.',
      })
      .option('gitlab-quality', { type: 'string', describe: 'Write a GitLab code quality report.' })
      .option('openmetrics', { type: 'string', describe: 'Write OpenMetrics text (GitLab metrics report).' })
      .option('comment', { type: 'string', describe: 'Write the body of a pull-request comment.' })
      .option('html', { type: 'string', describe: 'Write a page.' })
      .example('$0 gate results/head --policy gate.yaml --baseline results/main', 'exit 0, 1 or 5')
      .example('$0 gate --policy gate.yaml --baseline results/main --power --blocks 20', 'what could it see?')
      .example('$0 gate --policy gate.yaml --baseline results/main --prove', 'can this gate fail at all?'),
  run: async (args, output) => {
    requireOneQuestion(args);
    const { parsePolicy } = await import('../../verdicts/policy.ts');
    const { readRuns } = await import('../../verdicts/runs.ts');
    const policy = parsePolicy(readText(args.policy, output.err), args.policy);
    const paths = args.baseline.length > 0 ? args.baseline : ownBaseline(policy);
    const foreign = { toolVersion: toolVersion(), host: args.host ?? null };
    const base = paths.length === 0 ? [] : readRuns(paths, foreign);
    if (args.power) return power(policy, base, args, output);
    if (args.prove) return prove(policy, base, args, output);
    if (args.head.length === 0) {
      throw new UserError(
        'no record to judge',
        'name one: tare gate RESULT --policy FILE; --prove alone needs none',
      );
    }
    const { gateRuns } = await import('../../verdicts/gate.ts');
    const fleet = await readFleet(
      args.fleet ?? (policy.fleet === null ? null : nextTo(policy, policy.fleet)),
      output.err,
    );
    const head = readRuns(args.head, foreign);
    const plain = gateRuns(policy, base, head);
    const report = { ...plain, fleet: fleet?.ofGate(plain, [...base, ...head]) ?? null };
    await write(report, args, output);
    return codes[report.state];
  },
};

const codes: Readonly<Record<GateReport['state'], ExitCode>> = {
  pass: exitCode.ok,
  fail: exitCode.gateFailed,
  inconclusive: exitCode.inconclusive,
};

async function prove(
  policy: Policy,
  base: readonly Run[],
  args: GateArguments,
  output: Output,
): Promise<ExitCode> {
  if (base.length === 0) {
    throw new UserError(
      '--prove has no baseline to change',
      'give --baseline RECORD, or name one in the policy',
    );
  }
  const { proveGate } = await import('../../verdicts/prove.ts');
  const { renderProofJson, renderProofText } = await import('../../reports/verdicts/index.ts');
  requireCount('runs', args.runs);
  const report = proveGate(policy, base, undefined, args.runs);
  output.out(args.json || args.format === 'json' ? renderProofJson(report) : renderProofText(report));
  return report.proven ? exitCode.ok : exitCode.gateFailed;
}

async function power(
  policy: Policy,
  base: readonly Run[],
  args: GateArguments,
  output: Output,
): Promise<ExitCode> {
  if (base.length === 0) {
    throw new UserError(
      '--power has no baseline whose noise it could take',
      'give --baseline RECORD, or name one in the policy',
    );
  }
  const planned = await plannedOf(args, output.err);
  const { powerOf } = await import('../../verdicts/power-check.ts');
  const { renderPowerJson, renderPowerText } = await import('../../reports/verdicts/index.ts');
  const report = powerOf(policy, base, planned);
  output.out(args.json || args.format === 'json' ? renderPowerJson(report) : renderPowerText(report));
  return report.sharp ? exitCode.ok : exitCode.inconclusive;
}

async function write(report: GateReport, args: GateArguments, output: Output): Promise<void> {
  const draw = await import('../../reports/verdicts/index.ts');
  const files: readonly (readonly [string, string | undefined, () => string])[] = [
    ['--junit', args.junit, () => draw.renderGateJunit(report)],
    ['--gitlab-quality', args.gitlabQuality, () => draw.renderGateGitlabQuality(report)],
    ['--openmetrics', args.openmetrics, () => draw.renderGateOpenMetrics(report)],
    ['--comment', args.comment, () => draw.renderGateComment(report)],
    ['--html', args.html, () => draw.renderGateHtml(report)],
  ];
  for (const [flag, file, text] of files) {
    if (file !== undefined) writeOutput(file, text(), { flag });
  }
  const format = args.json ? 'json' : args.format;
  if (format === 'json') output.out(draw.renderGateJson(report));
  else if (format === 'markdown') output.out(draw.renderGateMarkdown(report));
  else if (format === 'html') output.out(draw.renderGateHtml(report));
  else output.out(draw.renderGateText(report, { color: output.color }));
  if (!args.github) return;
  output.out(draw.renderGateAnnotations(report));
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined && summary !== '')
    appendOutput(summary, draw.renderGateSummary(report), 'GITHUB_STEP_SUMMARY');
  else output.err('GITHUB_STEP_SUMMARY is not set: no summary was written');
}

function readText(file: string, say: Say): string {
  try {
    return readTextFile(file, say);
  } catch (error) {
    throw new UserError(
      `cannot read the policy ${file}: ${messageOf(error)}`,
      '`tare calibrate` writes one from measured noise',
    );
  }
}

/** @throws UserError for a baseline that the policy names and that is not there */
function ownBaseline(policy: Policy): string[] {
  if (policy.baseline === null) return [];
  const path = nextTo(policy, policy.baseline);
  if (existsSync(path)) return [path];
  throw new UserError(
    `${policy.file} names the baseline ${path}, which does not exist`,
    '`tare baseline set` keeps a record there',
  );
}

/** Paths in a policy are relative to it. */
function nextTo({ file }: Policy, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}
