/**
 * The Methods section, written from the record alone, so that it can never describe another run:
 * design, order, definitions, statistics, exclusions, identities and the scenario as it was run.
 */
import { partsOf } from '../../bench/record/merge.ts';
import type { Analysis } from '../../model/analysis.ts';
import type { MetricDeclaration, MetricSource } from '../../model/metric.ts';
import type { CellRecord, RecordEnd, RunRecord } from '../../model/record.ts';
import { formatValue, formatShare } from '../../model/units.ts';
import {
  columns,
  folded,
  number,
  shortDigests,
  table,
  text,
  type Block,
  type Fact,
  type Section,
} from '../parts/parts.ts';
import type { Subjects } from '../parts/subjects.ts';
import { accelerationWords, count } from '../parts/words.ts';

export function methodsSection(record: RunRecord, analysis: Analysis, subjects: Subjects): Section {
  return {
    id: 'methods',
    title: 'Methods',
    lead: [
      record.parts === undefined
        ? 'Written from the record of this run.'
        : 'Written from the records of these runs. Launches are paired within a run only; the correction for many tests covers all of them together, so that a verdict can be stricter here than in the report of one run alone.',
    ],
    blocks: [
      {
        kind: 'facts',
        facts: [...designFacts(record), exclusionFact(record, analysis)],
      },
      {
        kind: 'fold',
        title: 'Statistics: replication, ratios, medians, verdicts',
        blocks: [{ kind: 'facts', facts: statisticsFacts(record, analysis) }],
      },
      metricsTable(record.header.metrics),
      voidRulesTable(record),
      cellsFold(subjects),
      ...packagesFold(record),
      ...partsOf(record).map(scenarioBlock),
    ],
  };
}

function scenarioBlock({ header: { scenario } }: RunRecord): Block {
  return {
    kind: 'code',
    title: `The scenario, ${scenario.file}, sha256 ${scenario.hash}`,
    text: [
      scenario.text,
      ...scenario.overrides.map((item) => `# overridden: ${item}`),
      ...(scenario.onlyRunners === null ? [] : [`# only the runners ${scenario.onlyRunners.join(', ')}`]),
    ].join('\n'),
  };
}

/** Design and cost of each run, what holds for all of them once. */

function designFacts(record: RunRecord): Fact[] {
  const parts = partsOf(record);
  const term = (part: RunRecord, words: string) =>
    record.parts === undefined ? words : `${words}, ${part.header.scenario.name}`;
  return [
    ...parts.map((part) => ({ term: term(part, 'Design'), value: designWords(part) })),
    { term: 'Identical work', value: proofWords(record) },
    { term: 'Clock', value: clockWords(record) },
    ...(record.end === null ? [] : [{ term: 'Own cost', value: costWords(record.end) }]),
  ];
}

function costWords({ wallSeconds, toolCpuSeconds, samplerCpuSeconds }: RecordEnd): string {
  return `Over ${formatValue(wallSeconds, 's')} the tool used ${formatValue(toolCpuSeconds, 's')} of CPU and its sampler ${formatValue(samplerCpuSeconds, 's')}; nothing was subtracted.`;
}

function designWords({ header }: RunRecord): string {
  const measured = header.cells.filter((cell) => cell.role === 'measured').length;
  const control =
    header.control === null
      ? 'There is no A/A control.'
      : `${header.control} is run twice as A/A control, whose true ratio is 1.`;
  const warmup =
    header.warmup === 0
      ? 'There was no warm-up.'
      : `${count(header.warmup, 'warm-up round')} went before and ${header.warmup === 1 ? 'is' : 'are'} not analysed.`;
  return `${count(header.blocks, 'block')} of ${count(header.trials.filter((trial) => trial.block >= 0).length, 'launch', 'launches')} in all. In a block every cell that takes part is launched once, in an order drawn again for each block from seed ${header.seed} (randomised interleaved trials). ${count(measured, 'cell is', 'cells are')} measured. ${control} ${warmup} The full order is in the record.`;
}

function proofWords(record: RunRecord): string {
  const ended = record.trials.filter((trial) => trial.outcome.state === 'ok');
  const proven = ended.filter((trial) => trial.provenDigest === record.header.imageDigest);
  return `One image, ${shortDigests(record.header.imageDigest)}, for every runner; proven from inside in ${proven.length.toLocaleString('en-US')} of ${count(ended.length, 'good launch', 'good launches')}.`;
}

function clockWords(record: RunRecord): string {
  const { clock } = record.header;
  const only = 'All instants are on the host’s monotonic clock';
  if (clock === null) return `${only}; the error of its stamps was not measured.`;
  return `${only}. One byte sent and returned through the channel that carries the marks took ${formatValue(clock.echoMedianSeconds, 's')} (median) and ${formatValue(clock.echoP95Seconds, 's')} (95th percentile of ${clock.samples}): startup differences below that cannot be told apart.`;
}

function packagesFold(record: RunRecord): Block[] {
  const packages = Object.entries(record.header.imagePackages);
  if (packages.length === 0) return [];
  const value = packages.map(([name, version]) => `${name} ${version}`).join(', ');
  const facts = [
    { term: 'Image', value: record.header.imageDigest },
    { term: 'Packages', value },
  ];
  return [
    {
      kind: 'fold',
      title: `What the image holds (${count(packages.length, 'package')})`,
      blocks: [{ kind: 'facts', facts }],
    },
  ];
}

