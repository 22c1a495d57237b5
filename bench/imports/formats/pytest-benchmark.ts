/** pytest-benchmark's JSON: all rounds of a benchmark run in one interpreter, so that a file is one launch. */
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import { identityOf } from '../identity.ts';
import { notNegative, requireOwnNames } from '../parsed.ts';
import type { ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { readJson } from '../json.ts';

const text = z.string().optional();
const form = z.looseObject({
  machine_info: z
    .looseObject({
      node: text,
      machine: text,
      system: text,
      release: text,
      python_version: text,
      python_implementation: text,
      cpu: z.looseObject({ brand_raw: text, count: z.number().optional() }).optional(),
    })
    .optional(),
  datetime: text,
  version: text,
  benchmarks: z.array(
    z.looseObject({
      name: z.string(),
      fullname: text,
      stats: z.looseObject({ median: z.number(), data: z.array(z.number()).optional() }),
    }),
  ),
});

const timePerCall: ImportMetric = {
  id: 'import.time-per-op',
  title: 'Time per operation',
  unit: 's/op',
  better: 'lower',
  definition: 'Median over the rounds of one process, as pytest-benchmark timed them.',
  threshold: 0.05,
};

export function readPytest({ file, text: content }: ImportFile): ParsedImport {
  const read = readJson(content, file, form, 'pytest-benchmark');
  const benchmarks = read.benchmarks.map(({ name, fullname, stats }, at) => {
    const place = `${file}: benchmarks[${at}]`;
    const rounds = stats.data === undefined || stats.data.length === 0 ? [stats.median] : stats.data;
    const field = rounds === stats.data ? 'stats.data' : 'stats.median';
    const values = rounds.map((value, round) =>
      notNegative(value, `${place}.${field}${rounds === stats.data ? `[${round}]` : ''}`, 'a time'),
    );
    const launch = { values: [{ metric: timePerCall, values }], failure: null };
    return { name: identityOf(fullname ?? name, [], `${place}.name`), launches: [launch] };
  });
  requireOwnNames(
    benchmarks.map(({ name }) => name),
    file,
  );
  return {
    tool: 'pytest-benchmark',
    version: read.version ?? null,
    at: dateOf(read.datetime, file),
    host: hostOf(read.machine_info),
    unit: 'iteration',
    benchmarks,
    remarks: read.benchmarks.some(({ stats }) => (stats.data ?? []).length === 0)
      ? ['rounds are not in the file, only their median']
      : [],
    notUnderstood: [],
  };
}

/** Written without a time zone, in UTC. */
function dateOf(written: string | undefined, file: string): string | null {
  if (written === undefined) return null;
  const date = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(written) ? written : `${written}Z`);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UserError(
    `${file}: datetime: expected a date, got ${JSON.stringify(written.slice(0, 60))}`,
    'correct it in the file, or export it again',
  );
}

function hostOf(info: z.output<typeof form>['machine_info']): ParsedImport['host'] {
  if (info === undefined) return { name: null, must: {}, note: {} };
  const facts = (of: Readonly<Record<string, string | undefined>>) =>
    Object.fromEntries(
      Object.entries(of).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
    );
  return {
    name: info.node ?? null,
    // Without a processor and a node nothing tells this machine from another.
    must:
      info.node === undefined || info.cpu?.brand_raw === undefined
        ? {}
        : facts({
            node: info.node,
            'cpu.model': info.cpu.brand_raw,
            'cpu.count': info.cpu.count?.toString(),
            architecture: info.machine,
            'kernel.release': info.release,
            python: info.python_version,
          }),
    note: facts({ system: info.system, 'python.implementation': info.python_implementation }),
  };
}
