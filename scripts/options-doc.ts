/**
 * The options of runners and programs as Markdown, from the schemas that check them, so that the pages cannot
 * drift from the program: the tables of docs/runners.md, and docs/programs.md whole.
 */
import { z } from 'zod';
import { workloads } from '../bench/workloads/index.ts';
import type { Workload } from '../bench/workloads/workload.ts';
import { familyTable } from '../bench/workloads/families.ts';
import { exampleRunners, runners } from '../runners/index.ts';
import { runnerOf } from '../runners/runner.ts';

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

const code = (text: string): string => `\`${text}\``;

/** What a value may be, in a few words: its choices, else its type. */
function valueOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const).replaceAll('"', ''));
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(', ');
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return [...new Set(branches.map(valueOf))].join(' or ');
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : valueOf(schema.items)}`;
  if (schema.type === 'object') {
    const keys = Object.keys(schema.properties ?? {});
    return keys.length === 0 ? 'mapping' : `mapping with ${keys.map(code).join(', ')}`;
  }
  return Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'value');
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required';
  if (schema.default === undefined || schema.default === null) return '';
  return code(typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default));
}

/** Properties of a schema, those of all branches of a union included. */
function propertiesOf(schema: JsonSchema): ReadonlyMap<string, { schema: JsonSchema; required: boolean }> {
  const found = new Map<string, { schema: JsonSchema; required: boolean }>();
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  for (const branch of branches) for (const [key, value] of propertiesOf(branch)) found.set(key, value);
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    found.set(key, { schema: value, required: schema.required?.includes(key) ?? false });
  }
  return found;
}

function optionsTable(options: z.ZodType): string {
  const schema = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = [...propertiesOf(schema)].map(([key, { schema: value, required }]) =>
    [code(key), valueOf(value), defaultOf(value, required), value.description ?? ''].map(cell).join(' | '),
  );
  if (rows.length === 0) return 'No options.\n';
  return [
    '| option | value | default | what it does |',
    '| - | - | - | - |',
    ...rows.map((row) => `| ${row} |`),
  ]
    .join('\n')
    .concat('\n');
}

/** The generated part of docs/runners.md. */
export function runnerOptions(): string {
  const kinds = new Set(exampleRunners.map(({ kind }) => kind));
  return [...kinds]
    .map((kind) => `### ${kind}\n\n${optionsTable(runnerOf(runners, kind).options)}`)
    .join('\n');
}

/** Programs whose options have no default for something that only their user knows. */
const examples: Readonly<Record<string, string>> = {
  program: `{ use: program, run: [/app/bench], metrics: { rate: { regex: 'rate: ([0-9.]+)', unit: 1/s, better: higher } } }`,
};

const intro = `# Programs

What \`use:\` names in a scenario: every program that tare can run in or against an instance, generated from the schemas that
check them (\`npm run docs\`). Each example is an entry of \`workloads:\`. A bare name takes the defaults; \`{ use: NAME, option: value }\` sets options. The numbers that
each one yields are in [How each number is measured](metrics.md).

**Load on your own image.** \`network-http\` sends HTTP requests from outside to any image's own program, and \`program\` runs
a load generator or benchmark of yours inside and reads the numbers that it prints. Both are shown in
[Your own image](own-image.md).
`;

/** Programs whose defaults work on a volume. */
const onVolume: readonly string[] = ['fio', 'neighbour'];

/** The entry of `workloads:` that runs a program, with the service or volume that it needs. */
function exampleOf(workload: Workload): string {
  const program = examples[workload.id] ?? `{ use: ${workload.id} }`;
  const service = workload.id === 'network-http' ? 'image' : workload.service;
  const lines = [
    ...(service === undefined ? [] : [`service: ${service}`]),
    ...(onVolume.includes(workload.id) ? ['volume: { kind: filesystem, size: 256MiB }'] : []),
  ];
  return `main:\n${[...lines, 'programs:', `  - ${program}`].map((line) => `  ${line}\n`).join('')}`;
}

/** docs/programs.md. */
export function programsDoc(): string {
  const sections = [...workloads.values()].map((workload) => {
    const words = `${workload.title}. Family: ${familyTable[workload.family].title}.`;
    return `## ${workload.id}\n\n${words}\n\n\`\`\`yaml\n${exampleOf(workload)}\`\`\`\n\n${optionsTable(workload.options)}`;
  });
  return [intro, ...sections].join('\n');
}

/** A page with its generated part replaced: what stands between the two marks. */
export function withGenerated(page: string, part: string): string {
  const [before, after] = [page.split(marks[0])[0] ?? '', page.split(marks[1])[1] ?? ''];
  return `${before}${marks[0]}\n\n${part}\n${marks[1]}${after}`;
}

const marks = ['<!-- generated by `npm run docs` -->', '<!-- end of generated -->'] as const;
