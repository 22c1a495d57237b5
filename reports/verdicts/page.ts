/**
 * Verdicts as one self-contained HTML file in the look of the report. It needs no script: drawings are SVG in
 * the markup, what passed is folded by the browser itself, and the content policy allows our style alone.
 */
import { readStyle } from '../formats/html/assets.ts';
import { documentOf } from '../formats/html/document.ts';
import type { ChangeReport, GateReport } from '../../verdicts/model.ts';
import { changeView } from './change-view.ts';
import { gateView } from './gate-view.ts';

export function changeHtml(report: ChangeReport): string {
  return documentOf(changeView(report), readStyle());
}

export function gateHtml(report: GateReport): string {
  return documentOf(gateView(report), readStyle());
}
