/**
 * One run from a checked scenario to a finished record: plan, prepare, header, launches, end.
 * A resumed run goes on only where everything that decides its numbers is still the same.
 */
import { createHash } from 'node:crypto';
import { UserError } from '../model/errors.ts';
import { executePlan, voidRules, type RunResult } from './launch/execute.ts';
import type { HostFingerprint, Traits } from '../model/instance.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { Plan } from '../model/plan.ts';
import type { RecordHeader, RunRecord } from '../model/record.ts';
import type { Scenario } from '../model/scenario.ts';
import { cellsOf, createPlan } from './plan.ts';
import { imageFacts } from './scenario/image-facts.ts';
import { bindServices } from './scenario/own-service.ts';
import { prepareRun, type PreparedRun } from './launch/prepare.ts';
import { claimFolder, createRecord, reopenRecord } from './record/record.ts';
import { hostDifferences, majorOf, resumedIdentity } from './record/comparable.ts';
import type { Tools } from './instance/tools.ts';
import { sharedMetrics, startupMetrics, stopMetrics } from './workloads/startup.ts';
import { workloads } from './workloads/index.ts';

/** What the header needs beside the plan. */
export interface HeaderFacts {
  readonly tool: { readonly name: string; readonly version: string };
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly string[];
  readonly onlyRunners: readonly string[] | null;
}

/** The first line of a record: all that is known before the first launch. */
function headerFor(
  scenario: Scenario,
  /** Before it was bound to the image: what is compared between records. */
  written: Scenario,
  plan: Plan,
  run: Pick<PreparedRun, 'prepared' | 'records' | 'skipped'>,
  tools: Pick<Tools, 'image' | 'lease' | 'site'>,
  facts: HeaderFacts,
): RecordHeader {
  return {
    kind: 'header',
    schema: 3,
    tool: facts.tool,
    runId: tools.lease.runId,
    startedAt: new Date().toISOString(),
    scenario: {
      name: scenario.name,
      description: scenario.description,
      file: facts.file,
      text: facts.text,
      overrides: facts.overrides,
      onlyRunners: facts.onlyRunners,
      hash: scenarioHash(written),
    },
    seed: plan.seed,
    blocks: scenario.blocks,
    warmup: scenario.warmup,
    baseline: scenario.baseline,
    control: scenario.control,
    wantedMetrics: scenario.metrics,
    imageDigest: tools.image.digest,
    imagePackages: tools.image.packages,
    trials: plan.trials,
    cells: run.records,
    skipped: run.skipped,
    metrics: metricsOf(
      scenario,
      [...run.prepared.values()].some((cell) => cell.shared !== undefined),
    ),
    host: tools.site.facts,
    clock: tools.site.clock,
    voidRules: voidRules(tools.site),
    imported: null,
  };
}

/** sha256 over what decides the work done: equal hashes mean equal work. */
export function scenarioHash(scenario: Scenario): string {
  const { description, seed, blocks, metrics, ...work } = scenario;
  return createHash('sha256').update(JSON.stringify(work)).digest('hex');
}

/**
 * Every metric that a scenario's launches can have a value of.
 * @param shares whether some runner has processes that its instances share
 */
export function metricsOf(scenario: Scenario, shares = false): MetricDeclaration[] {
  const declared = scenario.workloads
    .flatMap(({ programs }) => programs)
    .flatMap(({ use, options }) => {
      const workload = workloads.get(use);
      return workload?.metricsFor?.(options) ?? workload?.metrics ?? [];
    });
  const stops = scenario.workloads.some(({ service }) => service?.own?.stop != null) ? stopMetrics : [];
  // Nobody looks for daemons where no runner has them.
  const shared = shares ? sharedMetrics : [];
  return [
    ...new Map(
      [...startupMetrics, ...stops, ...shared, ...declared].map((metric) => [metric.id, metric]),
    ).values(),
  ];
}

/** What the caller has decided about a run. */
export interface RunRequest {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly folder: string;
  /** The record to resume; null for a new one. */
  readonly earlier: RunRecord | null;
  readonly facts: HeaderFacts;
  /** Read again when the run is over, to see whether the host is still the same. */
  readonly hostAfter: () => Promise<HostFingerprint>;
}

