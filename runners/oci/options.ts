/** What a scenario may say about the OCI runner. */
import { z } from 'zod';
import { containerNetwork } from '../network.ts';
import { loopDirectOption } from '../volume-use.ts';

export const ociOptions = z.strictObject({
  runtime: z
    .string()
    .min(1)
    .default('runc')
    .describe('Name or path of an OCI runtime: runc, crun, or another with the same command line.'),
  seccomp: z
    .boolean()
    .default(false)
    .describe(
      'Refuse the system calls that container engines refuse; costs start-up time and time per call.',
    ),
  network: containerNetwork,
  loopDirect: loopDirectOption,
});

export type OciOptions = z.infer<typeof ociOptions>;
