/**
 * YAML text -> Scenario, or every problem at once with file, line, field, got value and remedy.
 * The definition itself is in scenario-schema.ts; here are reading, places and cross-checks.
 */
import { isMap, isNode, isScalar, LineCounter, parse, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { messageOf, UserError } from './errors.ts';
import type { ProgramSpec, RunnerKind, RunnerSpec, Scenario, WorkloadSpec } from './model.ts';
import { show } from './options.ts';
import { scenarioSchema, requiresSchema, volumeSchema, type RunnerSchemas } from './scenario-schema.ts';
import { metrics, workloads } from './workloads/index.ts';
import { services } from './workloads/services.ts';
import { isFleet } from './workloads/workload.ts';

export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Reads a scenario.
 * @param text YAML
 * @param file its name, for messages
 * @param overrides `key.path=value` pairs, applied before checking
 * @throws UserError with every problem, one line each: `file:line:column: field: problem`
 */
export function parseScenario(
  text: string,
  file: string,
  runners: RunnerSchemas,
  overrides: readonly string[] = [],
): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const syntax = document.errors.map(
    (error) => `${place(error.pos[0])}: ${error.message.split('\n')[0] ?? ''}`,
  );
  if (syntax.length > 0) throw invalid(file, syntax);
  if (isMap(document.contents) && document.contents.has('scenarios') && !document.contents.has('workloads')) {
    throw new UserError(
      `${file} lists other scenarios and measures nothing itself`,
      '`tare run` takes it as it is; where one scenario is asked for, name one of its entries',
    );
  }
  if (!isMap(document.contents))
    throw invalid(file, [`${file}:1:1: expected a mapping with name, runners, workloads`]);

  const overridden = new Set<string>();
  for (const override of overrides) overridden.add(apply(document, override));

  const { scenario, problems } = check(document.toJS() as unknown, runners);
  if (scenario === null || problems.length > 0) {
    throw invalid(
      file,
      problems.map(({ path, message }) => {
        const name = path.join('.') || '(scenario)';
        const where = overridden.has(name) ? `--set ${name}` : place(offsetOf(document, path));
        return `${where}: ${name}: ${message}`;
      }),
    );
  }
  return scenario;
}

function check(value: unknown, runners: RunnerSchemas): { scenario: Scenario | null; problems: Problem[] } {
  const parsed = scenarioSchema.safeParse(value, { error: explain, reportInput: true });
  const problems: Problem[] = parsed.success ? [] : parsed.error.issues.flatMap(problemsOf);
  // Entries and cross-references are checked even when something else is wrong: all problems at once.
  const raw = isRecord(value) ? value : {};
  const specs = mappingOf(raw['runners']).map(([id, entry]) => runnerOf(id, entry, runners, problems));
  const ids = specs.map(({ id }) => id);
  const work = mappingOf(raw['workloads']).map(([id, entry]) => workloadOf(id, entry, ids, problems));
  for (const key of ['runners', 'workloads', 'shapes']) {
    if (isRecord(raw[key]) && mappingOf(raw[key]).length === 0)
      problems.push({ path: [key], message: 'is empty; name at least one' });
  }
  for (const key of ['baseline', 'control']) {
    const named = raw[key];
    if (typeof named === 'string' && !ids.includes(named)) {
      problems.push({ path: [key], message: `must be one of ${ids.join(', ')}, got ${show(named)}` });
    }
  }
  const metricIds = metrics.map(({ id }) => id);
  const wanted = Array.isArray(raw['metrics']) ? raw['metrics'] : [];
  wanted.forEach((id: unknown, index) => {
    if (typeof id === 'string' && !metricIds.includes(id)) {
      problems.push(unknownName(['metrics', index], 'metric', id, metricIds));
    }
  });
  if (!parsed.success) return { scenario: null, problems };

  const it = parsed.data;
  const baseline = it.baseline ?? ids[0] ?? '';
  const scenario: Scenario = {
    name: it.name,
    description: it.description,
    image: it.image,
    runners: specs,
    baseline,
    control: it.control === undefined ? baseline : it.control,
    shapes: Object.entries(it.shapes).map(([id, shape]) => ({
      id,
      cpus: shape.cpus,
      memoryBytes: shape.memory,
    })),
    workloads: work,
    blocks: it.blocks,
    warmup: it.warmup,
    seed: it.seed ?? null,
    cooldownSeconds: it.cooldown,
    trialTimeoutSeconds: it.limits.trial,
    pidsLimit: it.limits.pids,
    metrics: it.metrics,
  };
  return { scenario, problems };
}

