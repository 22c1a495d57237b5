/** What a scenario may say about both container engines. */
import { z } from 'zod';
import { containerNetwork } from '../network.ts';
import { loopDirectOption } from '../volume-use.ts';

export const engineOptions = {
  runtime: z
    .string()
    .min(1)
    .default('runc')
    .describe('OCI runtime the engine uses, by name or path: runc, crun, runsc, kata-runtime.'),
  seccomp: z
    .enum(['default', 'unconfined'])
    .default('default')
    .describe("The engine's own list of refused system calls, or none."),
  network: containerNetwork,
  loopDirect: loopDirectOption,
};
