/** The workloads of a scenario: their programs with options, service, volume and requirements, cross-checked. */
import type { z } from 'zod';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { ProgramSpec, Readiness, ServiceStop, WorkloadSpec } from '../../model/scenario.ts';
import { show } from '../../model/quantity-options.ts';
import { checkOf, requestOf, usualPace } from './readiness.ts';
import { isRecord, optionsOf, unknownName, type Problem } from '../../model/yaml-problems.ts';
import { ownServiceSchema, requiresSchema, volumeSchema } from './schema.ts';
import { workloads } from '../workloads/index.ts';
import { services } from '../workloads/services.ts';
import { isFleet } from '../workloads/workload.ts';

/** One entry of `workloads:`; what is wrong with it is added to the problems. */
export function workloadOf(
  id: string,
  entry: unknown,
  ids: readonly string[],
  problems: Problem[],
): WorkloadSpec {
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
  const own = serviceOf(service);
  if (own?.own != null && requestOf(own.ready) === null && programs.some(asksRequests)) {
    problems.push({
      path: ['workloads', id, 'service'],
      message: 'requestWithin asks the service: give it `ready: { http: /path }`',
    });
  }
  for (const { use } of programs) {
    const wanted = workloads.get(use)?.service;
    // What an image from elsewhere serves, its user knows.
    if (wanted === undefined || service === wanted || own?.own != null) continue;
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
    service: own,
    blocks: typeof object['blocks'] === 'number' ? object['blocks'] : null,
    runners: Array.isArray(runners) ? runners.filter((name) => typeof name === 'string') : null,
    baseline: typeof baseline === 'string' ? baseline : null,
    volume: volumeOf(volume),
    requires: requirementsOf(object['requires']),
  };
}

/** A density sweep with an objective for replies. */
function asksRequests({ use, options }: ProgramSpec): boolean {
  return use === 'density' && options['requestWithin'] !== undefined;
}

/** Problems are told by the schema as a whole; here its values are read. */
function serviceOf(entry: unknown): WorkloadSpec['service'] {
  if (typeof entry === 'string' && entry !== 'image') return services[entry] ?? null;
  const { success, data } = ownServiceSchema.safeParse(entry === 'image' ? {} : entry);
  if (!success || entry === undefined) return null;
  const { run = [], port = null, environment, ready, stop } = data;
  const own = { run, environment, program: '', stop: stopFrom(stop) };
  return { name: 'image', argv: [], input: '', port, ready: readinessFrom(ready), own };
}

function readinessFrom(ready: z.infer<typeof ownServiceSchema>['ready']): Readiness {
  if (ready === undefined) return { kind: 'image' };
  if (ready === 'healthcheck') return { kind: 'health', everySeconds: usualPace };
  if (typeof ready === 'string') return { kind: ready };
  if ('http' in ready) {
    // HTTP/1.0 asks for the end of the connection too, so that the reply is whole when that comes.
    const send = `GET ${ready.http} HTTP/1.0\r\nHost: localhost\r\n\r\n`;
    return { kind: 'http', send, status: ready.status };
  }
  if ('healthcheck' in ready) {
    const { every } = ready.healthcheck;
    return { kind: 'health', everySeconds: every === 'declared' ? null : every };
  }
  return 'line' in ready ? { kind: 'line', text: ready.line } : checkOf(ready.check);
}

function stopFrom(stop: z.infer<typeof ownServiceSchema>['stop']): ServiceStop | null {
  if (stop === 'kill') return null;
  return { signal: stop.signal ?? null, graceSeconds: stop.grace };
}

function requirementsOf(entry: unknown): WorkloadSpec['requires'] {
  const { success, data } = requiresSchema.safeParse(entry);
  if (!success || entry === undefined) return null;
  const { kernel = null, module = [], architecture = null, os = null } = data;
  return { kernel, modules: typeof module === 'string' ? [module] : module, architecture, os };
}

/** Metrics whose ids depend on the options of programs. */
export function declaredBy(work: readonly WorkloadSpec[]): readonly MetricDeclaration[] {
  return work
    .flatMap(({ programs }) => programs)
    .flatMap(({ use, options }) => workloads.get(use)?.metricsFor?.(options) ?? []);
}

/** One name of a metric means one thing in a whole run. */
export function toldTwice(work: readonly WorkloadSpec[]): Problem[] {
  const known = new Map<string, string>();
  return work.flatMap((workload) =>
    declaredBy([workload]).flatMap(({ id, unit, better }) => {
      const meaning = `${unit}, ${better} is better`;
      const first = known.get(id);
      known.set(id, first ?? meaning);
      if (first === undefined || first === meaning) return [];
      const message = `measures ${id} in ${meaning}; another workload has it in ${first}: give it another name`;
      return [{ path: ['workloads', workload.id], message }];
    }),
  );
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
