/** `tare baseline`: keeps approved runs as plain files to commit, shows where they come from, tightens them. */
import { existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { exitCode, UserError } from '../../model/errors.ts';
import type { RunRecord } from '../../model/record.ts';
import type { Approval, Baseline } from '../../verdicts/baseline.ts';
import type { Command, Output } from '../command.ts';
import { table } from '../table.ts';
import { toolVersion } from '../version.ts';

interface BaselineArguments {
  action: 'set' | 'show' | 'approve';
  name: string | undefined;
  record: string[] | undefined;
  why: string | undefined;
  by: string | undefined;
  dir: string;
  ratchet: boolean;
  json: boolean;
}

export const baseline: Command<BaselineArguments> = {
  command: 'baseline <action> [name] [record..]',
  describe: 'Keep, show and approve the runs that others are held against.',
  builder: (yargs) =>
    yargs
      .positional('action', {
        choices: ['set', 'show', 'approve'] as const,
        demandOption: true,
        describe: 'Make a new one, show one or all, or accept new runs in place of the old.',
      })
      .positional('name', { type: 'string', describe: 'Of the baseline: its file is DIR/NAME.jsonl.' })
      .positional('record', { type: 'string', array: true, describe: 'Result folders to take.' })
      .option('why', { type: 'string', describe: 'The reason, kept in the file.' })
      .option('by', { type: 'string', describe: 'Who approves; default: your user name.' })
      .option('dir', { type: 'string', default: '.tare/baselines', describe: 'Where baselines lie.' })
      .option('ratchet', {
        type: 'boolean',
        default: false,
        describe: 'With approve: take only what is shown to be better, metric by metric.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Provenance and medians as JSON.' })
      .example('$0 baseline set ci results/quick-* --why "first run on the new host"', 'keep a run')
      .example('$0 baseline approve ci results/new --why "TLS on: 4 % are expected"', 'accept a change')
      .example('$0 baseline show ci', 'where it comes from, how old it is, and why'),
  run: async (args, output) => {
    const { readBaseline, writeBaseline } = await import('../../verdicts/baseline.ts');
    if (args.action === 'show') {
      const names = args.name === undefined ? namesIn(args.dir) : [args.name];
      const shown = names.map((name) => ({
        path: fileOf(args.dir, name),
        ...readBaseline(fileOf(args.dir, name)),
      }));
      await show(shown, args.json, output);
      return exitCode.ok;
    }
    if (args.name === undefined)
      throw new UserError('the baseline has no name', 'such as `tare baseline set ci RECORD`');
    if (args.ratchet && args.action === 'set') {
      throw new UserError(
        '--ratchet tightens a baseline that is there',
        'use it with `tare baseline approve`',
      );
    }
    const path = fileOf(args.dir, args.name);
    const fresh = await readFresh(args.record ?? [], output);
    const made =
      args.action === 'set'
        ? await setNew(path, args.name, fresh, args)
        : await approve(readBaseline(path), fresh, args, output);
    if (made !== null) writeBaseline(path, made);
    await show([{ path, ...(made ?? readBaseline(path)) }], args.json, output);
    return exitCode.ok;
  },
};

function fileOf(dir: string, name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return join(dir, `${name}.jsonl`);
  throw new UserError(
    `a baseline's name is letters, digits, dots, dashes and underscores, got ${JSON.stringify(name.slice(0, 60))}`,
    'such as ci or nightly-arm64',
  );
}

function namesIn(dir: string): string[] {
  const files = existsSync(dir) ? readdirSync(dir) : [];
  const names = files.filter((file) => file.endsWith('.jsonl')).map((file) => file.slice(0, -6));
  if (names.length > 0) return names.sort();
  throw new UserError(
    `no baseline in ${dir}`,
    'make one with `tare baseline set NAME RECORD --why TEXT`, or name their folder with --dir',
  );
}

async function readFresh(paths: readonly string[], output: Output): Promise<RunRecord[]> {
  if (paths.length === 0) throw new UserError('no run is given', 'give the result folders to take');
  const { readRecord } = await import('../../bench/record/record.ts');
  const { forBaseline } = await import('../../verdicts/baseline.ts');
  const seen = new Map<string, string>();
  return paths.map((path) => {
    const record = readRecord(path);
    for (const note of record.notes) output.err(`${path}: ${note}`);
    const { runId } = record.header;
    const same = seen.get(runId);
    if (same !== undefined) {
      throw new UserError(`${path} is the run of ${same} (${runId})`, 'give each run once');
    }
    seen.set(runId, path);
    return forBaseline(record);
  });
}

function factsOf(args: BaselineArguments, action: Approval['action']) {
  const why = args.why?.trim() ?? '';
  if (why === '') {
    throw new UserError(
      'a baseline needs a reason',
      'say with --why what made these runs the ones to hold to',
    );
  }
  const by = args.by?.trim() ?? '';
  return {
    action,
    at: new Date().toISOString(),
    by: by === '' ? userInfo().username : by,
    why,
    tool: toolVersion(),
  };
}

async function setNew(
  path: string,
  name: string,
  records: readonly RunRecord[],
  args: BaselineArguments,
): Promise<Baseline> {
  if (existsSync(path)) {
    throw new UserError(
      `${path} is there already`,
      `accept new runs with \`tare baseline approve ${name}\`: what was approved before stays known`,
    );
  }
  const { approvalOf } = await import('../../verdicts/baseline.ts');
  return { records, provenance: { name, approvals: [approvalOf(records, factsOf(args, 'set'))] } };
}

/** Null: a ratchet found nothing that is better, and the file stays as it is. */
async function approve(
  old: Baseline,
  fresh: readonly RunRecord[],
  args: BaselineArguments,
  output: Output,
): Promise<Baseline | null> {
  const { approvalOf } = await import('../../verdicts/baseline.ts');
  const { name, approvals } = old.provenance;
  const facts = factsOf(args, args.ratchet ? 'ratchet' : 'approve');
  if (!args.ratchet) {
    return { records: fresh, provenance: { name, approvals: [...approvals, approvalOf(fresh, facts)] } };
  }
  const { ratchet } = await import('../../verdicts/ratchet.ts');
  const { records, rows } = ratchet(old.records, fresh);
  for (const row of rows) {
    const how = row.ratio === null ? '' : ` (cost ${row.ratio.toFixed(3)}×)`;
    const words = {
      taken: 'taken: shown to be better',
      kept: 'kept: not shown to be better',
      implausible: 'kept: too good to be true; if it is, approve it without --ratchet',
      new: 'taken: it was not there before',
    } as const;
    output.err(`${row.metric} of ${row.cell}: ${words[row.outcome]}${how}`);
  }
  const changed = rows.some(({ outcome }) => outcome === 'taken' || outcome === 'new');
  if (!changed) return null;
  return { records, provenance: { name, approvals: [...approvals, approvalOf(records, facts)] } };
}

interface Shown extends Baseline {
  readonly path: string;
}

async function show(shown: readonly Shown[], json: boolean, output: Output): Promise<void> {
  if (json) {
    const all = shown.map(({ path, provenance }) => ({ path, ...provenance }));
    output.out(JSON.stringify({ schema: 1, kind: 'baselines', baselines: all }, null, 2));
    return;
  }
  const { baselineWords } = await import('../../reports/verdicts/baseline.ts');
  const now = new Date();
  for (const each of shown) {
    const { lines, rows } = baselineWords(each.provenance, each.records, now);
    output.out([each.path, ...lines.map((line) => `  ${line}`), table(rows), ''].join('\n'));
  }
}
