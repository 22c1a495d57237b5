/** Reads the files a page is made of: its template and style. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'page');

/** The template of a report. Throws if the installation is incomplete. */
export function readTemplate(): string {
  return readFileSync(path.join(folder, 'template.html'), 'utf8');
}

/** The style that all pages share, ready to be put between tags. */
export function readStyle(): string {
  return withinTag(readFileSync(path.join(folder, 'style.css'), 'utf8'), 'style');
}

/** Refuses text that would end its own tag; such a file of ours would break every report. */
export function withinTag(text: string, tag: 'style' | 'script'): string {
  if (new RegExp(`</${tag}|<!--`, 'i').test(text)) throw new Error(`a page file would end its own <${tag}>`);
  return text;
}
