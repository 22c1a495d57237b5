/**
 * Everything that weakens a run without refusing it, each kind once, with what it touches: the analysis
 * warns per comparison, and a reader should not meet the same sentence twenty times.
 */
import type { Analysis, Comparison, Warning } from '../../model/analysis.ts';
import type { RunRecord } from '../../model/record.ts';
import type { Subjects } from '../parts/subjects.ts';
import { count } from '../parts/words.ts';

/** Measures spelled out per warning. */
const spelledOut = 4;

interface Touched {
  readonly message: string;
  readonly comparison: Comparison;
}

/** Run-level warnings first, then those of comparisons, then what the reader of the file had to say. */
export function warningLines(record: RunRecord, analysis: Analysis, subjects: Subjects): readonly string[] {
  const groups = new Map<string, Touched[]>();
  for (const comparison of analysis.comparisons) {
    for (const warning of comparison.warnings) {
      if (isSaidElsewhere(warning, comparison, analysis, subjects)) continue;
      const key = grouped[warning.code] === undefined ? warning.message : warning.code;
      groups.set(key, [...(groups.get(key) ?? []), { message: warning.message, comparison }]);
    }
  }
  const compared = [...groups].map(([key, items]) => {
    const words = grouped[key];
    return words === undefined ? ownWords(key, items, subjects) : words(items, analysis, subjects);
  });
  return [...new Set([...runLines(analysis, subjects), ...compared, ...record.notes])];
}

/** Few blocks and effects of order are also told for the run as a whole; what is absent by nature is no fault. */
function isSaidElsewhere(
  { code }: Warning,
  { subject, reference, metric }: Comparison,
  analysis: Analysis,
  subjects: Subjects,
): boolean {
  if (code === 'few-blocks') return analysis.refusals.some(({ rule }) => rule === 'C3');
  if (code === 'order-effect') return analysis.warnings.some((warning) => warning.code === code);
  if (code !== 'missing-side') return false;
  return !subjects.applies(subject, metric) || !subjects.applies(reference, metric);
}

type Phrase = (items: readonly Touched[], analysis: Analysis, subjects: Subjects) => string;

/** Warnings whose text differs from comparison to comparison though the reader has to know one thing. */
const grouped: Readonly<Partial<Record<string, Phrase>>> = {
  'few-blocks': (items, analysis, subjects) =>
    `Too few blocks for a verdict (10 needed; below 6 not even an interval; rule C3): ${where(items, analysis, subjects)}.`,
  'missing-side': (items, analysis, subjects) => {
    const cells = new Set(
      items.flatMap(({ message, comparison: { subject, reference } }) =>
        [subject, reference].filter((id) => message.startsWith(`${id} `)),
      ),
    );
    return `No value from ${few([...cells].map(subjects.label), spelledOut)}: ${where(items, analysis, subjects)}.`;
  },
  'no-ratio': (items, analysis, subjects) =>
    `A difference but no ratio or no interval of it, some values being zero or below: ${where(items, analysis, subjects)}.`,
  multimodal: (items, analysis, subjects) =>
    `Launches fall into separate groups, so read the distribution, not the ratio (C27): ${where(items, analysis, subjects)}.`,
  'faster-than-baseline': (items, analysis, subjects) => {
    const runners = [...new Set(items.map(({ comparison }) => subjects.runner(comparison.subject)))];
    return `${runners.join(', ')} looks cheaper than the plain process, which points to caches or placement: ${where(items, analysis, subjects)}.`;
  },
};

/** A message that stands for itself; its measures are added where it says "this metric". */
function ownWords(message: string, items: readonly Touched[], subjects: Subjects): string {
  return message.includes('this metric')
    ? `${message} (${few(titlesOf(items, subjects), spelledOut)})`
    : message;
}

function where(items: readonly Touched[], analysis: Analysis, subjects: Subjects): string {
  const touched = new Set(items.map(({ comparison }) => comparison)).size;
  if (touched > 1 && touched === analysis.comparisons.length) return `all ${touched} comparisons`;
  const titles = few(titlesOf(items, subjects), spelledOut);
  return touched > titlesOf(items, subjects).length ? `${titles} (${count(touched, 'comparison')})` : titles;
}

function titlesOf(items: readonly Touched[], subjects: Subjects): readonly string[] {
  return [...new Set(items.map(({ comparison: { metric } }) => subjects.metric(metric)?.title ?? metric))];
}

/** The analysis names each control that differs; several are told as one. */
function runLines(analysis: Analysis, subjects: Subjects): readonly string[] {
  const code = 'control-differs';
  const differing = analysis.warnings.filter((warning) => warning.code === code);
  if (differing.length < 2) return analysis.warnings.map(({ message }) => message);
  const unlike = analysis.comparisons
    .filter(
      ({ kind, verdict }) => kind === 'control' && (verdict === 'regression' || verdict === 'improvement'),
    )
    .map((comparison) => ({ message: '', comparison }));
  const summary = `The A/A control differs from its twin, whose true ratio is 1, in ${few(titlesOf(unlike, subjects), spelledOut)}: distrust other differences of this size in this run.`;
  const rest = analysis.warnings.filter((warning) => warning.code !== code);
  return [summary, ...rest.map(({ message }) => message)];
}

/** The first few, and how many more. */
export function few(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(', ')} and ${rest} more` : items.join(', ');
}
