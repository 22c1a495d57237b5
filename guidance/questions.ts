/**
 * The requirements asked for one by one: each answer is checked by the schema of its field as it is given, and all
 * of them become the text of a requirements file. Where answers come from is the caller's business.
 */
import { z } from 'zod';
import { yamlOf } from '../model/yaml.ts';
import { UserError } from '../model/errors.ts';
import { explain, problemsOf } from '../model/yaml-problems.ts';
import { appSchema, serverSchema } from './requirements.ts';

/** Puts a question and returns the line that is answered; null: there are no more answers. */
export type Ask = (question: string) => Promise<string | null>;

export interface Dialogue {
  readonly ask: Ask;
  /** Told why an answer will not do, before the question is put again; null: nobody is there to answer again. */
  readonly complain: ((why: string) => void) | null;
}

const objectives = appSchema.shape.objectives.unwrap();

const serverFields = [
  'os',
  'kernel',
  'architecture',
  'modules',
  'cpus',
  'memory',
  'virtualization',
  'runs',
] as const;
const appFields = [
  'instances',
  'cpus',
  'image',
  'workload',
  'os',
  'kernel',
  'modules',
  'architecture',
  'wholeSystem',
  'tenants',
  'trust',
  'isolation',
  'priorities',
] as const;
const objectiveFields = ['start', 'memory', 'p99'] as const;

/** @throws UserError where the answers end too early, or one is wrong and cannot be corrected */
export async function askRequirements(dialogue: Dialogue): Promise<string> {
  const field = (words: string, schema: z.ZodType) => askField(dialogue, words, schema);
  const group = async (shape: Readonly<Record<string, z.ZodType>>, names: readonly string[], of: string) => {
    const found: Record<string, unknown> = {};
    for (const name of names) {
      const schema = shape[name];
      if (schema === undefined) continue;
      const value = await field(`${of}: ${name}`, schema);
      if (value !== undefined) found[name] = value;
    }
    return found;
  };
  const server = await group(serverSchema.shape, serverFields, 'server');
  const apps: unknown[] = [];
  for (;;) {
    const id = await askField(dialogue, `app ${apps.length + 1}: id`, appSchema.shape.id, apps.length > 0);
    if (typeof id !== 'string') break;
    const app = await group(appSchema.shape, appFields, id);
    const limits = await group(objectives.shape, objectiveFields, `${id}: objective`);
    apps.push({ id, ...app, ...(Object.keys(limits).length === 0 ? {} : { objectives: limits }) });
  }
  return yamlOf({ server, apps });
}

/** undefined: left at its default. `mayEnd`: no answer at all will do, and ends a list. */
async function askField(
  { ask, complain }: Dialogue,
  words: string,
  schema: z.ZodType,
  mayEnd = false,
): Promise<unknown> {
  const told = schema.description === undefined ? '' : ` - ${schema.description}`;
  const preset = defaultOf(schema);
  const choices = choicesOf(schema);
  const among = choices.length === 0 ? '' : ` (${choices.join(', ')})`;
  const question = `${words}${told}${among} [${mayEnd ? 'empty: no more apps' : preset}] `;
  for (;;) {
    const line = await ask(question);
    if (line === null) {
      if (mayEnd) return undefined;
      throw new UserError(
        `the answers end at "${words}"`,
        'answer every question (an empty line takes what stands in brackets), or write the file yourself: docs/advise.md',
      );
    }
    const answer = line.trim();
    if (answer === '' && (mayEnd || preset !== 'needed')) return undefined;
    const why = problemOf(answer, schema);
    if (why === null) return valueOf(answer, schema);
    const message = `${words} ${why}`;
    if (complain === null)
      throw new UserError(message, 'correct that answer; an empty line takes the value in brackets');
    complain(message);
  }
}

function problemOf(answer: string, schema: z.ZodType): string | null {
  const parsed = schema.safeParse(valueOf(answer, schema), { error: explain, reportInput: true });
  return parsed.success
    ? null
    : parsed.error.issues
        .flatMap(problemsOf)
        .map(({ message }) => message)
        .join('; ');
}

/** Lists are given with commas; yes, no and numbers as they are meant, unless text is wanted. */
function valueOf(answer: string, schema: z.ZodType): unknown {
  if (formOf(schema).type === 'array') {
    return answer.split(/[[\],\s]+/).filter((part) => part !== '');
  }
  if (schema.safeParse(answer).success) return answer;
  if (/^(yes|true)$/i.test(answer)) return true;
  if (/^(no|false)$/i.test(answer)) return false;
  return Number.isNaN(Number(answer)) ? answer : Number(answer);
}

/** What an empty line stands for, in words. */
function defaultOf(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return 'needed';
  const { data } = parsed;
  if (data === null || data === undefined) return 'none';
  if (Array.isArray(data)) return data.length === 0 ? 'none' : data.join(', ');
  if (typeof data === 'boolean') return data ? 'yes' : 'no';
  return typeof data === 'string' || typeof data === 'number' ? `${data}` : 'none';
}

/** The words that it may be, where there are few. */
function choicesOf(schema: z.ZodType): readonly unknown[] {
  const form = formOf(schema);
  const { items } = form;
  const inner = typeof items === 'object' && !Array.isArray(items) ? items.enum : undefined;
  return form.enum ?? inner ?? [];
}

function formOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
