/**
 * Verdicts as one self-contained HTML file in the look of the report. It needs no script: drawings are SVG in
 * the markup, what passed is folded by the browser itself, and the content policy allows our style alone.
 */
import { bodyOf, contentPolicy } from '../html.ts';
import { readStyle } from '../assets.ts';
import { element, fragment } from '../markup.ts';
import type { View } from '../parts.ts';
import type { ChangeReport, GateReport } from '../../verdicts/model.ts';
import { changeView } from './change-view.ts';
import { gateView } from './gate-view.ts';

export function changeHtml(report: ChangeReport): string {
  return pageOf(changeView(report), readStyle());
}

export function gateHtml(report: GateReport): string {
  return pageOf(gateView(report), readStyle());
}

/** A page of parts, drawings without a script. */
export function pageOf(view: View, style: string): string {
  const head = fragment(
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: contentPolicy(style, []) }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('title', {}, `${view.opening.title}: tare`),
    element('link', { rel: 'icon', href: 'data:,' }),
    // Our own file, checked to hold no tag: escaping would change what its hash allows.
    { markup: `<style>${style}</style>` },
  );
  const html = element('html', { lang: 'en' }, element('head', {}, head), element('body', {}, bodyOf(view)));
  return `<!doctype html>\n${html.markup}\n`;
}
