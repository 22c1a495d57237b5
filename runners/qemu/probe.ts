/**
 * Finds out by use what accelerates a guest here: reads the host's facts, then boots the real guest kernel
 * under KVM against a deadline. The answer is kept per boot of the host, QEMU version and kernel, because
 * where KVM hangs it costs its whole deadline; not kept is what may have been a moment's shortage.
 */
import { constants, existsSync } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../model/errors.ts';
import { readCached, writeCached } from '../../images/cache.ts';
import { ensureKernel } from '../../images/kernel.ts';
import type { Context } from '../runner.ts';
import { TrialFailure } from '../runner.ts';
import { classify, isLasting, kvmCpuModels } from './acceleration.ts';
import type { AccelerationFacts, AccelerationVerdict, GuestBoot } from './acceleration.ts';
import type { QemuOptions } from './options.ts';
import { bootUntil, perBootFile, smallPlan } from './scout.ts';

/** Real KVM takes well under a second; a guest that needs more is not worth calling accelerated. */
const deadlineSeconds = 10;

async function deviceState(): Promise<AccelerationFacts['device']> {
  if (!existsSync('/dev/kvm')) return 'missing';
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    await (await open('/dev/kvm', 'r+')).close();
    return 'opens';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'fails';
  }
}

async function staticFacts(): Promise<Omit<AccelerationFacts, 'boots'>> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set((/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '').trim().split(/\s+/));
  const modules = ['kvm_intel', 'kvm_amd', 'kvm_pvm'].filter((name) => existsSync(join('/sys/module', name)));
  return {
    device: await deviceState(),
    cpuVirtualization: flags.has('vmx') ? 'vmx' : flags.has('svm') ? 'svm' : null,
    underHypervisor: flags.has('hypervisor'),
    modules,
  };
}

async function tryKvm(
  cpuModel: string,
  kernelPath: string | undefined,
  context: Context,
): Promise<GuestBoot> {
  const plan = await smallPlan('q35', 'kvm', cpuModel, kernelPath);
  try {
    const { line, late, seconds, text } = await bootUntil(plan, /mark T4$/, deadlineSeconds, context);
    const outcome = line !== null ? 'reached' : late ? 'too-slow' : 'exited';
    return { cpuModel, outcome, seconds, detail: outcome === 'exited' ? text.slice(-500) : '' };
  } catch (error) {
    // Whoever interrupts has learnt nothing about KVM.
    if (!(error instanceof TrialFailure) || context.signal.aborted) throw error;
    return { cpuModel, outcome: 'exited', seconds: 0, detail: messageOf(error) };
  }
}

const cachedBoots = z.object({
  boots: z.array(
    z.object({
      cpuModel: z.string(),
      outcome: z.enum(['reached', 'too-slow', 'exited']),
      seconds: z.number(),
      detail: z.string(),
    }),
  ),
});

/** Facts and judgement; boots a guest at most once per boot of this host. */
export async function probeAcceleration(
  options: Pick<QemuOptions, 'kernel'>,
  context: Context,
): Promise<AccelerationVerdict & { readonly facts: AccelerationFacts }> {
  const known = await staticFacts();
  if (known.device !== 'opens') {
    const facts = { ...known, boots: [] };
    return { ...classify(facts), facts };
  }
  const kernel = await ensureKernel(
    () => undefined,
    options.kernel === undefined ? {} : { path: options.kernel },
  );
  const file = await perBootFile('kvm', kernel);
  const kept = cachedBoots.safeParse(await readCached(file));
  let boots: GuestBoot[] = kept.success ? kept.data.boots : [];
  if (!kept.success) {
    for (const cpuModel of kvmCpuModels) {
      boots = [...boots, await tryKvm(cpuModel, options.kernel, context)];
      // A guest that hangs with the whole CPU hangs without one of its features too.
      if (boots.at(-1)?.outcome !== 'exited') break;
    }
    if (isLasting(boots)) await writeCached(file, { boots });
  }
  const facts = { ...known, boots };
  const verdict = classify(facts);
  if (verdict.kvm || !isLasting(boots)) return { ...verdict, facts };
  return {
    ...verdict,
    hint: `${verdict.hint}; if this host was busy when KVM was tried: rm '${file}'`,
    facts,
  };
}
