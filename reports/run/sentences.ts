/**
 * The answer in sentences. Two ways to put it: one pair over several measures ("one VM costs, against
 * one container, …"), or one measure over several runners ("start to ready costs, against one process,
 * …"). What may not be judged is still told, as times and sizes, with the reason why they decide nothing.
 */
import type { Analysis, Comparison } from '../../model/analysis.ts';
import type { Observation } from '../../model/observation.ts';
import type { RunRecord } from '../../model/record.ts';
import { formatValue, scaleFor } from '../../model/units.ts';
import { medianFinder, runnerPair } from '../parts/ratios.ts';
import { shapeWords, type Subjects } from '../parts/subjects.ts';
import { accelerationWords, lowerFirst, ratioWords } from '../parts/words.ts';

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

/** Where all is about one measure: every runner against the runner that most are weighed against. */
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
    `On this host (${record.header.host.hostname}), ${lead}`,
    ...more.map(capital),
    whoIsWho(topic, subjects),
  ];
}

/**
 * Where nothing of the foremost pair may be judged, the next pair that may be is told too.
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

/** Sentences without a capital at their start, the surest first. */
function findings(topic: Topic, first: Comparison, analysis: Analysis, subjects: Subjects): string[] {
  const { items } = topic;
  const survey = topic.kind === 'survey';
  const measure = (item: Comparison) => lowerFirst(subjects.metric(item.metric)?.title ?? item.metric);
  const member = (item: Comparison) => (survey ? subjects.named(item.subject) : measure(item));
  const ratio = (item: Comparison) => `${ratioWords(item.ratio, item.interval)} in ${member(item)}`;
  const subject = subjects.named(first.subject);
  const reference = subjects.named(first.reference);
  const workload = survey ? workloadWords(first, subjects) : '';
  const open = survey
    ? `${measure(first)}${workload} costs, against one ${reference},`
    : `one ${subject} costs, against one ${reference},`;
  const said: string[] = [];
  const rated = items.filter((item) => item.ratio !== null);
  const of = (...verdicts: readonly Comparison['verdict'][]) =>
    rated.filter((item) => verdicts.includes(item.verdict));
  const decided = of('regression', 'improvement', 'different-but-small');
  if (decided.length > 0)
    said.push(`${open} ${listed(decided.slice(0, survey ? items.length : spokenRatios).map(ratio))}.`);
  const equal = of('equivalent');
  if (equal.length > 0) {
    said.push(
      survey
        ? `${measure(first)}${workload} costs the same as with ${reference}, within the practical threshold, in ${listed(equal.map(member))}.`
        : `${subject} and ${reference} cost the same, within the practical threshold, in ${listed(equal.map(member))}.`,
    );
  }
  // Of what is too early to judge, what has an interval already says more than single points.
  const points = of('no-verdict');
  const spread = points.filter(({ interval }) => interval !== null);
  const early = spread.length > 0 ? spread : points;
  if (early.length > 0) {
    said.push(
      `${open} ${listed(early.map(ratio))}: too few blocks for a verdict (${early[0]?.n ?? 0} of ${blocksForVerdict}, rule C3).`,
    );
  }
  const undecided = of('inconclusive');
  if (undecided.length > 0) {
    said.push(
      survey
        ? `it is undecided whether ${measure(first)}${workload} differs from ${reference} for ${listed(undecided.map(member))}.`
        : `${subject} may or may not differ from ${reference}: undecided for ${listed(undecided.map(member))}.`,
    );
  }
  // What has no value (its launches were never made, or failed) is not shown either.
  const medians = medianFinder(analysis.summaries);
  const refused = items.filter(
    ({ verdict, subject: one, metric }) => verdict === 'refused' && medians(one, metric) !== null,
  );
  if (refused.length > 0) said.push(refusedSentence(topic, refused, analysis, subjects, said.length === 0));
  return said;
}

/** "…not judged, because the VMs were emulated (rule C17): microvm took 4.41 s against 13.1 ms." */
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
  const medians = medianFinder(analysis.summaries);
  const survey = topic.kind === 'survey';
  const values = refused.map((item) => {
    const metric = subjects.metric(item.metric);
    const unit = metric?.unit ?? 'ratio';
    const value = formatValue(medians(item.subject, item.metric), unit);
    const other = formatValue(medians(item.reference, item.metric), unit);
    return survey
      ? `${value} for ${subjects.named(item.subject)}`
      : `${lowerFirst(metric?.title ?? item.metric)} ${value} against ${other}`;
  });
  const [subject, reference] = [subjects.named(first.subject), subjects.named(first.reference)];
  const measure = lowerFirst(subjects.metric(first.metric)?.title ?? first.metric);
  const scale = scaleFor(
    [medians(first.reference, first.metric)],
    subjects.metric(first.metric)?.unit ?? 'ratio',
  );
  const whom = survey
    ? `${measure}${workloadWords(first, subjects)} is shown but not judged${because}${rule}: ${listed(values)}, against ${scale.format(medians(first.reference, first.metric))} for ${reference}.`
    : `${alone ? `one ${subject} against one ${reference} is` : 'these are'} shown but not judged${because}${rule}: ${listed(values)}.`;
  return whom;
}

/** " (empty)", where workloads or shapes vary. */
function workloadWords(item: Comparison, subjects: Subjects): string {
  const several = new Set(subjects.cells.map((cell) => cell.workload)).size > 1;
  const workload = subjects.of(item.subject)?.workload;
  return several && workload !== undefined ? ` with workload “${workload}”` : '';
}

/** "Each with 1 CPU, 256 MiB; vm: emulated (TCG).": what the names leave out. */
function whoIsWho({ kind, items }: Topic, subjects: Subjects): string {
  const ids = items.flatMap((item) => [item.subject, item.reference]);
  const cells = ids.map((id) => subjects.of(id)).filter((cell) => cell !== null);
  const vms = cells.filter((cell) => kind === 'pair' && subjects.isolation(cell.id) === 'virtual machine');
  const classes = new Set(vms.map((cell) => `${cell.runner}: ${accelerationWords[cell.acceleration.class]}`));
  const shapes = new Set(cells.map(shapeWords));
  return `${[`Each with ${[...shapes].join(' or ')}`, ...classes].join('; ')}.`;
}

function nothingCompared(record: RunRecord, analysis: Analysis, subjects: Subjects): string {
  const host = record.header.host.hostname;
  const measured = new Set(analysis.summaries.filter((item) => item.n > 0).map((item) => item.cell));
  if (measured.size === 0) {
    const rules = [...new Set(record.voided.map((item) => item.rule))];
    const why =
      analysis.blocks.voided > 0
        ? `no block is left to analyse (${analysis.blocks.voided} of ${analysis.blocks.planned} voided: ${rules.join(', ')})`
        : 'no launch produced a number';
    const examined = new Set(
      record.trials.filter(({ observations }) => observations.some(isFact)).map(({ cell }) => cell),
    );
    if (examined.size > 0) {
      const names = listed([...new Set([...examined].map((id) => subjects.runner(id)))]);
      return `On this host (${host}), facts were gathered inside ${names}; there is no measure to compare. What was found stands in the sections below and in the claims.`;
    }
    return `On this host (${host}), ${why}, so nothing can be said.`;
  }
  const names = listed([...measured].map((id) => subjects.label(id)));
  return `On this host (${host}), ${names} ${measured.size === 1 ? 'was' : 'were'} measured; there is no pair to compare.`;
}

/** What is found or not, and has no statistic. */
function isFact({ kind }: Observation): boolean {
  return kind === 'surface' || kind === 'output-digest';
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