function runnerOf(id: string, entry: unknown, runners: RunnerSchemas, problems: Problem[]): RunnerSpec {
  const { kind: given, ...rest } = isRecord(entry) ? entry : {};
  const kind = typeof given === 'string' ? given : id;
  const spec = { id, kind: kind as RunnerKind, options: {} };
  const schema = (runners as Partial<Record<string, z.ZodType>>)[kind];
  if (schema === undefined) {
    const path = given === undefined ? ['runners', id] : ['runners', id, 'kind'];
    problems.push(unknownName(path, 'runner kind', kind, Object.keys(runners), 'give `kind:`'));
    return spec;
  }
  return { ...spec, options: optionsOf(schema, rest, ['runners', id], problems) };
}

function workloadOf(id: string, entry: unknown, ids: readonly string[], problems: Problem[]): WorkloadSpec {
  const nested = !Array.isArray(entry);
  const object = nested && isRecord(entry) ? entry : {};
  const list: unknown = nested ? object['programs'] : entry;
  const path = nested ? ['workloads', id, 'programs'] : ['workloads', id];
  const programs = (Array.isArray(list) ? list : []).map((program: unknown, index) =>
    programOf(program, [...path, index], problems),
  );
  const service = object['service'];
  const fleet = programs.find(({ use }) => isFleet(workloads.get(use)));
  if (fleet !== undefined && programs.length > 1) {
    problems.push({
      path: ['workloads', id],
      message: `${fleet.use} launches its own instances: give it a workload of its own`,
    });
  }
  if (fleet !== undefined && object['requires'] !== undefined) {
    problems.push({
      path: ['workloads', id, 'requires'],
      message: `is looked at in a single launch; ${fleet.use} launches its own instances`,
    });
  }
  for (const { use, options } of programs) {
    if (service === undefined && workloads.get(use)?.needsService?.(options) === true) {
      problems.push({
        path: ['workloads', id],
        message: `${use} asks a service: give the workload \`service:\``,
      });
    }
  }
  for (const { use } of programs) {
    const wanted = workloads.get(use)?.service;
    if (wanted === undefined || service === wanted) continue;
    problems.push({
      path: ['workloads', id],
      message: `${use} works with the service ${wanted}: write { service: ${wanted}, programs: [...] }`,
    });
  }
  for (const key of ['runners', 'baseline']) {
    const named = object[key];
    for (const name of Array.isArray(named) ? (named as unknown[]) : named === undefined ? [] : [named]) {
      if (typeof name === 'string' && !ids.includes(name)) {
        problems.push(unknownName(['workloads', id, key], 'runner', name, ids));
      }
    }
  }
  const { baseline, runners, volume } = object;
  // Options with problems of their own were not read: nothing more can be said of them.
  if (!problems.some((problem) => problem.path.join('.').startsWith(`${path.join('.')}.`))) {
    programs.forEach(({ use, options }, index) => {
      const problem = workloads.get(use)?.problem?.(options, volumeOf(volume)) ?? null;
      if (problem !== null) problems.push({ path: [...path, index], message: problem });
    });
    problems.push(...reportedTwice(programs, path));
  }
  return {
    id,
    programs,
    service: typeof service === 'string' ? (services[service] ?? null) : null,
    blocks: typeof object['blocks'] === 'number' ? object['blocks'] : null,
    runners: Array.isArray(runners) ? runners.filter((name) => typeof name === 'string') : null,
    baseline: typeof baseline === 'string' ? baseline : null,
    volume: volumeOf(volume),
    requires: requirementsOf(object['requires']),
  };
}

function requirementsOf(entry: unknown): WorkloadSpec['requires'] {
  const { success, data } = requiresSchema.safeParse(entry);
  if (!success || entry === undefined) return null;
  const { kernel = null, module = [], architecture = null, os = null } = data;
  return { kernel, modules: typeof module === 'string' ? [module] : module, architecture, os };
}

