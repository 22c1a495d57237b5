/**
 * What an image from elsewhere says of its main program, as facts of a cell: it is what is judged when the image
 * changes, and so no part of the work that two runs must share. What the scenario says instead is left out.
 */
import { createHash } from 'node:crypto';
import type { ImageConfig } from '../../images/image.ts';
import type { OwnService } from '../../model/scenario.ts';

/** How the facts are called in a cell's identity, and in a remark on a change of one. */
export const imageFacts: readonly (readonly [key: string, title: string])[] = [
  ['image.command', 'command'],
  ['image.environment', 'environment'],
  ['image.user', 'user'],
  ['image.folder', 'working folder'],
  ['image.ports', 'exposed ports'],
  ['image.healthcheck', 'health check'],
  ['image.stopSignal', 'stop signal'],
  ['image.volumes', 'volumes'],
];

/** Of a service of the image's own; values of variables are held as four digits of a digest, which show a change and tell no secret. */
export function factsOfImage(config: ImageConfig, own: OwnService): Record<string, string> {
  const variables = Object.entries(config.environment)
    .filter(([name]) => !(name in own.environment))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${shortDigest(value)}`);
  const command = [...config.entrypoint, ...config.command];
  return {
    ...(own.run.length > 0 ? {} : { 'image.command': command.map(word).join(' ') }),
    'image.environment': variables.join(' '),
    'image.user': config.user,
    'image.folder': config.workingFolder,
    'image.ports': config.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(' '),
    'image.healthcheck': config.healthcheck === null ? 'none' : JSON.stringify(config.healthcheck),
    'image.stopSignal': config.stopSignal,
    'image.volumes': config.volumes.join(' '),
  };
}

const shortDigest = (value: string): string => createHash('sha256').update(value).digest('hex').slice(0, 4);

const word = (text: string): string => (/^[\w./:=@%+,-]+$/.test(text) ? text : JSON.stringify(text));
