/**
 * The answer in sentences. Two ways to put it: one pair over several measures ("An idle VM took 217 MiB of
 * memory, a container 0.48 MiB: 451 times as much"), or one measure over several runners. What may not be judged
 * is still shown, as times and sizes, with the reason why they decide nothing.
 */
import type { Analysis, Comparison, Summary } from '../../model/analysis.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import type { Observation } from '../../model/observation.ts';
import type { RunRecord } from '../../model/record.ts';
import { capital, formatRatio } from '../../model/units.ts';
import { runnerPair, summaryFinder } from '../parts/ratios.ts';
import { shapeWords, type Subjects } from '../parts/subjects.ts';
import { isBelowNoise, medianWords } from '../parts/values.ts';
import { voidedWords } from './voided.ts';
import { accelerationWords, intervalWords, lowerFirst, ratioWords } from '../parts/words.ts';

/** Ratios spoken in one sentence; tiles and tables show all. */
const spokenRatios = 3;
/** Blocks that a verdict takes (rule C3). */
const blocksForVerdict = 10;

/** What the first screen is about. */
export interface Topic {
  /** `pair`: two runners over measures. `survey`: one measure over runners, against one baseline. */
  readonly kind: 'pair' | 'survey';
  readonly items: readonly Comparison[];
}

/** The headline's rows worth a sentence and a tile each. */
export function topicOf(headline: readonly Comparison[], subjects: Subjects): Topic {
  const [first] = headline;
  if (first === undefined) return { kind: 'pair', items: [] };
  const survey = surveyOf(headline, first, subjects);
  if (survey.length > 1) return { kind: 'survey', items: survey };
  const pair = headline.filter((item) => runnerPair(item, subjects) === runnerPair(first, subjects));
  const metrics = [...new Set(pair.map((item) => item.metric))];
  return {
    kind: 'pair',
    items: metrics.flatMap((metric) => pair.find((item) => item.metric === metric) ?? []),
  };
}

/** Where all is about one measure: every runner against the runner that most are compared with. */
function surveyOf(
  headline: readonly Comparison[],
  first: Comparison,
  subjects: Subjects,
): readonly Comparison[] {
  if (headline.some((item) => item.metric !== first.metric)) return [];
  const workload = subjects.of(first.subject)?.workload;
  const shape = subjects.of(first.subject)?.shape.id;
  const alike = headline.filter((item) => {
    const cell = subjects.of(item.subject);
    return cell?.workload === workload && cell?.shape.id === shape;
  });
  const against = (reference: string) => alike.filter((item) => item.reference === reference);
  const references = [...new Set(alike.map((item) => item.reference))];
  references.sort((a, b) => against(b).length - against(a).length);
  return references[0] === undefined ? [] : against(references[0]);
}

/** The answer, first sentence first. */
export function answerOf(
  record: RunRecord,
  analysis: Analysis,
  headline: readonly Comparison[],
  subjects: Subjects,
): string[] {
  const topic = topicOf(headline, subjects);
  const [first] = topic.items;
  if (first === undefined) return [nothingCompared(record, analysis, subjects)];
  const sentences = findings(topic, first, analysis, subjects);
  const [lead, ...more] =
    topic.kind === 'pair' ? [...sentences, ...besides(sentences, headline, analysis, subjects)] : sentences;
  if (lead === undefined) return [nothingCompared(record, analysis, subjects)];
  return [
    ...notEnough(record, analysis),
    lead,
    ...more,
    `${whoIsWho(topic, subjects)} Host: ${record.header.host.hostname}.`,
  ];
}

/** Said before any number, where there are too few blocks for a verdict. */
export function notEnough(record: RunRecord, analysis: Analysis): string[] {
  const { used } = analysis.blocks;
  if (used >= blocksForVerdict) return [];
  return [`Not enough yet: ${used} of ${blocksForVerdict} blocks counted.${voidedWords(record, analysis)}`];
}

/**
 * Where nothing of the first pair may be judged, the next pair that may be is shown too.
 */
function besides(
  sentences: readonly string[],
  headline: readonly Comparison[],
  analysis: Analysis,
  subjects: Subjects,
): string[] {
  const [first] = headline;
  if (first === undefined || sentences.length !== 1) return [];
  const judged = (item: Comparison) => item.verdict !== 'refused' && item.ratio !== null;
  if (topicOf(headline, subjects).items.some(judged)) return [];
  const other = headline.find(
    (item) => judged(item) && runnerPair(item, subjects) !== runnerPair(first, subjects),
  );
  if (other === undefined) return [];
  const items = headline.filter(
    (item) => item.subject === other.subject && item.reference === other.reference,
  );
  return findings({ kind: 'pair', items }, other, analysis, subjects);
}

