/**
 * Claim S3's question of number: how many fit. Answered from density sweeps alone; a count that only says
 * "at least" is not judged (C24), nor is one of emulated machines (C17), while memory per instance may be.
 */
import type { RuleId } from '../../../model/rules.ts';
import type { Analysis, Comparison } from '../../../model/analysis.ts';
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow, ClaimState } from '../../parts/claim.ts';
import { fitWords, sweptCells, type Swept } from '../families/density.ts';
import type { Subjects } from '../../parts/subjects.ts';
import { lowerFirst, ratioWords } from '../../parts/words.ts';

const questions = [
  { metric: 'density.instances', resource: 'how many fit' },
  { metric: 'density.memory-per-instance', resource: 'how many fit, by memory alone' },
] as const;

/** One row per question and pair of virtual machine and container; what was not measured says so. */
export function fitRows(record: RunRecord, analysis: Analysis, subjects: Subjects): ClaimRow[] {
  const swept = new Map(sweptCells(record).map((one) => [one.cell.id, one]));
  if (swept.size === 0) {
    return [
      missing(
        `Density was not measured in "${record.header.scenario.name}"; to measure it, run the scenario "density". An instance count also follows from "tare size" with this record as profile.`,
      ),
    ];
  }
  const pairs = analysis.comparisons.filter(
    ({ kind, subject, reference }) =>
      kind === 'runners' &&
      subjects.isolation(subject) === 'virtual machine' &&
      subjects.isolation(reference) === 'container',
  );
  const rows = questions.flatMap(({ metric, resource }) =>
    pairs.filter((pair) => pair.metric === metric).map((pair) => fitRow(resource, pair, swept, subjects)),
  );
  if (rows.length > 0) return rows;
  const counted = [...swept.values()].map((one) => `${subjects.label(one.cell.id)}: ${fitWords(one)}`);
  return [missing(`No VM and container were swept alike (${counted.join('; ')}).`)];
}

function missing(evidence: string): ClaimRow {
  return { resource: 'how many fit', state: 'not-measured', evidence, metric: null, rule: 'C24' };
}

/** The claim holds where one more VM costs more: fewer of them fit, or each takes more memory. */
function fitRow(
  resource: string,
  pair: Comparison,
  swept: ReadonlyMap<string, Swept>,
  subjects: Subjects,
): ClaimRow {
  const title = lowerFirst(subjects.metric(pair.metric)?.title ?? pair.metric);
  const counts = [pair.subject, pair.reference].map((cell) => {
    const one = swept.get(cell);
    return `${subjects.named(cell)}: ${one === undefined ? 'none' : fitWords(one)}`;
  });
  const counting = pair.metric === 'density.instances';
  const figure = counting
    ? `fit at once: ${counts.join(', ')}`
    : `${subjects.named(pair.subject)} vs ${subjects.named(pair.reference)}: ${ratioWords(pair.ratio, pair.interval)} in ${title}`;
  const row = (state: ClaimState, why: string, rule: RuleId | null): ClaimRow => ({
    resource,
    state,
    evidence: `${figure}, n = ${pair.n}; ${why}.`,
    metric: pair.metric,
    rule,
  });
  switch (pair.verdict) {
    case 'refused': {
      const rules = [...new Set(pair.refusals.map(({ rule }) => rule))];
      return row('refused', `not judged (rule ${rules.join(', ')}, see the refusals)`, rules[0] ?? null);
    }
    case 'no-verdict':
      return row('refused', 'too few blocks for a verdict, at least 10 are needed', 'C3');
    case 'inconclusive':
      return row('partly', 'the interval allows both answers', null);
    case 'regression':
      return row('holds', counting ? 'more containers fit' : 'a container takes less', null);
    case 'improvement':
      return row('does-not-hold', counting ? 'more machines fit' : 'a machine takes less', null);
    case 'equivalent':
    case 'different-but-small':
      return row('does-not-hold', 'no difference that matters', null);
  }
}
