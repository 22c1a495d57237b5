/**
 * The examination: two instances of one cell at once. The second leaves a marker (a process, a file, a
 * socket); in the first the script looks around, for that marker among much else. The host reads the same
 * of itself just before and after, so that what is the host's can be told from what is the instance's own.
 */
import { TrialFailure, type ExecResult } from '../../runners/runner.ts';
import { withFleet, type Fleet, type Member } from './fleet.ts';
import type { Gathered } from '../instance/gathered.ts';
import { reported } from '../instance/reported.ts';
import { contextOf, keptOutput, padding, proveImage, type Ended, type Trial } from '../instance/instance.ts';
import type { Outcome } from '../../model/record.ts';
import { UnreadableOutput } from '../workloads/output.ts';
import { parseFacts } from '../surface/facts.ts';
import type { SurfaceWorkload } from '../workloads/workload.ts';
import { examineScript, markScript } from '../surface/script.ts';

/** Longest time a script may take: an emulated guest opens some thousands of files. */
const scriptSeconds = 120;

/** Launches both instances, gathers the facts, puts both away. */
export function examine(
  trial: Trial,
  _workload: SurfaceWorkload,
  _options: unknown,
  gathered: Gathered,
): Promise<Ended> {
  const work = async (fleet: Fleet, allow: () => AbortSignal): Promise<Outcome> => {
    const seen = await fleet.startOne();
    const looking = await fleet.startOne();
    const signal = allow();
    await lookAround(seen, looking, trial, signal, gathered);
    gathered.provenDigest = await proveImage(looking.instance, ['busybox'], trial.tools, signal);
    return { state: 'ok' };
  };
  return withFleet(trial, work, { placed: true });
}

async function lookAround(
  seen: Member,
  looking: Member,
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
  const { site } = trial.tools;
  const visible = () => reported(site, site.visible(), 'what its kernel shows');
  const hostBefore = visible();
  const script = examineScript(name.slice(0, 15), file);
  const { stdout } = await runScript(looking, script, 'surface', trial, signal, gathered);
  const hostAfter = visible();
  const outside = site.outside(looking.instance.pids() ?? []);
  gathered.observations.push({ kind: 'surface', ...parseFacts(stdout), hostBefore, hostAfter, outside });
}

async function runScript(
  { instance }: Member,
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
