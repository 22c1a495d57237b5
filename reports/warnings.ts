/**
 * Everything that weakens a run without refusing it, each message once, with what it touches: the
 * analysis warns per comparison, and a reader should not meet the same sentence twenty times.
 */
import type { Analysis, RunRecord } from '../bench/model.ts';
import type { Subjects } from './subjects.ts';

/** Touched comparisons spelled out per message. */
const spelledOut = 3;

/** Run-level warnings first, then those of comparisons, then what the reader of the file had to say. */
export function warningLines(record: RunRecord, analysis: Analysis, subjects: Subjects): readonly string[] {
  const touched = new Map<string, Set<string>>();
  for (const item of analysis.comparisons) {
    const title = subjects.metric(item.metric)?.title ?? item.metric;
    for (const { message } of item.warnings) {
      const known = touched.get(message) ?? new Set<string>();
      known.add(`${title}, ${subjects.pair(item)}`);
      touched.set(message, known);
    }
  }
  const compared = [...touched].map(([message, where]) => `${message} (${few([...where], spelledOut)})`);
  return [...new Set([...analysis.warnings.map((item) => item.message), ...compared, ...record.notes])];
}

/** The first few, and how many more. */
export function few(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join('; ')}; and ${rest} more` : items.join('; ');
}
