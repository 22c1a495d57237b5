/**
 * Waiting for the kernel to have merged what it will merge (KSM): pages are found a few at a time, so memory
 * read too early would be called a cost. Nothing is waited for where nothing is merged, which is the default.
 */
import type { Bytes, Seconds } from '../../model/quantities.ts';
import type { Tools } from './tools.ts';

/** Between two looks: a scan passes over a few small guests in about a second. */
const lookSeconds: Seconds = 2;
/** Looks in a row that must agree. */
const steadyLooks = 3;
const steadyShare = 0.01;
const longestSeconds: Seconds = 120;

/**
 * Resolves with the bytes merged once they no longer change, at the latest after two minutes; null when the
 * host merges nothing.
 */
export async function waitForMerging(
  tools: Pick<Tools, 'site' | 'sleep'>,
  signal: AbortSignal,
): Promise<Bytes | null> {
  const seen: Bytes[] = [];
  for (let waited = 0; ; waited += lookSeconds) {
    const merged = tools.site.merged();
    if (merged === null) return null;
    seen.push(merged);
    if (isSteady(seen) || waited >= longestSeconds) return merged;
    await tools.sleep(lookSeconds, signal);
  }
}

/** Whether the last looks differ by no more than a hundredth of the largest. */
export function isSteady(seen: readonly Bytes[]): boolean {
  const last = seen.slice(-steadyLooks);
  if (last.length < steadyLooks) return false;
  return Math.max(...last) - Math.min(...last) <= steadyShare * Math.max(...last);
}
