/** `tare import`: other tools' output as a record, for compare, gate, history and reports alike. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import type { ReplicationUnit, RunRecord } from '../../model/record.ts';
import { criterionFiles, importFormats, importKinds, type ImportKind } from '../../bench/imports/kinds.ts';
import type { Directions, ImportFile, NotUnderstood } from '../../bench/imports/parsed.ts';
import { decodeText } from '../../model/text.ts';
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
        describe:
          'Files of one tool, or target/criterion; several are further launches of the same benchmarks.',
      })
      .option('from', { choices: importKinds, describe: 'What they are; default: recognised.' })
      .option('out', { type: 'string', describe: 'Folder of the record; default: a new one in results/.' })
      .option('name', {
        type: 'string',
        describe: 'What the work is called: records of one name are compared. Default: the tool.',
      })
      .option('unit', {
        choices: ['launch', 'iteration'] as const,
        describe: 'What one value is (overrides what the format says); recorded.',
      })
      .option('host', {
        type: 'string',
        describe: 'Name of the machine it ran on: records are compared only within one.',
      })
      .option('at', { type: 'string', describe: 'When it was measured, for formats without a time.' })
      .option('better', {
        type: 'string',
        array: true,
        default: [],
        describe:
          'UNIT=lower, =higher or =ignore, for units and counters that do not tell which way is better.',
      })
      .option('json', { type: 'boolean', default: false, describe: 'What was imported, as JSON.' })
      .example('$0 import base.json --host ci --out base', "hyperfine's runs: a launch each")
      .example('$0 import run-*.txt --from go --host ci', 'five files of `go test -bench`: five launches')
      .epilogue(
        [
          'Formats, by --from or recognised:',
          ...Object.entries(importFormats).map(([kind, words]) => `  ${kind}: ${words}`),
          'Exit code 5: a record was made, but not everything in the files was understood; what and how much is said.',
          'What is read of each format and what is not: docs/imports.md',
        ].join('\n'),
      ),
  run: async (args, output) => {
    const { parseImport, recognise, digestOf } = await import('../../bench/imports/index.ts');
    const { notUnderstoodIn, recordOfImport } = await import('../../bench/imports/build.ts');
    const { createRecord, defaultFolder } = await import('../../bench/record/record.ts');
    const directions = directionsOf(args.better);
    const files = args.file.map((path) => {
      const { source, digested, modifiedAt } = readSource(path, output);
      const parsed = parseImport(source, args.from ?? recognise(source), directions);
      return { file: source.file, sha256: digestOf(digested), modifiedAt, parsed };
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
    const lost = notUnderstoodIn(files);
    await show(record, folder, lost, args.json, output);
    return lost.length === 0 ? exitCode.ok : exitCode.inconclusive;
  },
};

interface Source {
  readonly source: ImportFile;
  readonly digested: Buffer;
  readonly modifiedAt: string;
}

/** A file; a folder of Criterion, or one of its files with what stands beside it. */
function readSource(path: string, output: Output): Source {
  if (statOf(path).isDirectory()) {
    const paths = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
      isCriterion(name),
    );
    if (paths.length > 0) return together(path, path, paths.toSorted(), output);
    throw new UserError(
      `${path} is a folder without any */new/estimates.json`,
      'of folders only target/criterion is read: give the files that the tool wrote',
    );
  }
  if (isCriterion(resolve(path))) {
    const folder = dirname(resolve(path));
    // The benchmark's own name is in benchmark.json, and else in the folders' names.
    const from = /^(.*\/criterion)\//.exec(`${folder}/`)?.[1] ?? dirname(dirname(folder));
    const names = readdirSync(folder).filter((name) => criterionFiles.has(name));
    return together(path, from, names.map((name) => relative(from, join(folder, name))).toSorted(), output);
  }
  const content = contentOf(path);
  const { text } = decoded(content, path, output);
  return {
    source: { file: basename(path), text },
    digested: content,
    modifiedAt: statOf(path).mtime.toISOString(),
  };
}

function isCriterion(path: string): boolean {
  return basename(dirname(path)) === 'new' && criterionFiles.has(basename(path));
}

function together(given: string, from: string, paths: readonly string[], output: Output): Source {
  const contents = paths.map((path) => ({ path, content: contentOf(join(from, path)) }));
  const times = paths.map((path) => statOf(join(from, path)).mtime.toISOString());
  return {
    source: {
      file: basename(resolve(given)),
      text: '',
      parts: contents.map(({ path, content }) => ({ path, text: decoded(content, path, output).text })),
    },
    digested: Buffer.concat(contents.flatMap(({ path, content }) => [Buffer.from(`${path}\0`), content])),
    modifiedAt: times.toSorted().at(-1) ?? '',
  };
}

function decoded(content: Buffer, path: string, output: Output) {
  const found = decodeText(content);
  if (found.remark !== null) output.err(`${path} ${found.remark}`);
  return found;
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, error: unknown): UserError {
  return new UserError(
    `cannot read ${path}: ${messageOf(error)}`,
    'give a file that another tool wrote',
    exitCode.usage,
    error,
  );
}

function directionsOf(better: readonly string[]): Directions {
  const entries = better.map((text) => {
    const match = /^(.+)=(lower|higher|ignore)$/.exec(text);
    if (match !== null) return [match[1] ?? '', match[2] as 'lower' | 'higher' | 'ignore'] as const;
    throw new UserError(
      `--better must be UNIT=lower, UNIT=higher or UNIT=ignore, got ${text}`,
      "such as 'p99-ns=lower'",
    );
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

async function show(
  record: RunRecord,
  folder: string,
  lost: readonly NotUnderstood[],
  json: boolean,
  output: Output,
): Promise<void> {
  const { valuesOf } = await import('../../bench/analysis/values.ts');
  const { median } = await import('../../model/descriptive.ts');
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
    output.out(JSON.stringify({ schema: 1, folder, host, imported, rows, notUnderstood: lost }, null, 2));
    sayLost(lost, output);
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
  if (imported !== null) {
    // What was not understood follows with its place and remedy.
    const remarks = imported.remark.split('; ').filter((remark) => !remark.startsWith('not understood: '));
    output.err(`${imported.tool}: ${remarks.join('; ')}`);
  }
  sayLost(lost, output);
  if (host.hostname === 'unknown') {
    output.err('the machine is not known: --host NAME makes the record comparable with others of that name');
  }
}

function sayLost(lost: readonly NotUnderstood[], output: Output): void {
  for (const { what, count, first, hint } of lost) {
    output.err(`not understood: ${what} (${count}, first: ${first}): ${hint}`);
  }
}
