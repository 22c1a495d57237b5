/**
 * Joins a running container to tare's bridge from outside, with the script that other runners run inside: an
 * engine makes the network namespace itself, and lets nobody in before its first program runs.
 */
import { readlinkSync } from 'node:fs';
import { runTool } from '../../host/exec.ts';
import { bridgeArguments } from '../network.ts';
import type { Attachment } from '../network.ts';
import { TrialFailure } from '../runner.ts';

/** @param pids processes of the instance, of which those in a network namespace of their own count */
export async function joinBridge(
  link: NonNullable<Attachment['link']>,
  pids: readonly number[],
): Promise<void> {
  const inside = pids.find(isElsewhere);
  const enter = ['nsenter', `--net=/proc/${String(inside)}/ns/net`];
  const joined =
    inside === undefined
      ? { exitCode: 1, stderr: 'no process is in a network namespace of its own' }
      : await runTool([...enter, 'sh', ...bridgeArguments(link)], { timeoutSeconds: 20 });
  if (joined.exitCode === 0) return;
  const message = `cannot join tare's bridge: ${joined.stderr.trim()}`;
  throw new TrialFailure({ reason: 'launch', message, detail: '' });
}

function isElsewhere(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}
