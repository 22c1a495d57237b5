/** The version in package.json, wherever the code runs from (a checkout, or dist/ of the package). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function toolVersion(): string {
  const file = ['../package.json', '../../package.json']
    .map((path) => join(import.meta.dirname, path))
    .find((path) => existsSync(path));
  if (file === undefined) return 'unknown';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