/** The surest first. */
function findings(topic: Topic, first: Comparison, analysis: Analysis, subjects: Subjects): string[] {
  const { items } = topic;
  const survey = topic.kind === 'survey';
  const measure = (item: Comparison) => lowerFirst(subjects.metric(item.metric)?.title ?? item.metric);
  const member = (item: Comparison) => (survey ? subjects.everyday(item.subject) : measure(item));
  const subject = subjects.briefly(first.subject);
  const reference = subjects.briefly(first.reference);
  const workload = survey ? workloadWords(first, subjects) : '';
  const said: string[] = [];
  const rated = items.filter((item) => item.ratio !== null);
  const of = (...verdicts: readonly Comparison['verdict'][]) =>
    rated.filter((item) => verdicts.includes(item.verdict));
  const ratios = (some: readonly Comparison[], after: string): string[] =>
    survey
      ? [surveySentence(some, measure(first) + workload, analysis, subjects) + after]
      : pairSentences(some, analysis, subjects).map(
          (sentence, index) => sentence + (index === 0 ? after : ''),
        );
  const decided = of('regression', 'improvement', 'different-but-small');
  if (decided.length > 0) said.push(...ratios(decided.slice(0, survey ? items.length : spokenRatios), ''));
  const equal = of('equivalent');
  if (equal.length > 0) {
    said.push(
      survey
        ? `${capital(measure(first))}${workload} is the same as with a ${reference}, within the practical threshold, for ${listed(equal.map(member))}.`
        : `A ${subject} and a ${reference} cost the same, within the practical threshold, in ${listed(equal.map(member))}.`,
    );
  }
  // Of what is too early to judge, what has an interval already says more than single points.
  const points = of('no-verdict');
  const spread = points.filter(({ interval }) => interval !== null);
  const early = spread.length > 0 ? spread : points;
  if (early.length > 0) said.push(...ratios(early, ' No verdict from so few blocks (rule C3).'));
  const undecided = of('inconclusive');
  if (undecided.length > 0) {
    said.push(
      survey
        ? `It is undecided whether ${measure(first)}${workload} differs from that of a ${reference} for ${listed(undecided.map(member))}.`
        : `A ${subject} may or may not differ from a ${reference}: undecided for ${listed(undecided.map(member))}.`,
    );
  }
  // What has no value (its launches were never made, or failed) is not shown either.
  const find = summaryFinder(analysis.summaries);
  const refused = items.filter(
    ({ verdict, subject: one, metric }) =>
      verdict === 'refused' && (find(one, metric)?.median ?? null) !== null,
  );
  if (refused.length > 0) said.push(refusedSentence(topic, refused, analysis, subjects, said.length === 0));
  return said;
}

/** The first measure with the values of both sides, then the ratios of the others. */
function pairSentences(items: readonly Comparison[], analysis: Analysis, subjects: Subjects): string[] {
  const [first, ...others] = items;
  if (first === undefined) return [];
  const find = summaryFinder(analysis.summaries);
  const value = (cell: string) => shownValue(find(cell, first.metric), subjects.metric(first.metric));
  const { lead, object, grade } = phraseOf(subjects.metric(first.metric), first.metric);
  const [one, other] = [value(first.subject), value(first.reference)];
  const [subject, reference] = [subjects.everyday(first.subject), subjects.briefly(first.reference)];
  const times = `${timesWords(first)} ${grade}${intervalAside(first)}${first.verdict === 'different-but-small' ? ', less than matters in practice' : ''}`;
  const sentence =
    object === null
      ? `${capital(lead)} on this host: ${one} for a ${subject}, ${other} for a ${reference}: ${times}.`
      : `${lead} ${subject} took ${one} ${object} on this host, a ${reference} ${other}: ${times}.`;
  if (others.length === 0) return [sentence];
  const more = others.map(
    (item) =>
      `${lowerFirst(subjects.metric(item.metric)?.title ?? item.metric)} ${ratioWords(item.ratio, item.interval)}`,
  );
  return [sentence, `As cost ratios, other measures: ${listed(more)}.`];
}

/** How a measure is put in a sentence: "An idle VM took 217 MiB of memory", or its title before a colon. */
function phraseOf(
  metric: MetricDeclaration | null,
  id: string,
): { readonly lead: string; readonly object: string | null; readonly grade: string } {
  const title = metric?.title ?? id;
  const plain = { lead: title, object: null, grade: 'the cost' };
  if (metric === null || metric.better !== 'lower' || metric.family === 'app') return plain;
  const { source, unit } = metric;
  if (source.kind === 'interval' && / to /.test(title))
    return { lead: 'A', object: `from ${lowerFirst(title)}`, grade: 'as long' };
  if (unit === 'B' && metric.family === 'tare')
    return { lead: 'An idle', object: /\bdisk\b/i.test(title) ? 'of disk' : 'of memory', grade: 'as much' };
  return { ...plain, grade: unit === 's' ? 'as long' : 'as much' };
}

/** "Request to ready on this host, against a plain process (13 ms): VM (QEMU 7.2) 92.4× (90 to 95)." */
function surveySentence(
  items: readonly Comparison[],
  measure: string,
  analysis: Analysis,
  subjects: Subjects,
): string {
  const [first] = items;
  if (first === undefined) return '';
  const value = shownValue(
    summaryFinder(analysis.summaries)(first.reference, first.metric),
    subjects.metric(first.metric),
  );
  const each = items.map(
    (item) => `${ratioWords(item.ratio, item.interval)} for a ${subjects.everyday(item.subject)}`,
  );
  return `${capital(measure)} on this host, as a multiple of what a ${subjects.briefly(first.reference)} took (${value}): ${listed(each)}.`;
}

