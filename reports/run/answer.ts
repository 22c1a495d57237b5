/**
 * The first screen in words: what was found, on which host, how sure, and what stands in the way.
 * Each sentence names a runner in its configuration on this host (C29); nothing is merged into a score (C28).
 */
import { partsOf } from '../../bench/record/merge.ts';
import type { Analysis } from '../../model/analysis.ts';
import type { RunRecord } from '../../model/record.ts';
import { formatRatio, formatValue } from '../../model/units.ts';
import { accelerationNotices, noticesOf } from './notices.ts';
import { overviewSentences, overviewTable } from './overview.ts';
import { shortDigests, type Fact, type Opening, type Tile, type Tone } from '../parts/parts.ts';
import { headlineComparisons, ratioTable, summaryFinder } from '../parts/ratios.ts';
import { answerOf, listed, topicOf, type Topic } from './sentences.ts';
import { everything, skipsOf } from './skips.ts';
import { kindOf, shapeWords, type Subjects } from '../parts/subjects.ts';
import { isBelowNoise, medianWords } from '../parts/values.ts';
import { warningLines } from './warnings.ts';
import { accelerationTags, count, intervalWords, verdictWords } from '../parts/words.ts';

export function openingOf(record: RunRecord, analysis: Analysis, subjects: Subjects): Opening {
  const { header } = record;
  if (record.parts !== undefined) return openingOfSeveral(record, analysis, subjects);
  const headline = headlineComparisons(analysis, subjects, header);
  const topic = topicOf(headline, subjects);
  return {
    title: header.scenario.name,
    subtitle: header.scenario.description,
    answer: answerOf(record, analysis, headline, subjects),
    few: analysis.blocks.used < blocksForInterval,
    acceleration: accelerationNotices(subjects.cells, subjects),
    tilesTitle: tilesTitle(topic, subjects),
    tiles: tilesOf(topic, analysis, subjects),
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

/** Over several scenarios: one line per family instead of tiles, which could show one pair only. */
function openingOfSeveral(record: RunRecord, analysis: Analysis, subjects: Subjects): Opening {
  return {
    title: record.header.scenario.name,
    subtitle: record.header.scenario.description,
    answer: overviewSentences(record, analysis, subjects),
    acceleration: accelerationNotices(subjects.cells, subjects),
    tilesTitle: '',
    tiles: [],
    counts: countsOf(record, analysis, subjects),
    facts: factsOf(record, subjects),
    headline: overviewTable(record, analysis, subjects),
    notices: noticesOf(record, analysis, subjects),
  };
}

/** Below so many blocks there are points only, and nothing is printed bold (rule C3). */
const blocksForInterval = 6;

/** One tile per measure of the first pair, or per runner where all is about one measure. */
function tilesOf(topic: Topic, analysis: Analysis, subjects: Subjects): Tile[] {
  const find = summaryFinder(analysis.summaries);
  return topic.items.map((item): Tile => {
    const metric = subjects.metric(item.metric);
    const measure = { family: metric?.family ?? 'app', unit: metric?.unit ?? 'ratio' } as const;
    const pair = [find(item.subject, item.metric), find(item.reference, item.metric)] as const;
    const sides = pair.map((side) => medianWords(side, measure)).join(' vs ');
    const [more, less] = pair.map((side) => side?.median ?? null);
    const rise = item.ratio === null && more != null && less != null ? more - less : null;
    // Against nothing that could be seen, the difference is the value itself, or nothing that could be seen.
    const unseen = pair.find((side) => isBelowNoise(side, measure));
    return {
      title: topic.kind === 'survey' ? subjects.named(item.subject) : (metric?.title ?? item.metric),
      value:
        rise === null
          ? formatRatio(item.ratio)
          : unseen !== undefined
            ? medianWords(pair[0], measure)
            : `${rise < 0 ? '' : '+'}${formatValue(rise, measure.unit)}`,
      few: item.n < blocksForInterval,
      detail: `${item.interval === null ? '' : `${intervalWords(item.interval)}; `}${sides}; n ${item.n}`,
      verdict: verdictWords(item, subjects.applies(item.subject, item.metric)),
    };
  });
}

/** What all tiles have in common. */
function tilesTitle({ kind, items }: Topic, subjects: Subjects): string {
  const [first] = items;
  if (first === undefined) return '';
  const reference = subjects.named(first.reference);
  if (kind === 'pair') {
    const tag = accelerationTags[subjects.of(first.subject)?.acceleration.class ?? 'none'];
    return `What one ${subjects.named(first.subject)}${tag === '' ? '' : `, ${tag},`} costs against one ${reference}`;
  }
  const cell = subjects.of(first.subject);
  const several = new Set(subjects.cells.map((each) => each.workload)).size > 1;
  const workload = several && cell !== null ? `, ${cell.workload}` : '';
  return `${subjects.metric(first.metric)?.title ?? first.metric}${workload}: cost against one ${reference}`;
}

function countsOf(record: RunRecord, analysis: Analysis, subjects: Subjects): Opening['counts'] {
  const failed = analysis.failures.reduce((sum, item) => sum + item.count, 0);
  const refused = analysis.comparisons.filter((item) => item.verdict === 'refused').length;
  const skips = skipsOf(record);
  const absent = new Set(skips.filter(({ what }) => what === everything).map(({ runner }) => runner)).size;
  const gaps = skips.filter(({ what }) => what !== everything).reduce((sum, { cells }) => sum + cells, 0);
  const warnings = warningLines(record, analysis, subjects).length;
  const { used, planned, voided } = analysis.blocks;
  const tone = (bad: boolean): Tone => (bad ? 'warn' : 'plain');
  return [
    { text: `${used} of ${count(planned, 'block')} analysed`, tone: tone(used < planned) },
    { text: `${count(voided, 'block')} voided`, tone: tone(voided > 0) },
    { text: count(failed, 'failed launch', 'failed launches'), tone: tone(failed > 0) },
    { text: count(absent, 'runner skipped', 'runners skipped'), tone: tone(absent > 0) },
    ...(gaps === 0 ? [] : [{ text: count(gaps, 'cell skipped', 'cells skipped'), tone: tone(true) }]),
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
  ['imported', (value) => `imported ${value}`],
  ['machine.virtual', (value) => (value === 'yes' ? 'itself a virtual machine' : 'bare metal')],
];

/** "AMD EPYC, 2 CPUs, 23.5 GiB, …": what a reader knows a machine by. */
export function machineWords(facts: Readonly<Record<string, string>>): string {
  return knownBy.flatMap(([key, words]) => (facts[key] === undefined ? [] : [words(facts[key])])).join(', ');
}

function factsOf(record: RunRecord, subjects: Subjects): Fact[] {
  const { header } = record;
  const machine = machineWords(header.host.must);
  const parts = partsOf(record);
  const baselines = new Set(parts.map((part) => part.header.baseline));
  return [
    { term: 'Compared', value: comparedWords(subjects) },
    { term: 'Baseline', value: [...baselines].join(', ') },
    { term: 'Host', value: machine === '' ? header.host.hostname : `${header.host.hostname}: ${machine}` },
    { term: 'Image', value: shortDigests(header.imageDigest) },
    ...(record.parts === undefined
      ? [{ term: 'Run', value: runWords(record) }]
      : parts.map((part) => ({
          term: `Run of ${part.header.scenario.name}`,
          value: `${runWords(part)}, ${part.header.scenario.file}, sha256 ${shortDigests(part.header.scenario.hash)}`,
        }))),
  ];
}

function runWords({ header, end }: RunRecord): string {
  const ended = end === null ? 'unfinished' : `${end.state} after ${formatValue(end.wallSeconds, 's')}`;
  return `${header.startedAt}, ${ended}, ${header.tool.name} ${header.tool.version}, seed ${header.seed}`;
}

/** Runners once each, then the sizes and workloads they all ran. */
function comparedWords(subjects: Subjects): string {
  const measured = subjects.cells.filter((cell) => cell.role === 'measured');
  const runners = new Map(
    measured.map((cell) => [
      cell.runner,
      subjects.isolation(cell.id) === 'virtual machine'
        ? `${cell.runner} (${kindOf(cell)})`
        : subjects.named(cell.id),
    ]),
  );
  const shapes = [...new Set(measured.map(shapeWords))];
  const workloads = [...new Set(measured.map((cell) => cell.workload))];
  return `${[...runners.values()].join('; ')}. Each with ${shapes.join(' or ')}. ${workloads.length === 1 ? 'Workload' : 'Workloads'}: ${listed(workloads)}.`;
}
