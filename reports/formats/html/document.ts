/**
 * A view as one self-contained page of its own: our style, and at most one script with its data. Without the
 * script everything is there to read; the content policy allows exactly what is in the page.
 */
import { bodyOf, contentPolicy } from './html.ts';
import { element, fragment, scriptJson } from './markup.ts';
import type { View } from '../../parts/parts.ts';

export interface PageScript {
  /** What the script reads, found by this id. */
  readonly id: string;
  readonly data: unknown;
  readonly code: string;
}

export function documentOf(view: View, style: string, script: PageScript | null = null): string {
  const policy = contentPolicy(style, script === null ? [] : [script.code]);
  const head = fragment(
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('title', {}, `${view.opening.title}: tare`),
    element('link', { rel: 'icon', href: 'data:,' }),
    // Our own file, checked to hold no tag: escaping would change what its hash allows.
    { markup: `<style>${style}</style>` },
  );
  const scripts =
    script === null
      ? []
      : [
          {
            markup: `<script type="application/json" id="${script.id}">${scriptJson(script.data)}</script>`,
          },
          { markup: `<script>${script.code}</script>` },
        ];
  const body = element('body', {}, bodyOf(view), ...scripts);
  return `<!doctype html>\n${element('html', { lang: 'en' }, element('head', {}, head), body).markup}\n`;
}
