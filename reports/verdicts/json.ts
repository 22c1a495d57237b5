/** Verdicts for programs: the report as it is, under a schema number of its own. */
import { exitCode } from '../../model/errors.ts';
import type { ChangeReport, GateReport, GateState } from '../../verdicts/model.ts';

/** Raised when a field changes its meaning or goes away; new fields raise nothing. */
const schema = 1;

/** The status `tare gate` ends with. */
export const gateExitCode: Readonly<Record<GateState, number>> = {
  pass: exitCode.ok,
  fail: exitCode.gateFailed,
  inconclusive: exitCode.inconclusive,
};

export function changeJson(report: ChangeReport): string {
  return safeJson({ schema, kind: 'compare', ...report });
}

export function gateJson(report: GateReport): string {
  return safeJson({ schema, kind: 'gate', exitCode: gateExitCode[report.state], ...report });
}

/**
 * JSON that reads back the same and does nothing on its way through a terminal or a CI log: control and
 * direction characters are written as escapes, and so is the second sign of a log command (`##[`).
 */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
    .replaceAll(
      /[\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g,
      (sign) => String.raw`\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replaceAll('##', String.raw`#\u0023`);
  return `${text}\n`;
}
