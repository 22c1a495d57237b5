/**
 * `tare gate` for GitHub: the markdown of a job's summary, annotations on the lines of the policy, and the body
 * of a comment that a bot finds again by a hidden mark and replaces.
 */
import { createHash } from 'node:crypto';
import type { GateCheck, GateReport } from '../../verdicts/model.ts';
import { oneLine } from '../../model/visible-text.ts';
import { shortened } from '../parts/words.ts';
import { checkLine, gateAnswer, gateView, manyScenarios } from './gate-view.ts';
import { markdownParts } from './markdown.ts';
import { checkWord, inUrgency } from './words.ts';

/** GitHub refuses longer comments (characters) and summaries (bytes). */
const longestComment = 65_536;
const longestSummary = 2 ** 20;
/** GitHub shows no more annotations of a kind from one step. */
const shownOfAKind = 10;
const longestMessage = 1000;

/** Markdown for $GITHUB_STEP_SUMMARY. */
export function gateSummary(report: GateReport): string {
  return bounded(markdownParts(gateView(report)), longestSummary, (text) => Buffer.byteLength(text));
}

/** Body of a pull-request comment, its mark first. */
export function gateComment(report: GateReport): string {
  const parts = [commentMark(report), ...markdownParts(gateView(report))];
  return bounded(parts, longestComment, (text) => text.length);
}

/** A line that no reader sees, the same for every verdict of one policy. */
export function commentMark({ policy }: GateReport): string {
  const id = createHash('sha256').update(JSON.stringify([policy.file, policy.name]));
  return `<!-- tare-gate ${id.digest('hex').slice(0, 12)} -->`;
}

/** One workflow command per line; for stdout of a step. Empty where everything simply passed. */
export function gateAnnotations(report: GateReport): string {
  const lines: string[] = [];
  for (const kind of ['error', 'warning'] as const) {
    const checks = inUrgency(report.checks).filter((check) => annotationKind(check) === kind);
    const shown = checks.length > shownOfAKind ? checks.slice(0, shownOfAKind - 1) : checks;
    for (const check of shown) lines.push(annotation(kind, check, manyScenarios(report)));
    if (shown.length < checks.length) {
      const rest = `${checks.length - shown.length} more are in the summary of this job`;
      lines.push(`::${kind} title=${property('tare gate')}::${message(rest)}`);
    }
  }
  if (lines.length > 0) lines.push(`::notice title=${property('tare gate')}::${message(gateAnswer(report))}`);
  return lines.map((line) => `${line}\n`).join('');
}

function annotationKind(check: GateCheck): 'error' | 'warning' | null {
  const word = checkWord(check).text;
  if (word === 'PASS') return null;
  return word === 'FAIL' ? 'error' : 'warning';
}

function annotation(kind: string, check: GateCheck, withScenario: boolean): string {
  const { file, line } = placeOf(check.source);
  const title = `${checkWord(check).text} ${check.key.metric}`;
  const place = [
    ...(file === '' ? [] : [`file=${property(file)}`]),
    ...(line === null ? [] : [`line=${line}`]),
    `title=${property(title)}`,
  ];
  return `::${kind} ${place.join(',')}::${message(checkLine(check, withScenario))}`;
}

/** "gate.yaml:12" as a path from the repository's root and a line. */
export function placeOf(source: string): { readonly file: string; readonly line: number | null } {
  const match = /^(.*):(\d{1,9})$/s.exec(source);
  const line = Number(match?.[2] ?? 0);
  return { file: oneLine(match?.[1] ?? source).replace(/^(\.\/)+/, ''), line: line > 0 ? line : null };
}

function message(text: string): string {
  return shortened(oneLine(text), longestMessage).replaceAll('%', '%25').replaceAll('##', '# #');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** Parts as long as they fit; a part of many lines gives those that fit and says how many it leaves out. */
export function bounded(parts: readonly string[], most: number, sizeOf: (text: string) => number): string {
  const reserve = 100;
  let text = '';
  let left = 0;
  for (const part of parts) {
    const fits = (more: string) => sizeOf(`${text}${more}\n`) <= most - reserve;
    if (fits(`${part}\n`)) {
      text += `${part}\n\n`;
      continue;
    }
    const lines = part.split('\n');
    // A fold must not stay open, and the head of a table without rows says nothing.
    const kept = part.startsWith('<details>') ? [] : fittingLines(lines, fits);
    if (kept.length > 0) text += `${kept.join('\n')}\n\n`;
    left += lines.length - kept.length;
  }
  return left === 0 ? `${text.trimEnd()}\n` : `${text}_${left} lines more are in the report._\n`;
}

function fittingLines(lines: readonly string[], fits: (text: string) => boolean): readonly string[] {
  let size = 0;
  const kept: string[] = [];
  for (const line of lines) {
    const short = cutLine(line, longestMessage * 2);
    if (!fits(`${[...kept, short].join('\n')}\n`)) break;
    kept.push(short);
    size += short.length;
  }
  return size === 0 ? [] : kept;
}

/** A line without its end, not cut within an escape. */
function cutLine(line: string, most: number): string {
  const letters = Array.from(line);
  if (letters.length <= most) return line;
  return `${letters
    .slice(0, most)
    .join('')
    .replace(/(\\+|&#?\w*)$/, '')}…`;
}