/**
 * Runs a scenario; every finished launch is in the folder's record whatever happens after it.
 * @throws UserError when nothing can run here, the folder cannot be written, or a record cannot be resumed
 */
export async function runScenario(request: RunRequest, tools: Tools): Promise<RunResult> {
  const { earlier, facts, folder } = request;
  const scenario = await bindServices(request.scenario, tools.image);
  const begun = tools.now();
  if (earlier === null) claimFolder(folder);
  else requireSame(earlier, [request.scenario, scenario], tools.image.digest, tools.site.facts);
  const run = await prepareRun(scenario, cellsOf(scenario), tools, request.scenario);
  try {
    const plan =
      earlier === null
        ? createPlan(scenario, request.seed, run.cells)
        : { seed: earlier.header.seed, cells: run.cells, trials: earlier.header.trials };
    if (earlier !== null) requireSameCells(earlier.header, run, facts.tool.version);
    const writer =
      earlier === null
        ? createRecord(folder, headerFor(scenario, request.scenario, plan, run, tools, facts))
        : reopenRecord(folder);
    try {
      const result = await executePlan(scenario, plan, run, writer, earlier, tools);
      const meters = await tools.meters?.close();
      writer.append({
        kind: 'end',
        state: result.state,
        at: new Date().toISOString(),
        wallSeconds: tools.now() - begun,
        samplerCpuSeconds: meters?.cpuSeconds ?? 0,
        toolCpuSeconds: tools.toolCpuSeconds(),
        hostHashAfter: (await request.hostAfter()).hash,
      });
      return result;
    } finally {
      writer.close();
    }
  } finally {
    await run.dispose();
  }
}

/** Refuses to resume a record whose later launches could not be compared with its earlier ones. */
function requireSame(
  earlier: RunRecord,
  /** As written, and bound to the image, which records of earlier versions have the hash of. */
  scenarios: readonly Scenario[],
  imageDigest: string,
  host: HostFingerprint,
): void {
  const { header } = earlier;
  const differences: string[] = [];
  if (!scenarios.map(scenarioHash).includes(header.scenario.hash))
    differences.push('the scenario or its overrides');
  if (header.imageDigest !== imageDigest) differences.push('the image digest');
  for (const { key, values } of hostDifferences([header.host, host])) {
    differences.push(`host ${key} (was ${values[0] ?? 'unknown'}, is ${values[1] ?? 'unknown'})`);
  }
  if (differences.length > 0) {
    throw new UserError(
      `cannot resume: since the record began, these changed: ${differences.join('; ')}`,
      'start a new run; the old record stays readable as it is',
    );
  }
}

function requireSameCells(earlier: RecordHeader, run: Pick<PreparedRun, 'records'>, version: string): void {
  const differences: string[] = [];
  const compare = (what: string, was: string | undefined, is: string | undefined) => {
    if (was !== is) differences.push(`${what} (was ${was ?? 'absent'}, is ${is ?? 'absent'})`);
  };
  compare('tare itself', majorOf(earlier.tool.version), majorOf(version));
  const now = new Map(run.records.map((record) => [record.id, record]));
  for (const was of earlier.cells) {
    const is = now.get(was.id);
    compare(`${was.id} acceleration`, was.acceleration.class, is?.acceleration.class);
    compare(`${was.id} isolation`, was.isolation ?? undefined, is?.isolation ?? undefined);
    for (const key of resumedIdentity(was)) compare(`${was.id} ${key}`, was.identity[key], is?.identity[key]);
    for (const [key, title] of imageFacts) {
      // Records of earlier versions do not hold them.
      if (was.identity[key] !== undefined) {
        compare(`${was.id}, the image's ${title}`, was.identity[key], is?.identity[key]);
      }
    }
    for (const key of Object.keys(was.traits) as (keyof Traits)[]) {
      compare(`${was.id} ${key}`, was.traits[key], is?.traits[key]);
    }
  }
  if (differences.length === 0) return;
  throw new UserError(
    `cannot resume: since the record began, these changed: ${differences.slice(0, 6).join('; ')}`,
    'start a new run, or restore what changed (`tare doctor` shows what each runner is now)',
  );
}
