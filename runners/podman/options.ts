/** What a scenario may say about the podman runner. */
import { z } from 'zod';
import { engineOptions } from '../engine/options.ts';

export const podmanOptions = z.strictObject({
  user: z
    .enum(['auto', 'root', 'rootless'])
    .default('auto')
    .describe('rootless: without root; auto: root where tare runs as root.'),
  account: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Account for `user: rootless` where tare itself runs as root; default: one with subordinate ids.',
    ),
  ...engineOptions,
});

export type PodmanOptions = z.infer<typeof podmanOptions>;
