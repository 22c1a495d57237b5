/** `tare advise`: virtual machine, container, or containers in VMs, for each app of a requirements file. */
import { readFileSync } from 'node:fs';
import { exitCode, messageOf, UserError } from '../bench/errors.ts';
import type { Command } from './command.ts';

interface AdviseArguments {
  requirements: string | undefined;
  profile: string[];
  rules: boolean;
  rulesFile: string | undefined;
  format: string;
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
        default: [],
        describe: 'Records of this host: what each side was measured to cost.',
      })
      .option('rules', { type: 'boolean', default: false, describe: 'Show the rules and stop.' })
      .option('rules-file', { type: 'string', describe: 'Rules of your own (YAML), beside those shown.' })
      .option('format', {
        choices: ['text', 'markdown', 'md', 'json'],
        default: 'text',
        describe: 'What to write to stdout.',
      })
      .example('$0 advise apps.yaml --profile results/tare', 'by what was measured here')
      .example('$0 advise --rules', 'what it decides by'),
  run: async (args, output) => {
    const { adviceText, rulesText } = await import('../guidance/words.ts');
    const { rules: given } = await import('../guidance/rules.ts');
    const { withOwnRules } = await import('../guidance/own-rules.ts');
    const rules = args.rulesFile === undefined ? given : withOwnRules(textOf(args.rulesFile), args.rulesFile);
    if (args.rules) {
      output.out(args.format === 'json' ? JSON.stringify(rules, null, 2) : rulesText(rules));
      return exitCode.ok;
    }
    if (args.requirements === undefined) {
      throw new UserError(
        'no requirements to advise on',
        'name a file: tare advise FILE; --rules needs none',
      );
    }
    const { parseRequirements } = await import('../guidance/requirements.ts');
    const { advise } = await import('../guidance/advise.ts');
    const { evidenceOf, noEvidence } = await import('../guidance/evidence.ts');
    const asked = parseRequirements(textOf(args.requirements), args.requirements);
    const { readRuns } = await import('../verdicts/runs.ts');
    const evidence = args.profile.length === 0 ? noEvidence : evidenceOf(readRuns(args.profile));
    const advice = advise(asked, evidence, rules);
    if (args.format === 'json') output.out(JSON.stringify(advice, null, 2));
    else output.out(adviceText(advice, args.format === 'text' ? 'text' : 'markdown'));
    return exitCode.ok;
  },
};

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `cannot read ${file}: ${messageOf(error)}`,
      'give a YAML file that exists and can be read',
    );
  }
}
