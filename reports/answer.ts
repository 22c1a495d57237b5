/**
 * The first screen in words: what was found, on which host, how sure, and what stands in the way.
 * Each sentence names a runner in its configuration on this host (C29); nothing is merged into a score (C28).
 */
import type { Analysis, Comparison, RunRecord } from '../bench/model.ts';
import { formatRatio, formatValue } from '../bench/units.ts';
import { accelerationNotices, noticesOf } from './notices.ts';
import type { Fact, Opening, Tile, Tone } from './parts.ts';
import { headlineComparisons, medianFinder, ratioTable, runnerPair } from './ratios.ts';
import type { Subjects } from './subjects.ts';
import { warningLines } from './warnings.ts';
import { count, intervalWords, lowerFirst, ratioWords, verdictWords } from './words.ts';

/** Ratios spoken in one sentence; tiles and table show all. */
const spokenRatios = 3;

export function openingOf(record: RunRecord, analysis: Analysis, subjects: Subjects): Opening {
  const { header } = record;
  const headline = headlineComparisons(analysis, subjects, header.wantedMetrics);
  return {
    title: header.scenario.name,
    subtitle: header.scenario.description,
    answer: answerOf(record, analysis, headline, subjects),
    acceleration: accelerationNotices(subjects.cells, subjects),
    tiles: tilesOf(headline, analysis, subjects),
    counts: countsOf(record, analysis, subjects),
    facts: factsOf(record, subjects),
    headline:
      headline.length === 0
        ? null
        : ratioTable('headline', 'What it costs, at a glance', headline, analysis, subjects, {
            withP: false,
          }),
    notices: noticesOf(record, analysis, subjects),
  };
}

/** One tile per headline metric of the foremost pair of runners. */
function tilesOf(headline: readonly Comparison[], analysis: Analysis, subjects: Subjects): Tile[] {
  const [first] = headline;
  if (first === undefined) return [];
  const medians = medianFinder(analysis.summaries);
  return foremost(headline, subjects).map((item): Tile => {
    const metric = subjects.metric(item.metric);
    const pair = [medians(item.subject, item.metric), medians(item.reference, item.metric)] as const;
    const sides = pair.map((value) => formatValue(value, metric?.unit ?? 'ratio')).join(' vs ');
    return {
      title: metric?.title ?? item.metric,
      value: formatRatio(item.ratio),
      detail: item.interval === null ? sides : `${intervalWords(item.interval)}; ${sides}`,
      verdict: verdictWords(item),
    };
  });
}

/** The headline's rows that belong to its first pair of runners. */
function foremost(headline: readonly Comparison[], subjects: Subjects): readonly Comparison[] {
  const [first] = headline;
  if (first === undefined) return [];
  return headline.filter((item) => runnerPair(item, subjects) === runnerPair(first, subjects));
}

/** The answer, first sentence first. */
function answerOf(
  record: RunRecord,
  analysis: Analysis,
  headline: readonly Comparison[],
  subjects: Subjects,
): string[] {
  const host = record.header.host.hostname;
  const first = headline[0];
  if (first === undefined) return [nothingCompared(record, analysis, subjects)];
  const pair = foremost(headline, subjects);
  const subject = subjects.runner(first.subject);
  const reference = subjects.runner(first.reference);
  const name = (item: Comparison) => lowerFirst(subjects.metric(item.metric)?.title ?? item.metric);
  const judged = pair.filter((item) => item.verdict !== 'refused' && item.ratio !== null);
  const refused = pair.filter((item) => item.verdict === 'refused');
  const decided = judged.filter(
    (item) =>
      item.verdict !== 'no-verdict' && item.verdict !== 'inconclusive' && item.verdict !== 'equivalent',
  );
  const equal = judged.filter((item) => item.verdict === 'equivalent');
  const open = judged.filter((item) => item.verdict === 'inconclusive');
  const early = judged.filter((item) => item.verdict === 'no-verdict');
  const sentences: string[] = [];
  const start = () => (sentences.length === 0 ? `On this host (${host}), ` : '');
  const ratios = (items: readonly Comparison[]) =>
    listed(items.map((item) => `${ratioWords(item.ratio, item.interval)} in ${name(item)}`));
  if (decided.length > 0) {
    sentences.push(
      `${start()}one ${subject} costs, against one ${reference}, ${ratios(decided.slice(0, spokenRatios))}.`,
    );
  }
  if (equal.length > 0) {
    sentences.push(
      `${start()}${subject} and ${reference} cost the same, within the practical threshold, in ${listed(equal.map(name))}.`,
    );
  }
  if (early.length > 0) {
    sentences.push(
      `${start()}${subject} was measured against ${reference} at ${ratios(early)}; ${count(first.n, 'block is', 'blocks are')} too few for a verdict (rule C3).`,
    );
  }
  if (open.length > 0) {
    sentences.push(
      `${start()}${subject} may or may not differ from ${reference}: undecided for ${listed(open.map(name))}.`,
    );
  }
  if (refused.length > 0) {
    const rules = [...new Set(refused.flatMap((item) => item.refusals.map((refusal) => refusal.rule)))];
    sentences.push(
      `${start()}${subject} is given no verdict against ${reference} for ${listed(refused.map(name))} (${rules.length === 0 ? 'refused' : `rule ${rules.join(', ')}`}).`,
    );
  }
  if (sentences.length === 0) return [nothingCompared(record, analysis, subjects)];
  sentences.push(
    `${subject} is ${subjects.configuration(first.subject)}; ${reference} is ${subjects.configuration(first.reference)}.`,
  );
  return sentences;
}