function shownValue(item: Summary | null, metric: MetricDeclaration | null): string {
  const measure = metric ?? ({ family: 'app', unit: 'ratio' } as const);
  return `${medianWords(item, measure)}${isBelowNoise(item, measure) ? ', the resolution here' : ''}`;
}

/** "451 times". */
const timesWords = ({ ratio }: Comparison) => `${formatRatio(ratio).replace('×', '')} times`;
const intervalAside = ({ interval }: Comparison) =>
  interval === null ? '' : ` (${intervalWords(interval)})`;

/** "Shown but not judged because the VM was emulated (rule C17): request to ready 4.41 s against 13.1 ms." */
function refusedSentence(
  topic: Topic,
  refused: readonly Comparison[],
  analysis: Analysis,
  subjects: Subjects,
  alone: boolean,
): string {
  const [first] = refused;
  if (first === undefined) return '';
  const rules = [...new Set(refused.flatMap((item) => item.refusals.map((refusal) => refusal.rule)))];
  const emulated = (item: Comparison) => subjects.of(item.subject)?.acceleration.class === 'tcg';
  const vms = new Set(refused.filter(emulated).map((item) => subjects.runner(item.subject)));
  const because = vms.size === 0 ? '' : ` because ${vms.size === 1 ? 'the VM was' : 'VMs were'} emulated`;
  const rule = rules.length === 0 ? '' : ` (${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')})`;
  const find = summaryFinder(analysis.summaries);
  const survey = topic.kind === 'survey';
  const value = (cell: string, id: string) => shownValue(find(cell, id), subjects.metric(id));
  const values = refused.map((item) =>
    survey
      ? `${value(item.subject, item.metric)} for a ${subjects.everyday(item.subject)}`
      : `${lowerFirst(subjects.metric(item.metric)?.title ?? item.metric)} ${value(item.subject, item.metric)} against ${value(item.reference, item.metric)}`,
  );
  const reference = subjects.briefly(first.reference);
  if (survey) {
    const measure = subjects.metric(first.metric)?.title ?? first.metric;
    return `${measure}${workloadWords(first, subjects)}, shown but not judged${because}${rule}: ${listed(values)}, against ${value(first.reference, first.metric)} for a ${reference}.`;
  }
  const whom = alone ? `A ${subjects.everyday(first.subject)} against a ${reference}, shown` : 'Shown';
  return `${whom} but not judged${because}${rule}: ${listed(values)}.`;
}

/** " (empty)", where workloads or shapes vary. */
function workloadWords(item: Comparison, subjects: Subjects): string {
  const several = new Set(subjects.cells.map((cell) => cell.workload)).size > 1;
  const workload = subjects.of(item.subject)?.workload;
  return several && workload !== undefined ? ` with workload “${workload}”` : '';
}

/** "Compared: vm and namespace; each with 1 CPU, 256 MiB; vm: emulated (TCG).": what the sentences leave out. */
function whoIsWho({ kind, items }: Topic, subjects: Subjects): string {
  const ids = items.flatMap((item) => [item.subject, item.reference]);
  const cells = ids.map((id) => subjects.of(id)).filter((cell) => cell !== null);
  const vms = cells.filter((cell) => kind === 'pair' && subjects.isolation(cell.id) === 'virtual machine');
  const classes = new Set(vms.map((cell) => `${cell.runner}: ${accelerationWords[cell.acceleration.class]}`));
  const shapes = new Set(cells.map(shapeWords));
  const runners = [...new Set(cells.map(({ id }) => subjects.named(id)))];
  return `${[`Compared: ${listed(runners)}`, `each with ${[...shapes].join(' or ')}`, ...classes].join('; ')}.`;
}

function nothingCompared(record: RunRecord, analysis: Analysis, subjects: Subjects): string {
  const host = record.header.host.hostname;
  const measured = new Set(analysis.summaries.filter((item) => item.n > 0).map((item) => item.cell));
  if (measured.size === 0) {
    const why = analysis.blocks.voided > 0 ? 'no block is left to analyse' : 'no launch produced a number';
    const examined = new Set(
      record.trials.filter(({ observations }) => observations.some(isFact)).map(({ cell }) => cell),
    );
    if (examined.size > 0) {
      const names = listed([...new Set([...examined].map((id) => subjects.runner(id)))]);
      return `On this host (${host}), facts were gathered inside ${names}; there is no measure to compare. What was found stands in the sections below and in the claims.`;
    }
    return `On this host (${host}), ${why}, so there is no result.${voidedWords(record, analysis)}`;
  }
  const names = listed([...measured].map((id) => subjects.label(id)));
  return `On this host (${host}), ${names} ${measured.size === 1 ? 'was' : 'were'} measured; there is no pair to compare.`;
}

/** What is found or not, and has no statistic. */
function isFact({ kind }: Observation): boolean {
  return kind === 'surface' || kind === 'output-digest';
}

/** "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
