/** `tare advise`: virtual machine, container, or containers in VMs, for each app of a requirements file. */
import { existsSync } from 'node:fs';
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, messageOf, UserError, type ExitCode } from '../../model/errors.ts';
import type { Advice } from '../../guidance/advise.ts';
import type { Requirements } from '../../guidance/requirements.ts';
import type { Command, Output } from '../command.ts';
import { readTextFile, type Say } from '../text-file.ts';

interface AdviseArguments {
  requirements: string | undefined;
  profile: string[];
  rules: boolean;
  rulesFile: string | undefined;
  schema: boolean;
  interactive: boolean;
  save: string | undefined;
  format: string;
  json: boolean;
  out: string | undefined;
  html: string | undefined;
}

export const adviseCommand: Command<AdviseArguments> = {
  command: 'advise [requirements]',
  describe: 'Say what suits each app: a VM, a container, or containers in VMs, and why.',
  builder: (yargs) =>
    yargs
      .positional('requirements', { type: 'string', describe: 'What the apps need (YAML).' })
      .option('profile', {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [],
        describe:
          'Records of the server: what each side was measured to cost. Those of the first host count.',
      })
      .option('rules', { type: 'boolean', default: false, describe: 'Show the rules and stop.' })
      .option('rules-file', {
        type: 'string',
        describe: 'Rules of your own (YAML), as well as the built-in ones.',
      })
      .option('schema', {
        type: 'boolean',
        default: false,
        describe: 'Show the JSON Schema of requirements, for editors, and stop.',
      })
      .option('interactive', {
        type: 'boolean',
        default: false,
        describe: 'Ask questions instead of reading a file, at a terminal or from piped lines.',
      })
      .option('save', {
        type: 'string',
        describe: 'With --interactive: write the requirements to this file.',
      })
      .option('format', {
        choices: ['text', 'markdown', 'md', 'json', 'html'],
        default: 'text',
        describe: 'What to write to stdout.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .option('out', { type: 'string', describe: 'Write it to this file instead of stdout.' })
      .option('html', { type: 'string', describe: 'Write the page to this file as well.' })
      .example('$0 advise apps.yaml --profile results/tare', 'by what was measured here')
      .example('$0 advise apps.yaml --profile results/tare --html advice.html', 'and as a page')
      .example('$0 advise --interactive --save apps.yaml', 'asked question by question')
      .example('$0 advise --rules', 'what it decides by'),
  run: async (args, output) => {
    for (const name of ['html', 'out', 'save'] as const) {
      if (args[name] === '') throw new UserError(`--${name} names no file`, 'give one');
    }
    const format = args.json ? 'json' : args.format === 'md' ? 'markdown' : args.format;
    const { rules: given } = await import('../../guidance/rules.ts');
    const { withOwnRules } = await import('../../guidance/own-rules.ts');
    const rules =
      args.rulesFile === undefined ? given : withOwnRules(textOf(args.rulesFile, output.err), args.rulesFile);
    const draw = await import('../../reports/advice/index.ts');
    const write = writer(args.out, output);
    if (args.schema) {
      const { requirementsJsonSchema } = await import('../../guidance/schema.ts');
      write(JSON.stringify(requirementsJsonSchema(), null, 2));
      return exitCode.ok;
    }
    if (args.rules) {
      if (format === 'html' || args.html !== undefined)
        throw new UserError('--rules has no page', 'use text, markdown or json');
      const drawRules = { json: draw.renderRulesJson, markdown: draw.renderRulesMarkdown }[format];
      write((drawRules ?? draw.renderRulesText)(rules));
      return exitCode.ok;
    }
    const { text, file } = await requirementsFrom(args, output);
    const { parseRequirements } = await import('../../guidance/requirements.ts');
    const { advise } = await import('../../guidance/advise.ts');
    const { asked, placeOf } = parseRequirements(text, file);
    const advice = advise(asked, { rules, placeOf, profiles: await profilesFrom(args.profile, asked) });
    const today = new Date();
    if (args.html !== undefined) {
      writeOutput(args.html, draw.renderAdviceHtml(advice, today));
      output.err(args.html);
    }
    if (format === 'json') write(draw.renderAdviceJson(advice));
    else if (format === 'html') write(draw.renderAdviceHtml(advice, today));
    else if (format === 'markdown') write(draw.renderAdviceMarkdown(advice, today));
    else
      write(
        draw.renderAdviceText(advice, today, { color: output.color, width: Math.min(output.columns, 110) }),
      );
    return codeFor(advice);
  },
};

/** Requirements that contradict each other are an error to fix; what is not known yet is a finding. */
function codeFor({ apps, servers }: Advice): ExitCode {
  const wrong =
    apps.some(({ conflict }) => conflict !== null) || servers.some(({ impossible }) => impossible.length > 0);
  return wrong ? exitCode.usage : exitCode.ok;
}

/** To a file whole or not at all, or to stdout. */
function writer(file: string | undefined, output: Output): (text: string) => void {
  if (file === undefined) return output.out;
  return (text) => {
    writeOutput(file, text.endsWith('\n') ? text : `${text}\n`);
    output.err(file);
  };
}

async function requirementsFrom(
  { requirements, interactive, save }: AdviseArguments,
  output: Output,
): Promise<{ readonly text: string; readonly file: string }> {
  if (interactive) {
    if (requirements !== undefined) {
      throw new UserError(
        `--interactive asks for the requirements; leave out the file: ${requirements} holds some`,
        'leave one of them out; --save FILE keeps what is answered',
      );
    }
    if (save !== undefined && existsSync(save)) {
      throw new UserError(`${save} is there already`, 'name a file that is not, or remove it first');
    }
    const { readAnswers } = await import('../terminal-answers.ts');
    const { askRequirements } = await import('../../guidance/questions.ts');
    using answers = readAnswers(output);
    const text = await askRequirements(answers);
    if (save !== undefined) writeOutput(save, text, { fresh: true });
    return { text, file: save ?? 'answers' };
  }
  if (save !== undefined)
    throw new UserError('--save goes with --interactive', 'leave it out: the file is there');
  if (requirements === undefined) {
    throw new UserError(
      'no requirements to advise on',
      'name a file (tare advise FILE), answer questions (--interactive), or print the rules (--rules)',
    );
  }
  return { text: textOf(requirements, output.err), file: requirements };
}

/** Those of the host of the first path come first, and so are what an answer rests on. */
async function profilesFrom(paths: readonly string[], { imported }: Requirements) {
  const [firstPath] = paths;
  if (firstPath === undefined) return [];
  const { readRuns } = await import('../../verdicts/runs.ts');
  const { profilesOf } = await import('../../guidance/profiles.ts');
  const profiles = profilesOf(readRuns(paths), imported);
  const first = new Set(readRuns([firstPath]).map(({ ref }) => ref.path));
  const isFirst = (some: readonly string[]) => some.some((path) => first.has(path));
  return [...profiles.filter((one) => isFirst(one.paths)), ...profiles.filter((one) => !isFirst(one.paths))];
}

function textOf(file: string, say: Say): string {
  try {
    return readTextFile(file, say);
  } catch (error) {
    throw new UserError(
      `cannot read ${file}: ${messageOf(error)}`,
      'give a YAML file that exists and can be read',
    );
  }
}