/** One launch gives one value per metric: two programs that report the same one would be mixed up. */
function reportedTwice(programs: readonly ProgramSpec[], path: Problem['path']): Problem[] {
  const reporters = new Map<string, number>();
  const problems = new Map<string, Problem>();
  programs.forEach(({ use, options }, index) => {
    const workload = workloads.get(use);
    for (const { id } of workload?.metricsFor?.(options) ?? []) {
      const first = reporters.get(id);
      reporters.set(id, first ?? index);
      if (first === undefined || first === index) continue;
      const message = `measures ${id} as program ${first + 1} does already: give it a workload of its own`;
      problems.set(String(index), { path: [...path, index], message });
    }
  });
  return [...problems.values()];
}

/** Problems of a volume are told by the schema as a whole; here its values are read. */
function volumeOf(entry: unknown): WorkloadSpec['volume'] {
  const { success, data } = volumeSchema.safeParse(entry);
  return success ? { kind: data.kind, sizeBytes: data.size } : null;
}

function programOf(entry: unknown, path: readonly (string | number)[], problems: Problem[]): ProgramSpec {
  const { use: given, ...rest } = isRecord(entry) ? entry : { use: entry };
  const use = typeof given === 'string' ? given : show(given);
  const workload = workloads.get(use);
  if (workload === undefined) {
    problems.push(
      unknownName([...path, ...(isRecord(entry) ? ['use'] : [])], 'workload', use, [...workloads.keys()]),
    );
    return { use, options: {} };
  }
  return { use, options: optionsOf(workload.options, rest, path, problems) };
}

function optionsOf(
  schema: z.ZodType,
  value: unknown,
  path: readonly (string | number)[],
  problems: Problem[],
): Record<string, unknown> {
  const parsed = schema.safeParse(value, { error: explain, reportInput: true });
  if (parsed.success) return parsed.data as Record<string, unknown>;
  problems.push(
    ...parsed.error.issues
      .flatMap(problemsOf)
      .map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
  );
  return {};
}

/** Zod's issue as ours: unknown keys name the key itself, unions their nearest branch. */
export function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: 'unknown key; remove it or mend its spelling',
    }));
  }
  if (issue.code === 'invalid_union') {
    const depth = (issues: readonly z.core.$ZodIssue[]) =>
      Math.max(0, ...issues.map(({ path }) => path.length));
    const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0];
    if (nearest !== undefined && depth(nearest) > 0) {
      return nearest.flatMap(problemsOf).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
    }
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: issue.issues[0]?.message ?? 'invalid name' }];
  }
  return [{ path, message: issue.message }];
}

export function explain(issue: z.core.$ZodRawIssue): string | undefined {
  const got = `, got ${show(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing; add it' : `must be ${article(issue.expected)}${got}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${got}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${got}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}${got}`;
    case 'invalid_union':
      return `has the wrong form${got}`;
    default:
      return undefined;
  }
}

function article(type: string): string {
  return type === 'int' ? 'a whole number' : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

function unknownName(
  path: readonly (string | number)[],
  what: string,
  got: string,
  known: readonly string[],
  also = '',
): Problem {
  return {
    path,
    message: `unknown ${what} ${show(got)}; known: ${known.join(', ')}${also === '' ? '' : ` (or ${also})`}`,
  };
}

/** Applies one `--set key.path=value`; the value is read as YAML. */
function apply(document: Document, override: string): string {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(override) ?? [];
  if (key === undefined || value === undefined) {
    throw new UserError(
      `--set ${override}: expected KEY=VALUE`,
      'e.g. --set blocks=10 or --set runners.vm.machine=q35',
    );
  }
  try {
    document.setIn(key.split('.'), document.createNode(parse(value)));
  } catch (error) {
    throw new UserError(
      `--set ${override}: ${messageOf(error)}`,
      'the path must lead through mappings of the scenario',
    );
  }
  return key;
}

/** Where in the text a path stands: its key if there is one, else the nearest parent. */
export function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key: node }) => isScalar(node) && node.value === key);
      if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

export function invalid(file: string, lines: readonly string[]): UserError {
  return new UserError(
    lines.length === 1 ? (lines[0] ?? '') : `${file} has ${lines.length} problems:\n  ${lines.join('\n  ')}`,
    'mend the scenario; `tare run FILE --dry-run` checks it without starting anything',
  );
}

function mappingOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
