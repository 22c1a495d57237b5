/**
 * The script of a page: its client with everything it imports, as one file for a browser. Built into the package,
 * and made on the way in a checkout, where the bundler is a development dependency.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { withinTag } from './assets.ts';

const made = new Map<string, Promise<string>>();

/** The script of the page in this folder, ready to be put between tags. */
export function pageScript(folder: string): Promise<string> {
  const known = made.get(folder) ?? readOrBundle(folder);
  made.set(folder, known);
  return known;
}

async function readOrBundle(folder: string): Promise<string> {
  const built = path.join(folder, 'client.js');
  return withinTag(existsSync(built) ? readFileSync(built, 'utf8') : await bundleClient(folder), 'script');
}

/** Bundles client.ts of this folder; the build writes it to client.js next to it. */
export async function bundleClient(folder: string): Promise<string> {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: path.join(folder, 'client.ts'),
    platform: 'browser',
    // A module of Node in it would be a bug here and a blank page there.
    onLog: (_level, log) => {
      throw new Error(`the page's script: ${log.message}`);
    },
  });
  try {
    const { output } = await bundle.generate({ format: 'iife', minify: true });
    // Licence notices stay; the addresses in them look like references to a network, which a page has none of.
    return output[0].code.replaceAll(/https?:\/\/(?!www\.w3\.org)/g, '');
  } finally {
    await bundle.close();
  }
}