function statisticsFacts(record: RunRecord, analysis: Analysis): Fact[] {
  const family = Math.max(0, ...analysis.comparisons.map((item) => item.familySize));
  const level = analysis.comparisons.find((item) => item.interval !== null)?.interval?.level ?? 0.95;
  return [
    {
      term: 'Replication',
      value:
        'One launch gives one value per metric: readings within a launch are reduced to their median before any statistic, so more readings never pass for more launches.',
    },
    {
      term: 'Ratios',
      value: `The ratio of medians, subject over reference, turned so that above 1 is a higher cost. Its ${percentWords(level)} interval is a percentile bootstrap that resamples whole blocks, seeded with ${record.parts === undefined ? record.header.seed : 'the seed of its own run'}, so it can be recomputed exactly.`,
    },
    {
      term: 'Medians',
      value:
        'Their intervals are exact, from order statistics, and need 6 launches. Quantiles are printed only where the number of launches carries them (rule C21).',
    },
    {
      term: 'Verdicts',
      value: `“Costs more” and “costs less” need three things to agree: the paired signed-rank test, adjusted by Benjamini-Hochberg over ${count(family, 'comparison')} (at most 5 % false among those shown); the interval; and a difference above the practical threshold. “Equivalent” needs the ${percentWords(0.9)} interval inside the threshold (two one-sided tests); “different but small” is a proven difference that lies inside it. Everything else is “inconclusive”, never “no difference”. Below 10 blocks there is no verdict, below 6 no interval (rule C3).`,
    },
  ];
}

/** "95 %", never broken over a line. */
function percentWords(share: number): string {
  return formatShare(share).replace(' ', '\u00A0');
}

function exclusionFact(record: RunRecord, analysis: Analysis): Fact {
  const warmups = record.trials.filter((trial) => trial.block < 0).length;
  const failed = analysis.failures.reduce((sum, item) => sum + item.count, 0);
  const { used, planned, voided } = analysis.blocks;
  return {
    term: 'Excluded',
    value: `${count(warmups, 'warm-up launch', 'warm-up launches')}, ${count(failed, 'failed launch', 'failed launches')} and ${count(voided, 'voided block')}; ${used} of ${count(planned, 'planned block')} analysed. No outlier was removed. Everything excluded is kept in the record.`,
  };
}

export function sourceWords(source: MetricSource): string {
  switch (source.kind) {
    case 'interval':
      return `${source.from} to ${source.to}`;
    case 'sample':
      return 'reading inside a launch';
    case 'distribution':
      return 'histogram of every launch';
    case 'quantile':
      return `p${Number((source.q * 100).toFixed(3))} of ${source.of} in a launch`;
    case 'slope':
      return `slope of ${source.of} per instance`;
    case 'density':
      return 'steps of a density sweep';
  }
}

function metricsTable(metrics: readonly MetricDeclaration[]): Block {
  const rows = metrics.map((metric) => ({
    head: metric.title,
    cells: [
      text(metric.id),
      text(metric.unit),
      text(metric.better),
      text(sourceWords(metric.source)),
      text(metric.definition),
      number(formatShare(metric.threshold)),
    ],
  }));
  const heads = columns('Measure', 'Id', 'Base unit', 'Better', 'From', 'Definition', '#Threshold');
  const caption = `What each measure means: definitions and practical thresholds (${metrics.length})`;
  return folded(table('definitions', caption, heads, rows));
}

function voidRulesTable(record: RunRecord): Block {
  const rows = record.header.voidRules.map((item) => ({ head: item.rule, cells: [text(item.limit)] }));
  if (rows.length === 0) return { kind: 'prose', lines: ['No rule for voiding blocks was declared.'] };
  const caption = 'Rules that void a block, stated before the first launch';
  return folded(table('void-rules', `${caption} (${rows.length})`, columns('Rule', 'Limit'), rows));
}

/** Versions, command lines and configuration; one fold per runner unless its cells differ. */
function cellsFold(subjects: Subjects): Block {
  const alike = new Map<string, { readonly cell: CellRecord; readonly labels: string[] }>();
  for (const cell of subjects.cells) {
    const key = JSON.stringify([cell.runner, cell.identity, cell.acceleration]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { cell, labels: [subjects.label(cell.id)] });
    else known.labels.push(subjects.label(cell.id));
  }
  const blocks = [...alike.values()].map(({ cell, labels }): Block => {
    const facts = [
      { term: 'cells', value: labels.join(', ') },
      { term: 'CPU', value: `${accelerationWords[cell.acceleration.class]}. ${cell.acceleration.reason}` },
      ...Object.entries(cell.identity).map(([term, value]) => ({ term, value })),
    ];
    return {
      kind: 'fold',
      title: `${cell.runner}: ${subjects.configuration(cell.id)}`,
      blocks: [{ kind: 'facts', facts }],
    };
  });
  return { kind: 'fold', title: 'What exactly ran: versions, command lines, configuration', blocks };
}
