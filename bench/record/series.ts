/**
 * Several scenarios run one after another into one folder: `series.json` says which, in which order and
 * where each record lies, so that a series broken off anywhere can go on. Written once, before anything runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeOutput } from '../../host/output-file.ts';
import { exitCode, messageOf, UserError } from '../../model/errors.ts';
import { decodeText } from '../../model/text.ts';
import { withoutOnlyNote } from './kinds.ts';
import { claimFolder } from './record.ts';

const seriesFile = 'series.json';

/** Schema 1 held the choice of runners as a sentence among the overrides. */
const upgraded = (value: unknown): unknown => {
  const old = z
    .looseObject({
      schema: z.literal(1),
      runs: z.array(z.looseObject({ overrides: z.array(z.string()) })),
    })
    .safeParse(value);
  if (!old.success) return value;
  const runs = old.data.runs.map((run) => ({ ...run, ...withoutOnlyNote(run.overrides) }));
  return { ...old.data, schema: 2, runs };
};

const seriesSchema = z.object({
  schema: z.literal(2),
  name: z.string(),
  description: z.string(),
  runs: z
    .array(
      z.object({
        /** Of its record, below the series' own. */
        folder: z.string().regex(/^[\w.-]+$/),
        file: z.string(),
        text: z.string(),
        overrides: z.array(z.string()).readonly(),
        /** Ids of the runners chosen on the command line; null: all. */
        onlyRunners: z.array(z.string()).readonly().nullable(),
        seed: z.number(),
      }),
    )
    .min(1)
    .readonly(),
});

export type Series = Readonly<z.infer<typeof seriesSchema>>;

/**
 * Makes the folder of a new series and writes down what belongs to it.
 * @throws UserError when it cannot, or when the folder holds a series or a record already
 */
export function createSeries(folder: string, series: Series): void {
  if (holdsSeries(folder)) {
    throw new UserError(
      `${folder} already holds a series of runs`,
      'give another --out, or continue it with --resume',
    );
  }
  claimFolder(folder);
  writeOutput(join(folder, seriesFile), `${JSON.stringify(series, null, 2)}\n`);
}

/** Whether a path is the folder of a series. */
export function holdsSeries(folder: string): boolean {
  return existsSync(join(folder, seriesFile));
}

/** @throws UserError when the file is missing, damaged or of another schema */
export function readSeries(folder: string): Series {
  const file = join(folder, seriesFile);
  try {
    return seriesSchema.parse(upgraded(JSON.parse(decodeText(readFileSync(file)).text)));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error).split('\n')[0] : messageOf(error);
    throw new UserError(
      `cannot read ${file}: ${what ?? ''}`,
      'give the folders of its records instead: each is complete in itself',
      exitCode.usage,
      error,
    );
  }
}
