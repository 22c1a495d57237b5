/**
 * The script and style of a sizing's page. The script is the sizing itself, bundled for a browser: built into the
 * package, and on the way in a checkout, where the bundler is a development dependency.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readStyle, withinTag } from '../formats/html/assets.ts';

const folder = path.join(import.meta.dirname, 'page');

export async function pageScript(): Promise<string> {
  const built = path.join(folder, 'client.js');
  return withinTag(existsSync(built) ? readFileSync(built, 'utf8') : await bundleClient(), 'script');
}

export function pageStyle(): string {
  return `${readStyle()}\n${withinTag(readFileSync(path.join(folder, 'controls.css'), 'utf8'), 'style')}`;
}

/** The client with all it imports, as one script; the build writes this to page/client.js. */
export async function bundleClient(): Promise<string> {
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
    return output[0].code;
  } finally {
    await bundle.close();
  }
}
