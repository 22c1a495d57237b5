/** `tare import`: other tools' output as a record, for compare, gate, history and reports alike. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import type { ReplicationUnit, RunRecord } from '../../model/record.ts';
import { importKinds, type ImportKind } from '../../bench/imports/kinds.ts';
import type { Directions } from '../../bench/imports/parsed.ts';
import type { Command, Output } from '../command.ts';
import { table } from '../table.ts';
import { toolVersion } from '../version.ts';

interface ImportArguments {
  file: string[];
  from: ImportKind | undefined;
  out: string | undefined;
  name: string | undefined;
  unit: ReplicationUnit | undefined;
  host: string | undefined;
  at: string | undefined;
  better: string[];
  json: boolean;
}

export const importCommand: Command<ImportArguments> = {
  command: 'import <file..>',
  describe: 'Make a record of what another benchmark tool wrote.',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Files of one tool; several are further launches of the same benchmarks.',
      })
      .option('from', { choices: importKinds, describe: 'What they are; default: recognised.' })
      .option('out', { type: 'string', describe: 'Folder of the record; default: a new one in results/.' })
      .option('name', {
        type: 'string',
        describe: 'What the work is called: records of one name are compared. Default: the tool.',
      })
      .option('unit', {
        choices: ['launch', 'iteration'] as const,
        describe: 'What one value stands for, where you know better than the format; it is recorded.',
      })
      .option('host', {
        type: 'string',
        describe: 'Name of the machine it ran on: records are compared only within one.',
      })
      .option('at', { type: 'string', describe: 'When it was measured, for formats that do not tell.' })
      .option('better', {
        type: 'string',
        array: true,
        default: [],
        describe: 'UNIT=lower or UNIT=higher, for units of Go benchmarks of your own.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'What was imported, as JSON.' })
      .example('$0 import base.json --host ci --out base', "hyperfine's runs: a launch each")
      .example('$0 import run-*.txt --from go --host ci', 'five files of `go test -bench`: five launches'),
  run: async (args, output) => {
    const { parseImport, recognise, digestOf } = await import('../../bench/imports/index.ts');
    const { recordOfImport } = await import('../../bench/imports/build.ts');
    const { createRecord, defaultFolder } = await import('../../bench/record/record.ts');
    const directions = directionsOf(args.better);
    const files = args.file.map((path) => {
      const { content, modifiedAt } = readFile(path);
      const source = { file: basename(path), text: content.toString('utf8').replace(/^\uFEFF/, '') };
      const parsed = parseImport(source, args.from ?? recognise(source), directions);
      return { file: source.file, sha256: digestOf(content), modifiedAt, parsed };
    });
    const record = recordOfImport(files, {
      name: labelOf('--name', args.name),
      unit: args.unit,
      host: labelOf('--host', args.host),
      at: dateOf(args.at),
      toolVersion: toolVersion(),
    });
    const { header } = record;
    const folder =
      args.out ??
      defaultFolder(
        'results',
        header.scenario.name.replaceAll(/[^\w.-]/g, '_'),
        header.host.hostname,
        new Date(header.startedAt),
      );
    const writer = createRecord(folder, header);
    for (const trial of record.trials) writer.append(trial);
    if (record.end !== null) writer.append(record.end);
    writer.close();
    await show(record, folder, args.json, output);
    return exitCode.ok;
  },
};

function readFile(path: string): { readonly content: Buffer; readonly modifiedAt: string } {
  try {
    return { content: readFileSync(path), modifiedAt: statSync(path).mtime.toISOString() };
  } catch (error) {
    throw new UserError(
      `cannot read ${path}: ${messageOf(error)}`,
      'give a file that another tool wrote',
      exitCode.usage,
      error,
    );
  }
}

function directionsOf(better: readonly string[]): Directions {
  const entries = better.map((text) => {
    const match = /^(\S+)=(lower|higher)$/.exec(text);
    if (match !== null) return [match[1] ?? '', match[2] as 'lower' | 'higher'] as const;
    throw new UserError(`--better must be UNIT=lower or UNIT=higher, got ${text}`, "such as 'p99-ns=lower'");
  });
  return Object.fromEntries(entries);
}

/** A word for tables, files and fingerprints. */
function labelOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined || (/^[^\p{C}\p{Z}][^\p{C}]{0,99}$/u.test(text) && text.trim() === text))
    return text;
  throw new UserError(
    `${option} must be 1 to 100 visible characters, got ${JSON.stringify(text.slice(0, 60))}`,
    `give a plain name, such as ${option} nightly`,
  );
}

function dateOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UserError(`--at must be a date, got ${text}`, 'such as 2026-05-01 or 2026-05-01T10:00:00Z');
}

async function show(record: RunRecord, folder: string, json: boolean, output: Output): Promise<void> {
  const { valuesOf } = await import('../../bench/analysis/values.ts');
  const { median } = await import('../../bench/statistics/descriptive.ts');
  const { formatValue } = await import('../../model/units.ts');
  const { cells, metrics, imported, host } = record.header;
  const rows = cells.flatMap((cell) =>
    metrics.flatMap((metric) => {
      const values = valuesOf(record, cell.id, metric.id).map(({ value }) => value);
      const failed = record.trials.filter(
        (trial) => trial.cell === cell.id && trial.outcome.state === 'failed',
      ).length;
      if (values.length === 0 && failed === 0) return [];
      return [
        {
          benchmark: cell.workload,
          metric: metric.id,
          unit: metric.unit,
          n: values.length,
          failed,
          median: median(values),
        },
      ];
    }),
  );
  if (json) {
    output.out(JSON.stringify({ schema: 1, folder, host, imported, rows }, null, 2));
    return;
  }
  const lines = rows.map((row) => [
    row.benchmark,
    row.metric,
    formatValue(row.median, row.unit),
    `n=${row.n}`,
    row.failed === 0 ? '' : `${row.failed} failed`,
  ]);
  output.out(table([['Benchmark', 'Metric', 'Median', 'Launches', ''], ...lines]));
  output.out(folder);
  if (imported !== null) output.err(`${imported.tool}: ${imported.remark}`);
  if (host.hostname === 'unknown') {
    output.err('the machine is not known: --host NAME makes the record comparable with others of that name');
  }
}
