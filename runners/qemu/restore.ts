/**
 * A VM's state saved once, to be continued many times: booted until the agent waits for its first request,
 * then written to a file by QEMU's own migration. It is migrated while running, so that a VM restored from
 * the file runs on by itself, without a command from here inside the timed window.
 */
import { mkdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError, exitCode, messageOf } from '../../model/errors.ts';
import type { Bytes } from '../../model/quantities.ts';
import type { Context } from '../runner.ts';
import { shellQuoted, type VmPlan } from './args.ts';
import { environmentLines, openAgent } from './instance.ts';
import type { Qmp } from './qmp.ts';
import { startVm } from './vm.ts';

export interface SavedState {
  readonly file: string;
  readonly bytes: Bytes;
  remove(): Promise<void>;
}

let saves = 0;

/** Boots the plan once and saves it. Not timed; bounded by `context.signal` and 180 s. */
export async function saveState(plan: VmPlan, context: Context): Promise<SavedState> {
  await mkdir(context.workDir, { recursive: true });
  const file = join(context.workDir, `vm-${String(process.pid)}-${String((saves += 1))}.state`);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(180_000)]);
  const bounded = { ...context, signal };
  const vm = await startVm({ plan, group: null, cpus: null, onMark: () => undefined, context: bounded });
  try {
    const session = openAgent(vm, bounded, () => undefined);
    vm.agent.write(environmentLines({}));
    await session.waitFor('T4', signal);
    await migrate(vm.qmp, file, signal);
  } catch (error) {
    throw new UserError(
      `a VM could not be saved for restored starts: ${messageOf(error)}`,
      'use start: cold, or look at the text above',
      exitCode.hostCannot,
      error,
    );
  } finally {
    await vm.stop();
  }
  return { file, bytes: (await stat(file)).blocks * 512, remove: () => unlink(file) };
}

async function migrate(qmp: Qmp, file: string, signal: AbortSignal): Promise<void> {
  // The default bandwidth is meant for networks.
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await qmp.execute('migrate', { uri: `exec:cat >${shellQuoted(file)}` });
  for (;;) {
    const answer = await qmp.execute('query-migrate');
    const status = typeof answer === 'object' && answer !== null && 'status' in answer ? answer.status : null;
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') throw new Error(`QEMU: migration ${status}`);
    await delay(20, undefined, { signal });
  }
}
