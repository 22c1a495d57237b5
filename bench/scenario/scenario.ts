/**
 * YAML text -> Scenario, or every problem at once with file, line, field, got value and remedy.
 * The definition itself is in scenario-schema.ts; here are reading, places and cross-checks.
 */
import type { Seconds } from '../../model/quantities.ts';
import type { RunnerSpec, Scenario, WorkloadSpec } from '../../model/scenario.ts';
import { openYaml, type FileWords } from '../../model/yaml.ts';
import { UserError } from '../../model/errors.ts';
import { show } from '../../model/quantity-options.ts';
import {
  explain,
  isRecord,
  optionsOf,
  problemsOf,
  unknownName,
  type Problem,
} from '../../model/yaml-problems.ts';
import { scenarioSchema, type RunnerSchemas } from './schema.ts';
import { declaredBy, toldTwice, workloadOf } from './workloads.ts';
import { metrics } from '../workloads/index.ts';

/** What a scenario is called in messages. */
export const scenarioWords: FileWords = {
  what: 'scenario',
  expected: 'a mapping with name, runners, workloads',
  hint: 'fix the scenario; `tare run FILE --dry-run` checks it without starting anything',
};

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
  const opened = openYaml(text, file, scenarioWords);
  if (opened.has('scenarios') && !opened.has('workloads')) {
    throw new UserError(
      `${file} lists other scenarios and measures nothing itself`,
      '`tare run` takes it as it is; where one scenario is asked for, name one of its entries',
    );
  }
  for (const override of overrides) opened.set(override);
  const { scenario, problems } = check(opened.data(), runners);
  if (scenario === null || problems.length > 0) throw opened.refuse(problems);
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
  // Options with problems of their own were not read: nothing more can be said of their metrics.
  const declared = problems.length === 0 ? declaredBy(work) : [];
  if (problems.length === 0) problems.push(...toldTwice(work));
  const metricIds = [...new Set([...metrics, ...declared].map(({ id }) => id))];
  const wanted = Array.isArray(raw['metrics']) ? raw['metrics'] : [];
  wanted.forEach((id: unknown, index) => {
    if (typeof id === 'string' && !metricIds.includes(id)) {
      problems.push(unknownName(['metrics', index], 'metric', id, metricIds));
    }
  });
  if (!parsed.success) return { scenario: null, problems };
  problems.push(...endlessStops(work, parsed.data.limits.trial));

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

/** A program that may take longer to end than its whole launch would be cut off, and every launch lost, by the limit. */
function endlessStops(work: readonly WorkloadSpec[], limit: Seconds): Problem[] {
  return work.flatMap(({ id, service }) => {
    const grace = service?.own?.stop?.graceSeconds ?? 0;
    if (grace < limit) return [];
    return [
      {
        path: ['workloads', id, 'service', 'stop', 'grace'],
        message: `must be shorter than a whole launch may take (limits.trial, ${String(limit)} s), got ${String(grace)} s; raise limits.trial or shorten it`,
      },
    ];
  });
}

function runnerOf(id: string, entry: unknown, runners: RunnerSchemas, problems: Problem[]): RunnerSpec {
  const { kind: given, ...rest } = isRecord(entry) ? entry : {};
  const kind = typeof given === 'string' ? given : id;
  const spec = { id, kind, options: {} };
  const schema = Object.hasOwn(runners, kind) ? runners[kind] : undefined;
  if (schema === undefined) {
    const path = given === undefined ? ['runners', id] : ['runners', id, 'kind'];
    problems.push(unknownName(path, 'runner kind', kind, Object.keys(runners), 'give `kind:`'));
    return spec;
  }
  return { ...spec, options: optionsOf(schema, rest, ['runners', id], problems) };
}

function mappingOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}
