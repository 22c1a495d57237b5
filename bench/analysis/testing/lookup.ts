/**
 * Test support: analyses of built records, and short ways to look something up in them.
 * Not used in production.
 */
import { analyse } from '../../analyse.ts';
import type { Analysis, Comparison } from '../../../model/analysis.ts';
import type { RecordedTrial } from '../../../model/record.ts';
import {
  buildRecord,
  builtRunners,
  type BuiltRunner,
  type RecordRequest,
} from '../../record/testing/builder.ts';

export const quick = { resamples: 500 };
export const [processRunner, namespaceRunner, vmRunner] = builtRunners as [
  BuiltRunner,
  BuiltRunner,
  BuiltRunner,
];
export const realVm: BuiltRunner = {
  ...vmRunner,
  acceleration: 'kvm-hw',
  throughput: 950,
  readySeconds: 0.2,
};
export const realRunners = [processRunner, namespaceRunner, realVm];

export function read(request: RecordRequest): Analysis {
  return analyse(buildRecord(request), quick);
}

export function compared(
  analysis: Analysis,
  metric: string,
  subject: string,
  reference = 'process',
): Comparison {
  const found = analysis.comparisons.find(
    (each) =>
      each.metric === metric &&
      each.subject.startsWith(`${subject}/`) &&
      each.reference.startsWith(`${reference}/`) &&
      each.kind === 'runners',
  );
  if (found === undefined) throw new Error(`no comparison of ${metric}: ${subject} against ${reference}`);
  return found;
}

export const codes = (warnings: readonly { readonly code: string }[]): string[] =>
  warnings.map(({ code }) => code);
export const ruled = (refusals: readonly { readonly rule: string }[]): string[] =>
  refusals.map(({ rule }) => rule);

/** Anything that is not JSON-safe, by path; and refusals without a remedy. */
export function flaws(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (typeof value !== 'object' || value === null) return value === undefined ? [path] : [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'remedy' && inner === '' ? [path] : flaws(inner, `${path}.${key}`),
  );
}

export function failed(trial: RecordedTrial): RecordedTrial {
  const outcome = { state: 'failed', reason: 'hang', message: 'no reply', detail: 'console tail' } as const;
  return { ...trial, outcome, marks: [], samples: [], ladder: [] };
}