function nothingCompared(record: RunRecord, analysis: Analysis, subjects: Subjects): string {
  const host = record.header.host.hostname;
  const measured = new Set(analysis.summaries.filter((item) => item.n > 0).map((item) => item.cell));
  if (measured.size === 0) {
    const why = analysis.blocks.voided > 0 ? 'no block is left to analyse' : 'no launch produced a number';
    return `On this host (${host}), ${why}, so nothing can be said.`;
  }
  const names = listed([...measured].map((id) => subjects.label(id)));
  return `On this host (${host}), ${names} ${measured.size === 1 ? 'was' : 'were'} measured; there is no pair to compare.`;
}

function countsOf(record: RunRecord, analysis: Analysis, subjects: Subjects): Opening['counts'] {
  const failed = analysis.failures.reduce((sum, item) => sum + item.count, 0);
  const refused = analysis.comparisons.filter((item) => item.verdict === 'refused').length;
  const skipped = new Set(record.header.skipped.map((item) => item.runner)).size;
  const warnings = warningLines(record, analysis, subjects).length;
  const { used, planned, voided } = analysis.blocks;
  const tone = (bad: boolean): Tone => (bad ? 'warn' : 'plain');
  return [
    { text: `${used} of ${count(planned, 'block')} analysed`, tone: tone(used < planned) },
    { text: `${count(voided, 'block')} voided`, tone: tone(voided > 0) },
    { text: count(failed, 'failed launch', 'failed launches'), tone: tone(failed > 0) },
    {
      text: count(skipped, 'runner skipped', 'runners skipped'),
      tone: tone(skipped > 0),
    },
    { text: count(warnings, 'warning'), tone: tone(warnings > 0) },
    { text: count(refused, 'verdict refused', 'verdicts refused'), tone: tone(refused > 0) },
  ];
}

/** Facts a reader knows a machine by, where the fingerprint has them. */
const knownBy: readonly (readonly [string, (value: string) => string])[] = [
  ['cpu.model', (value) => value],
  ['cpu.online', (value) => `${value} CPUs`],
  ['memory.gib', (value) => `${value} GiB`],
  ['kernel.release', (value) => `Linux ${value}`],
  ['machine.virtual', (value) => (value === 'yes' ? 'itself a virtual machine' : 'bare metal')],
];

function machineWords(facts: Readonly<Record<string, string>>): string {
  const known = knownBy.flatMap(([key, words]) => (facts[key] === undefined ? [] : [words(facts[key])]));
  if (known.length > 0) return known.join(', ');
  return Object.entries(facts)
    .slice(0, 3)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
}

function factsOf(record: RunRecord, subjects: Subjects): Fact[] {
  const { header, end } = record;
  const measured = subjects.cells.filter((cell) => cell.role === 'measured');
  const machine = machineWords(header.host.must);
  return [
    {
      term: 'Compared',
      value: measured
        .map((cell) => `${subjects.label(cell.id)} (${subjects.configuration(cell.id)})`)
        .join('; '),
    },
    { term: 'Baseline', value: header.baseline },
    { term: 'Host', value: machine === '' ? header.host.hostname : `${header.host.hostname}: ${machine}` },
    { term: 'Image', value: header.imageDigest },
    {
      term: 'Run',
      value: `${header.startedAt}, ${end === null ? 'unfinished' : `${end.state} after ${formatValue(end.wallSeconds, 's')}`}, ${header.tool.name} ${header.tool.version}, seed ${header.seed}`,
    },
  ];
}

/** "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
