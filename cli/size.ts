/** `tare size`: how many hosts a demand needs as virtual machines, as containers, and as both. */
import { readFileSync, writeFileSync } from 'node:fs';
import { exitCode, messageOf, UserError } from '../bench/errors.ts';
import type { Alternative } from '../sizing/problem.ts';
import type { Sizing } from '../sizing/size.ts';
import type { Command } from './command.ts';

interface SizeArguments {
  inventory: string[];
  hosts: string;
  policy: string | undefined;
  profile: string[];
  runner: string[];
  seconds: number;
  check: string | undefined;
  preview: boolean;
  assignment: string | undefined;
  json: boolean;
  format: string;
}

const mib = 2 ** 20;

export const sizeCommand: Command<SizeArguments> = {
  command: 'size <inventory..>',
  describe: 'Count the hosts that a demand needs: as VMs, as containers, and as containers in VMs.',
  builder: (yargs) =>
    yargs
      .positional('inventory', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'RVTools workbook or CSVs, kubectl get pods/nodes -o json, a CSV, or an apps.yaml.',
      })
      .option('hosts', { type: 'string', demandOption: true, describe: 'Catalogue of hosts (YAML).' })
      .option('policy', {
        type: 'string',
        describe: 'Rules (YAML); default: published ones, named in --json.',
      })
      .option('profile', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Records of `tare run tare`: what an instance weighs.',
      })
      .option('runner', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Whose tare is taken, where the records have several VMs or containers.',
      })
      .option('seconds', {
        type: 'number',
        default: 3,
        describe: 'For proving each packing; 0: only heuristics and bounds from sums.',
      })
      .option('preview', {
        type: 'boolean',
        default: false,
        describe: 'Only what was understood of the files.',
      })
      .option('assignment', {
        type: 'string',
        describe: 'Write which instance is on which host to this CSV.',
      })
      .option('check', { type: 'string', describe: 'Judge this assignment (CSV) by the rules instead.' })
      .option('format', {
        choices: ['text', 'json', 'csv'],
        default: 'text',
        describe: 'What to write to stdout; csv is the assignment.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'The same as --format json.' })
      .example(
        '$0 size rvtools.xlsx --hosts hosts.yaml --profile results/tare',
        'an estate, by measured tares',
      )
      .example('$0 size apps.yaml --hosts hosts.yaml --policy policy.yaml', 'a plan, by declared ones'),
  run: async (args, output) => {
    const { readInventory } = await import('../sizing/inventories/index.ts');
    const { previewOf } = await import('../sizing/inventories/preview.ts');
    const inventory = await readInventory(args.inventory);
    const preview = previewOf(inventory);
    if (args.preview) {
      output.out(preview.join('\n'));
      return exitCode.ok;
    }
    if (inventory.demand.length === 0) {
      throw new UserError(
        `${args.inventory.join(', ')}: nothing in it asks for a host\n${preview.join('\n')}`,
        '--preview shows what was understood',
      );
    }
    if (!(args.seconds >= 0 && args.seconds <= 3600)) {
      throw new UserError(`--seconds is ${args.seconds}`, 'give 0 to 3600');
    }
    const { parseCatalogue } = await import('../sizing/catalogue.ts');
    const { defaultPolicy, parseSizingPolicy } = await import('../sizing/policy.ts');
    const { weightsOf } = await import('../sizing/weights.ts');
    const { size } = await import('../sizing/size.ts');
    const { packQuickly } = await import('../sizing/packing/pack.ts');
    const hosts = parseCatalogue(textOf(args.hosts), args.hosts);
    const policy =
      args.policy === undefined ? defaultPolicy() : parseSizingPolicy(textOf(args.policy), args.policy);
    const profile = args.profile.length === 0 ? null : await profileFrom(args.profile);
    const options = { runners: args.runner };
    const weights = weightsOf(profile, policy, options);
    const { pack } = await import('../sizing/packing/prove.ts');
    const question = { inventory, hosts, policy, weights };
    const sizing = await size(question, (problem) =>
      args.seconds === 0 ? packQuickly(problem) : pack(problem, { seconds: args.seconds }),
    );
    if (args.check !== undefined) return await check(args.check, sizing, output);

    // Compared among themselves only: one quick packer on both sides of each difference.
    const quick = async (level: 'low' | 'median' | 'high', moreBytes: number) =>
      await size(
        { ...question, weights: weightsOf(profile, policy, { ...options, level, moreBytes }) },
        (problem) => packQuickly(problem, { starts: 0, steps: 0 }),
      );
    const plain = countsOf(await quick('median', 0));
    const steps = [];
    for (const bytes of [1 * mib, 12 * mib, 128 * mib]) {
      const counts = countsOf(await quick('median', bytes));
      steps.push({ bytes, more: mapped((name) => difference(counts[name], plain[name])) });
    }
    const view = {
      sizing,
      policy,
      weights,
      preview,
      steps,
      between: await between(profile, sizing, plain, quick),
    };
    const draw = await import('../reports/sizing/index.ts');
    if (args.assignment !== undefined) writeFileSync(args.assignment, draw.renderSizingCsv(view));
    const format = args.json ? 'json' : args.format;
    if (format === 'json') output.out(draw.renderSizingJson(view));
    else if (format === 'csv') output.out(draw.renderSizingCsv(view));
    else output.out(draw.renderSizingText(view));
    return sizing.answers.every(({ hosts: count }) => count === null) ? exitCode.hostCannot : exitCode.ok;
  },
};

type Counts = Readonly<Record<Alternative, number | null>>;

function mapped<T>(make: (name: Alternative) => T): Record<Alternative, T> {
  return { vm: make('vm'), container: make('container'), 'containers-in-vms': make('containers-in-vms') };
}

function countsOf({ answers }: Sizing): Counts {
  return mapped((name) => answers.find(({ alternative }) => alternative === name)?.hosts ?? null);
}

function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

/** A count grows with the tare, so that the ends of its interval are those of the tare. */
async function between(
  profile: Awaited<ReturnType<typeof profileFrom>> | null,
  sizing: Sizing,
  plain: Counts,
  quick: (level: 'low' | 'high', more: number) => Promise<Sizing>,
): Promise<Record<Alternative, [number, number]> | null> {
  const whole =
    profile !== null &&
    profile.tares.every(({ memoryBytes }) => memoryBytes === null || memoryBytes.interval !== null);
  if (!whole) return null;
  const low = countsOf(await quick('low', 0));
  const high = countsOf(await quick('high', 0));
  const found = countsOf(sizing);
  if ([low, high, found, plain].some((counts) => Object.values(counts).includes(null))) return null;
  const at = (counts: Counts, name: Alternative) => counts[name] ?? 0;
  return mapped((name) => [
    at(found, name) + Math.min(0, at(low, name) - at(plain, name)),
    at(found, name) + Math.max(0, at(high, name) - at(plain, name)),
  ]);
}

async function profileFrom(paths: readonly string[]) {
  const { readRuns } = await import('../verdicts/runs.ts');
  const { profileOf } = await import('../sizing/profile.ts');
  return profileOf(readRuns(paths));
}

async function check(path: string, sizing: Sizing, output: Parameters<typeof sizeCommand.run>[1]) {
  const { readAssignment } = await import('../sizing/read-assignment.ts');
  const { checkAssignment } = await import('../sizing/assignment.ts');
  const lines = readAssignment(textOf(path), path);
  const faults = checkAssignment(sizing, lines);
  output.out(
    faults.length === 0
      ? `${path}: ${lines.length} lines hold: nothing is overfull, nothing missing, no rule broken`
      : [...faults.slice(0, 100), ...(faults.length > 100 ? [`and ${faults.length - 100} more`] : [])].join(
          '\n',
        ),
  );
  return faults.length === 0 ? exitCode.ok : exitCode.gateFailed;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`, 'name a file that can be read');
  }
}
