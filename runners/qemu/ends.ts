/**
 * Why a VM ended, from what can be seen of it afterwards: its console, QEMU's exit and words, the host's
 * OOM counter. Pure, so that every kind of end is tested from recorded text.
 */
import type { TrialFailureFacts } from '../runner.ts';

export interface EndEvidence {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly console: string;
  readonly stderr: string;
  /** OOM kills the host counted in the instance's group; null: not counted. */
  readonly hostOomKills: number | null;
}

/** Lines of a kernel's or of our init's last words. */
const panicLine = /Kernel panic - not syncing[^\r\n]*/;
const initLine = /tare: init: ([^\r\n]*)/;

export function explainEnd(evidence: EndEvidence): TrialFailureFacts {
  const { exitCode, signal, console, stderr } = evidence;
  const detail = [stderr.trim(), console.trim()].filter((text) => text !== '').join('\n--- console\n');
  if ((evidence.hostOomKills ?? 0) > 0) {
    return { reason: 'oom', message: "QEMU was killed by the host's out-of-memory killer", detail };
  }
  const panic = panicLine.exec(console)?.[0];
  if (panic !== undefined) {
    const starved = /deadlocked on memory|[Oo]ut of memory/.test(panic);
    return { reason: starved ? 'oom' : 'panic', message: `the guest's kernel gave up: ${panic}`, detail };
  }
  const init = initLine.exec(console)?.[1];
  if (init !== undefined) return { reason: 'launch', message: `the guest could not start: ${init}`, detail };
  const how = signal === null ? `with exit code ${String(exitCode)}` : `by ${signal}`;
  return { reason: 'early-exit', message: `QEMU ended ${how} before its work was done`, detail };
}
