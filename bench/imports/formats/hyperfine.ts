/** hyperfine's JSON: every run of a command is a process of its own, so that each is a launch. */
import { z } from 'zod';
import { identityOf, optionsOf } from '../identity.ts';
import { notNegative, requireOwnNames, unknownHost } from '../parsed.ts';
import type { ImportedLaunch, ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';
import { readJson } from '../json.ts';
import { UserError } from '../../../model/errors.ts';

const form = z.looseObject({
  results: z.array(
    z.looseObject({
      command: z.string(),
      times: z.array(z.number()),
      exit_codes: z.array(z.number().nullable()).optional(),
      memory_usage_byte: z.array(z.number()).optional(),
      /** Of a parameter scan or list; their values are text or numbers. */
      parameters: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

const wallTime: ImportMetric = {
  id: 'import.wall-time',
  title: 'Wall time',
  unit: 's',
  better: 'lower',
  definition: 'From the start to the end of one run of the command, as hyperfine timed it.',
  threshold: 0.05,
};

const memory: ImportMetric = {
  id: 'import.peak-memory',
  title: 'Peak memory',
  unit: 'B',
  better: 'lower',
  definition: 'Largest resident set of one run of the command, as hyperfine read it.',
  threshold: 0.05,
};

export function readHyperfine({ file, text }: ImportFile): ParsedImport {
  const { results } = readJson(text, file, form, 'hyperfine');
  const benchmarks = results.map(
    ({ command, times, exit_codes: codes, memory_usage_byte: sizes, parameters }, at) => {
      const place = `${file}: results[${at}]`;
      for (const [list, count] of [
        ['exit_codes', codes?.length],
        ['memory_usage_byte', sizes?.length],
      ] as const) {
        if (count === undefined || count === times.length) continue;
        throw new UserError(
          `${place}.${list}: holds ${count} for ${times.length} times`,
          'the file was changed or damaged: export it again',
        );
      }
      const launches = times.map((time, run): ImportedLaunch => {
        const value = notNegative(time, `${place}.times[${run}]`, 'a time');
        const size = sizes?.[run];
        const values = [{ metric: wallTime, values: [value] }];
        if (size !== undefined) {
          const bytes = notNegative(size, `${place}.memory_usage_byte[${run}]`, 'a size');
          values.push({ metric: memory, values: [bytes] });
        }
        const code = codes?.[run] ?? 0;
        const ended = codes === undefined || codes[run] !== null;
        const failure = !ended ? 'ended by a signal' : code === 0 ? null : `ended with status ${code}`;
        return { values, failure };
      });
      return { name: identityOf(command, optionsOf(parameters ?? {}), `${place}.command`), launches };
    },
  );
  requireOwnNames(
    benchmarks.map(({ name }) => name),
    file,
  );
  return {
    tool: 'hyperfine',
    version: null,
    at: null,
    host: unknownHost,
    unit: 'launch',
    benchmarks,
    remarks: [
      'hyperfine runs one command after the other, not in turn: drift of the host between them is in their difference',
    ],
    notUnderstood: [],
  };
}
