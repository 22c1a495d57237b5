/**
 * A program of the user's own inside the instance, and numbers of its own: read from what it prints, or from
 * an endpoint of the instance that is scraped from inside once the program has ended. They are compared like
 * built-in ones.
 */
import { capital } from '../../model/units.ts';
import { z } from 'zod';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Unit } from '../../model/quantities.ts';
import { duration } from '../../model/quantity-options.ts';
import { jsonSteps, parseSample, readNumber, type Reading } from './readings.ts';
import type { Measured } from './output.ts';
import type { CommandWorkload } from './workload.ts';

const units = [
  's',
  'B',
  'B/s',
  '1/s',
  's/op',
  'cores',
  'count',
  'ratio',
  'share',
] as const satisfies readonly Unit[];

function isPattern(text: string): boolean {
  try {
    return new RegExp(`${text}|`).exec('')?.length === 2;
  } catch {
    return false;
  }
}

const metric = z
  .strictObject({
    regex: z
      .string()
      .refine(isPattern, 'must be a regular expression with one group, e.g. "tps = ([0-9.]+)"')
      .optional()
      .describe('The number is its one group; ^ and $ stand for ends of lines.'),
    take: z.enum(['first', 'last']).optional().describe('Which match of `regex`; default: the first.'),
    json: z
      .string()
      .refine((path) => jsonSteps(path) !== null, 'must be a path such as $.latency.p99 or $.runs[0]["a b"]')
      .optional()
      .describe('Path into the JSON it prints: all of it, or its last line that is JSON.'),
    sample: z
      .string()
      .refine((text) => parseSample(text) !== null, 'must be a name such as requests_total{code="200"}')
      .optional()
      .describe('Name of a sample at `scrape`; several that match are added up.'),
    from: z.enum(['stdout', 'stderr']).optional().describe('What `regex` and `json` read; default: stdout.'),
    unit: z.enum(units).describe('Unit after `scale`.'),
    scale: z
      .number()
      .refine((value) => value > 0, 'must be above 0')
      .default(1)
      .describe('Factor that brings what is read to the unit: 0.001 for milliseconds.'),
    better: z.enum(['lower', 'higher']),
    title: z.string().min(1).optional(),
    threshold: z.number().min(0.001).max(10).default(0.05).describe('Smallest relative change that matters.'),
  })
  .refine(
    ({ regex, json, sample }) => [regex, json, sample].filter((one) => one !== undefined).length === 1,
    {
      error: 'must have exactly one of regex, json and sample',
    },
  );

const options = z
  .strictObject({
    run: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Program and arguments, run inside as the user of the image.'),
    within: duration.prefault('60s').describe('A program that lasts longer has failed.'),
    expected: duration.prefault('5s').describe('How long it usually lasts, for the estimate of the run.'),
    scrape: z
      .strictObject({
        port: z.int().min(1).max(65_535),
        path: z
          .string()
          .regex(/^\/\S*$/, 'must be a path such as "/metrics"')
          .default('/metrics'),
      })
      .optional()
      .describe('Prometheus endpoint of the instance, read from inside when the program has ended.'),
    metrics: z
      .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits or "-"'), metric)
      .describe('Numbers by name.'),
  })
  .superRefine(({ run, scrape, metrics }, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    if (run === undefined && scrape === undefined) problem([], 'needs `run:` or `scrape:`');
    if (Object.keys(metrics).length === 0) problem(['metrics'], 'is empty; name at least one number');
    for (const [name, { sample }] of Object.entries(metrics)) {
      if (sample !== undefined && scrape === undefined)
        problem(['metrics', name, 'sample'], 'needs `scrape:`');
      if (sample === undefined && run === undefined)
        problem(['metrics', name], 'reads what a program prints: give `run:`');
    }
  });
type Options = z.infer<typeof options>;
type Metric = Options['metrics'][string];

function declare(name: string, { unit, better, title, threshold, ...read }: Metric): MetricDeclaration {
  const words = {
    regex: 'matched in what it printed',
    json: 'at a path of its JSON',
    sample: 'scraped from its endpoint',
  };
  const kind = read.regex !== undefined ? 'regex' : read.json !== undefined ? 'json' : 'sample';
  return {
    id: `app.${name}`,
    family: 'app',
    title: title ?? capital(name).replaceAll('-', ' '),
    unit,
    better,
    source: { kind: 'sample' },
    definition: `The program's own number, ${words[kind]}: ${read.regex ?? read.json ?? read.sample ?? ''}${read.scale === 1 ? '' : `, times ${read.scale}`}.`,
    threshold,
    needsRealCpu: true,
  };
}

function readingOf({ regex, json, sample, take }: Metric): Reading {
  if (regex !== undefined) return { kind: 'regex', pattern: regex, last: take === 'last' };
  return json === undefined ? { kind: 'prometheus', sample: sample ?? '' } : { kind: 'json', path: json };
}

/** By the agent's own busybox: the image need hold no client. */
function scrapeCommand({ port, path }: NonNullable<Options['scrape']>): readonly string[] {
  return ['busybox', 'wget', '-q', '-T', '10', '-O', '-', `http://127.0.0.1:${port}${path}`];
}

export const program: CommandWorkload<Options> = {
  kind: 'command',
  id: 'program',
  family: 'app',
  title: 'a program of your own',
  metrics: [],
  metricsFor: ({ metrics }) => Object.entries(metrics).map(([name, one]) => declare(name, one)),
  options,
  programs: [],
  programsFor: ({ run }) => (run === undefined ? [] : run.slice(0, 1)),
  needsService: ({ scrape }) => scrape !== undefined,
  estimateSeconds: ({ expected }) => expected,
  limitSeconds: ({ within }) => within,
  command: ({ run, scrape }) => run ?? (scrape === undefined ? [] : scrapeCommand(scrape)),
  after: ({ run, scrape }) => (run === undefined || scrape === undefined ? null : scrapeCommand(scrape)),
  parse({ result, after }: Measured, { run, metrics }) {
    const scraped = run === undefined ? result.stdout : (after?.stdout ?? '');
    const name = run?.at(-1) === undefined ? 'the endpoint' : 'the program';
    return Object.entries(metrics).map(([id, one]) => {
      const printed = one.from === 'stderr' ? result.stderr : result.stdout;
      const value = readNumber(readingOf(one), one.sample === undefined ? printed : scraped, name);
      return { metric: `app.${id}`, value: value * one.scale };
    });
  },
};
