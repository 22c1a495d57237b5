/**
 * Reads the files a page is made of: template, style, our client script and chart.js. In a checkout the
 * client is TypeScript and its types are stripped on the way; compiled, it is JavaScript beside it.
 * The only file here that touches the disk.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';

export interface Assets {
  readonly template: string;
  readonly style: string;
  /** chart.js, to be run before the client; defines the global `Chart`. */
  readonly library: string;
  readonly client: string;
}

const folder = path.join(import.meta.dirname, 'page');

/** Page files as text, ready to be put between tags. Throws if the installation is incomplete. */
export function readAssets(): Assets {
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  return {
    template: read('template.html'),
    style: readStyle(),
    library: withinTag(chartLibrary(), 'script'),
    client: withinTag(clientScript(), 'script'),
  };
}

/** The style alone, for pages that need no script. */
export function readStyle(): string {
  return withinTag(readFileSync(path.join(folder, 'style.css'), 'utf8'), 'style');
}

/** Our scripts as one piece of JavaScript, in the order in which they run; the build writes it to page/client.js. */
export function clientScript(): string {
  const compiled = path.join(folder, 'client.js');
  if (existsSync(compiled)) return readFileSync(compiled, 'utf8');
  const sources = ['filter.ts', 'numbers.ts', 'client.ts'].map((name) =>
    readFileSync(path.join(folder, name), 'utf8'),
  );
  return quietly(() => sources.map((source) => stripTypeScriptTypes(source)).join('\n'));
}

/**
 * chart.js without the two things in it that look like network references: the address in its licence
 * comment (the notice itself stays) and the pointer to a source map.
 */
function chartLibrary(): string {
  const main = createRequire(import.meta.url).resolve('chart.js');
  const source = readFileSync(path.join(path.dirname(main), 'chart.umd.min.js'), 'utf8');
  return source.replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '').replaceAll(/https?:\/\//g, '');
}

/** Refuses text that would end its own tag; such a file of ours would break every report. */
export function withinTag(text: string, tag: 'style' | 'script'): string {
  if (new RegExp(`</${tag}|<!--`, 'i').test(text)) throw new Error(`a page file would end its own <${tag}>`);
  return text;
}

/** Type stripping warns that it is young; that is no news for someone who asked for a report. */
function quietly<T>(work: () => T): T {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emit;
  }
}
