/** `tare size`: how many hosts a demand needs as virtual machines, as containers, and as both. */
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import { parseBytes } from '../../model/units.ts';
import type { Inventory } from '../../sizing/model.ts';
import type { Problem } from '../../sizing/packing/model.ts';
import type { Alternative } from '../../sizing/problem.ts';
import type { StorageAnswer } from '../../sizing/storage/place.ts';
import type { Question, Sizing } from '../../sizing/size.ts';
import type { SizingView } from '../../reports/sizing/index.ts';
import type { BothWeights, PickTare } from '../../sizing/weights.ts';
import type { Command } from '../command.ts';
import { readTextFile, type Say } from '../text-file.ts';
import { toolVersion } from '../version.ts';

interface SizeArguments {
  inventory: string[];
  hosts: string | undefined;
  policy: string | undefined;
  profile: string[];
  runner: string[];
  seconds: number;
  check: string | undefined;
  answer: ('vm' | 'container' | 'containers-in-vms' | 'storage')[];
  preview: boolean;
  assignment: string | undefined;
  html: string | undefined;
  analysis: boolean | undefined;
  heavier: string;
  json: boolean;
  format: string;
}

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
      .option('hosts', {
        type: 'string',
        describe: "Catalogue of hosts (YAML), `today` for the inventory's own, or both: today,hosts.yaml.",
      })
      .option('policy', {
        type: 'string',
        describe: 'Rules (YAML); default: published ones, named in --json.',
      })
      .option('profile', {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [],
        describe: 'Records of `tare run tare`: what an instance costs by itself.',
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
      .option('html', {
        type: 'string',
        describe: 'Write a page whose rules can be moved to this file; works offline.',
      })
      .option('analysis', {
        type: 'boolean',
        describe:
          'Interval, what a step costs, break-even; default: yes up to 2,000 rows. --no-analysis leaves them out.',
      })
      .option('heavier', {
        type: 'string',
        default: '0B',
        describe: 'Every instance heavier by so much, to see what it costs: 12MiB.',
      })
      .option('check', { type: 'string', describe: 'Judge this assignment (CSV) by the rules instead.' })
      .option('answer', {
        type: 'string',
        array: true,
        requiresArg: true,
        default: [],
        choices: ['vm', 'container', 'containers-in-vms', 'storage'],
        describe: 'Which answers --check judges; default: all.',
      })
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
      .example('$0 size rvtools.xlsx --hosts today,hosts.yaml', 'what is there first, then what is bought')
      .example('$0 size apps.yaml --hosts hosts.yaml --policy policy.yaml', 'a plan, by declared ones'),
  run: async (args, output) => {
    for (const name of ['html', 'assignment', 'check'] as const) {
      if (args[name] === '') throw new UserError(`--${name} names no file`, 'give one');
    }
    const { readInventory } = await import('../../sizing/inventories/index.ts');
    const { previewOf, understoodOf } = await import('../../sizing/inventories/preview.ts');
    const inventory = await readInventory(args.inventory);
    const preview = previewOf(inventory);
    if (args.preview) {
      output.out(preview.join('\n'));
      return exitCode.ok;
    }
    if (inventory.demand.length === 0) {
      throw new UserError(
        `${args.inventory.join(', ')}: nothing in it requests resources\n${preview.join('\n')}`,
        '--preview shows what was understood',
      );
    }
    if (!(args.seconds >= 0 && args.seconds <= 3600)) {
      throw new UserError(`--seconds is ${args.seconds}`, 'give 0 to 3600');
    }
    const { defaultPolicy, parseSizingPolicy } = await import('../../sizing/policy/policy.ts');
    const { weightsOf } = await import('../../sizing/weights.ts');
    const { size } = await import('../../sizing/size.ts');
    const { packLightly } = await import('../../sizing/explain/counts.ts');
    const { hosts, arrays, remarks } = await hostsFrom(args.hosts, inventory, output.err);
    const policy =
      args.policy === undefined
        ? defaultPolicy()
        : parseSizingPolicy(textOf(args.policy, output.err), args.policy);
    const profile = args.profile.length === 0 ? null : await profileFrom(args.profile);
    const options = { runners: args.runner, moreBytes: bytesOf(args.heavier) };
    const weights = weightsOf(profile, policy, options);
    const { alternativeNames } = await import('../../reports/sizing/words.ts');
    const { pack } = await import('../../sizing/packing/prove.ts');
    const question = { inventory, hosts, policy, weights };
    const make = (problem: Problem) =>
      args.seconds === 0 ? packLightly(problem) : pack(problem, { seconds: args.seconds });
    // Where nothing can be redrawn each step is a line.
    const progress = (step: string) => (output.live ? output.status(step) : output.err(`tare: ${step} ...`));
    const sized = await size(question, make, (name) => progress(`packing, ${alternativeNames[name]}`));
    const sizing = { ...sized, remarks: [...remarks, ...sized.remarks] };
    const { placeVolumes } = await import('../../sizing/storage/place.ts');
    const storage = await placeVolumes({ inventory, arrays, policy }, make);
    if (args.check !== undefined) return await check(args, args.check, sizing, storage, output);

    const rows = inventory.demand.length;
    const { easedOf } = await import('../../sizing/explain/limits.ts');
    if (isSmall(rows)) progress('what sets the count');
    const first: SizingView = {
      ...{ sizing, policy, weights, preview, understood: understoodOf(inventory), storage },
      limits: isSmall(rows) ? await easedOf(question, sizing.answers) : null,
      ...{ sensitivity: null, breakEven: null, uncertainty: null },
    };
    const draw = await import('../../reports/sizing/index.ts');
    const format = args.json ? 'json' : args.format;
    output.status('');
    // The answer stands; what follows says how sure it is.
    if (format === 'text') output.out(draw.renderSizingHead(first));
    const byPick = (pick: PickTare) => weightsOf(profile, policy, { ...options, pick });
    const view =
      (args.analysis ?? isSmall(rows))
        ? { ...first, ...(await analysed(question, sizing, profile, byPick, progress)) }
        : first;
    output.status('');
    if (args.assignment !== undefined) writeOutput(args.assignment, draw.renderSizingCsv(view));
    if (args.html !== undefined)
      writeOutput(args.html, await draw.renderSizingHtml(view, question, toolVersion()));
    if (format === 'json') output.out(draw.renderSizingJson(view));
    else if (format === 'csv') output.out(draw.renderSizingCsv(view));
    else output.out(draw.renderSizingTail(view).join('\n'));
    const hasHosts = sizing.answers.some(({ hosts: count }) => count !== null);
    const hasArrays = storage === null || storage.arrays !== null;
    return hasHosts && hasArrays ? exitCode.ok : exitCode.hostCannot;
  },
};

/** Beyond so many rows each of a hundred packings would take a second: only on request. */
function isSmall(rows: number): boolean {
  return rows <= 2000;
}

/** Kinds of hosts of a catalogue, of the inventory (`today`), or of both: what is there is paid for. */
async function hostsFrom(named: string | undefined, { today }: Inventory, warn: (text: string) => void) {
  const remedy = 'give --hosts hosts.yaml (docs/sizing/presets.yaml has common shapes), or --hosts today';
  if (named === undefined || named === '') throw new UserError('no hosts to pack onto', remedy);
  const { parseArrays, parseCatalogue } = await import('../../sizing/policy/catalogue.ts');
  const { hostsToday } = await import('../../sizing/hosts-today.ts');
  const parts = named.split(',').map((part) => part.trim());
  const paths =
    named === 'today' || parts.includes('today') ? parts.filter((part) => part !== 'today') : [named];
  const isReused = parts.includes('today');
  const [path, ...more] = paths;
  if (more.length > 0)
    throw new UserError(`--hosts names ${paths.join(' and ')}`, 'one catalogue holds all kinds');
  const text = path === undefined ? '' : textOf(path, warn);
  const bought = path === undefined ? [] : parseCatalogue(text, path);
  const price = bought.find((host) => host.price !== null)?.price ?? null;
  const own = isReused
    ? hostsToday(today, price === null ? null : { ...price, perMonth: 0 })
    : { hosts: [], remarks: [] };
  if (isReused && own.hosts.length === 0)
    throw new UserError(
      `--hosts today: the inventory names no host with cores and memory`,
      'give vHost of RVTools or kubectl get nodes too, or a catalogue',
    );
  return {
    hosts: [...own.hosts, ...bought],
    arrays: path === undefined ? [] : parseArrays(text, path),
    remarks: own.remarks,
  };
}

async function analysed(
  question: Question,
  { answers }: Sizing,
  profile: Awaited<ReturnType<typeof profileFrom>> | null,
  weightsBy: (pick: PickTare) => BothWeights,
  progress: (step: string) => void,
) {
  const { sensitivityOf } = await import('../../sizing/explain/sensitivity.ts');
  const { breakEvenOf } = await import('../../sizing/explain/break-even.ts');
  const { uncertaintyOf } = await import('../../sizing/explain/uncertainty.ts');
  const hostsOf = (name: Alternative) =>
    answers.find(({ alternative }) => alternative === name)?.hosts ?? null;
  const found = {
    vm: hostsOf('vm'),
    container: hostsOf('container'),
    'containers-in-vms': hostsOf('containers-in-vms'),
  };
  progress('what a step of each rule costs');
  const sensitivity = await sensitivityOf(question);
  progress('break-even');
  const breakEven = await breakEvenOf(question);
  progress('how sure: draws');
  const uncertainty = await uncertaintyOf(question, found, profile, weightsBy);
  return { sensitivity, breakEven, uncertainty };
}

function bytesOf(heavier: string): number {
  try {
    return parseBytes(heavier);
  } catch (error) {
    throw new UserError(`--heavier: ${messageOf(error)}`, 'give a size with its unit');
  }
}

async function profileFrom(paths: readonly string[]) {
  const { readRuns } = await import('../../verdicts/runs.ts');
  const { profileOf } = await import('../../sizing/profile.ts');
  return profileOf(readRuns(paths));
}

async function check(
  { answer }: Pick<SizeArguments, 'answer'>,
  path: string,
  sizing: Sizing,
  storage: StorageAnswer | null,
  output: Parameters<typeof sizeCommand.run>[1],
) {
  const { readAssignment } = await import('../../sizing/read-assignment.ts');
  const { checkAssignment, unjudged } = await import('../../sizing/check-assignment.ts');
  const { oneLine } = await import('../../model/visible-text.ts');
  const lines = readAssignment(textOf(path, output.err), path);
  if (lines.length === 0) {
    throw new UserError(`${path}: has no line to judge`, '--assignment writes one, of what has a place');
  }
  const faults = checkAssignment(sizing, lines, storage, answer).map(oneLine);
  const rest = unjudged(sizing, lines, storage, answer);
  const lost = sizing.answers.some(({ survives }) => survives.losses > 0) ? ', losses replayed' : '';
  const outside = rest.length === 0 ? '' : `; not in it, and not judged: ${rest.join(', ')}`;
  output.out(
    faults.length === 0
      ? `${path}: ${lines.length} lines hold: no host is over capacity, nothing is missing, no rule is broken${lost}${outside}`
      : [...faults.slice(0, 100), ...(faults.length > 100 ? [`and ${faults.length - 100} more`] : [])].join(
          '\n',
        ),
  );
  return faults.length === 0 ? exitCode.ok : exitCode.gateFailed;
}

function textOf(path: string, say: Say): string {
  try {
    return readTextFile(path, say);
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`, 'name a file that can be read');
  }
}
