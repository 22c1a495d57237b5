/** What a scenario may say about the docker runner. */
import { z } from 'zod';
import { engineOptions } from '../engine/options.ts';

export const dockerOptions = z.strictObject({
  engine: z
    .enum(['auto', 'running', 'private'])
    .default('auto')
    .describe(
      'running: the engine that answers (DOCKER_HOST or its usual socket); private: a dockerd of the run; auto: the first that is there.',
    ),
  ...engineOptions,
});

export type DockerOptions = z.infer<typeof dockerOptions>;
