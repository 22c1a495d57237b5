/** What a scenario may say about the namespace runner. */
import { z } from 'zod';
import { containerNetwork } from '../network.ts';
import { loopDirectOption } from '../volume-use.ts';

export const namespaceOptions = z.strictObject({
  user: z
    .enum(['auto', 'root', 'rootless'])
    .default('auto')
    .describe('rootless: in a user namespace, without root; auto: root where tare runs as root.'),
  network: containerNetwork,
  loopDirect: loopDirectOption,
});

export type NamespaceOptions = z.infer<typeof namespaceOptions>;
