/**
 * The emulated time stamp counter's frequency, for guests that cannot find it by themselves. A wrong one
 * would make the guest's clock, and every number a program inside computes with it, wrong by as much.
 */
import { z } from 'zod';
import { UserError, exitCode } from '../../model/errors.ts';
import { readCached, writeCached } from '../../images/cache.ts';
import { ensureKernel } from '../../images/kernel.ts';
import type { Context } from '../runner.ts';
import type { QemuOptions } from './options.ts';
import { bootUntil, perBootFile, smallPlan } from './scout.ts';

/**
 * Frequency of the emulated TSC in kHz. microvm has nothing a guest could calibrate it against, q35 has; so a
 * q35 guest is asked once per boot of the host (against its ACPI timer, in the second after the boot).
 */
export async function emulatedTscKilohertz(
  options: Pick<QemuOptions, 'kernel'>,
  context: Context,
): Promise<number> {
  const kernel = await ensureKernel(
    () => undefined,
    options.kernel === undefined ? {} : { path: options.kernel },
  );
  const file = await perBootFile('tsc', kernel);
  const kept = z.object({ kilohertz: z.number().positive() }).safeParse(await readCached(file));
  if (kept.success) return kept.data.kilohertz;
  const plan = { ...(await smallPlan('q35', 'tcg', 'max', options.kernel)), verbose: true };
  const pattern = /Refined TSC clocksource calibration: (\d+)\.(\d{3}) MHz/;
  const { line, text } = await bootUntil(plan, pattern, 60, context);
  const [, mega = '', kilo = ''] = pattern.exec(line ?? '') ?? [];
  if (mega === '') {
    throw new UserError(
      `the emulated time stamp counter could not be calibrated: ${text.slice(-300)}`,
      'use machine: q35, which needs no calibration',
      exitCode.hostCannot,
    );
  }
  const kilohertz = Number(mega) * 1000 + Number(kilo);
  await writeCached(file, { kilohertz });
  return kilohertz;
}
