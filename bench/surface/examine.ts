/**
 * The examination: two instances of one cell at once. The second leaves a marker (a process, a file, a
 * socket); in the first the script looks around, for that marker among much else. The host reads the same
 * of itself just before and after, so that what is the host's can be told from what is the instance's own.
 */
import { readOutside, readVisibleHost } from '../../host/visible.ts';
import type { ExecResult, Instance } from '../../runners/runner.ts';
import { TrialFailure } from '../../runners/runner.ts';
import type { Gathered } from '../gathered.ts';
import {
  contextOf,
  endDrift,
  keptOutput,
  openGroup,
  outcomeOf,
  padding,
  proveImage,
  putAway,
  startInstance,
  type Ended,
  type Live,
  type Trial,
} from '../instance.ts';
import type { Outcome } from '../model.ts';
import { UnreadableOutput } from '../workloads/workload.ts';
import { parseFacts } from './facts.ts';
import { examineScript, markScript } from './script.ts';

/** Longest time a script may take: an emulated guest opens some thousands of files. */
const scriptSeconds = 120;

type Side = Live & { readonly instance: Instance };

/** Launches both instances, gathers the facts, puts both away. */
export async function examine(trial: Trial, gathered: Gathered): Promise<Ended> {
  const { planned, scenario, tools } = trial;
  const deadline = AbortSignal.timeout(scenario.trialTimeoutSeconds * 1000);
  const signal = AbortSignal.any([tools.signal, deadline]);
  const sides: Side[] = [];
  const leftovers: string[] = [];
  let outcome: Outcome = { state: 'ok' };
  let bug: unknown = null;
  try {
    for (const side of ['seen', 'looking']) {
      sides.push(await open(`i-${planned.index}-${side}`, trial, signal, leftovers));
    }
    const [seen, looking] = sides;
    if (seen === undefined || looking === undefined) throw new Error('two instances were to be started');
    await lookAround(seen, looking, trial, signal, gathered);
    gathered.provenDigest = await proveImage(looking.instance, ['busybox'], tools, signal);
  } catch (error) {
    const fallen = sides.find(({ instance }) => instance.ended() !== null);
    try {
      outcome = outcomeOf(error, fallen ?? { instance: null, group: null }, tools, deadline, []);
    } catch (unexpected) {
      bug = unexpected;
    }
  }
  const drift = endDrift(tools);
  const cpuSeconds = sides.reduce((total, { group }) => total + (group?.read().cpuSeconds ?? 0), 0);
  const away = await Promise.all(sides.map((side) => putAway(side, tools)));
  leftovers.push(...away.flatMap((report) => report.leftovers));
  if (bug !== null) throw bug as Error;
  return { outcome, leftovers, cpuSeconds, ...drift };
}

async function open(id: string, trial: Trial, signal: AbortSignal, leftovers: string[]): Promise<Side> {
  const group = await openGroup(id, trial.tools);
  try {
    const instance = await startInstance(trial, { id, group }, signal, true, () => undefined);
    return { id, group, instance, metered: false };
  } catch (error) {
    leftovers.push(...(await putAway({ id, group, instance: null, metered: false }, trial.tools)).leftovers);
    throw error;
  }
}

async function lookAround(
  seen: Side,
  looking: Side,
  trial: Trial,
  signal: AbortSignal,
  gathered: Gathered,
): Promise<void> {
  // As long as a process name may be, and new each time: an older marker is not this neighbour's.
  const name = `tare-${trial.planned.index.toString(36)}-${Math.trunc(trial.tools.now()).toString(36)}`;
  const marked = await runScript(seen, markScript(name.slice(0, 15)), 'mark', trial, signal, gathered);
  const file = /^file (\S.*)$/m.exec(marked.stdout)?.[1];
  if (file === undefined)
    throw new UnreadableOutput('the marking script', 'place of its file', marked.stdout);
  const hostBefore = readVisibleHost();
  const script = examineScript(name.slice(0, 15), file);
  const { stdout } = await runScript(looking, script, 'surface', trial, signal, gathered);
  const hostAfter = readVisibleHost();
  const pids = looking.group?.pids() ?? looking.instance.pids();
  const outside = readOutside(pids);
  gathered.observations.push({ kind: 'surface', ...parseFacts(stdout), hostBefore, hostAfter, outside });
}

async function runScript(
  { instance }: Side,
  script: string,
  program: string,
  { tools, planned }: Trial,
  signal: AbortSignal,
  gathered: Gathered,
): Promise<ExecResult> {
  const argv = ['busybox', 'sh', '-c', script];
  const result = await instance.exec(
    { argv, environment: padding(planned), timeoutSeconds: scriptSeconds },
    contextOf(tools, signal),
  );
  const { stdout, stderr, exitCode } = result;
  const kept = [stdout, stderr].map((text) => text.slice(0, keptOutput)) as [string, string];
  // The script is tare's own and the same everywhere: its title stands for it.
  const shown = ['busybox', 'sh', '-c', script.split('\n')[0] ?? ''];
  gathered.outputs.push({ program, argv: shown, exitCode, stdout: kept[0], stderr: kept[1] });
  if (exitCode === 0) return result;
  throw new TrialFailure({
    reason: exitCode === 124 ? 'timeout' : 'crash',
    message: `the ${program} script ended with status ${exitCode}`,
    detail: `${stdout}\n${stderr}`.trim().slice(-keptOutput),
  });
}
