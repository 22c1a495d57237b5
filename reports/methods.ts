/**
 * The Methods section, written from the record alone, so that it can never describe another run:
 * design, order, definitions, statistics, exclusions, identities and the scenario as it was run.
 */
import type { Analysis, MetricDeclaration, MetricSource, RunRecord } from '../bench/model.ts';
import { formatValue } from '../bench/units.ts';
import type { Block, Section } from './parts.ts';
import { columns, number, table, text } from './parts.ts';
import type { Subjects } from './subjects.ts';
import { accelerationWords, count } from './words.ts';

export function methodsSection(record: RunRecord, analysis: Analysis, subjects: Subjects): Section {
  return {
    id: 'methods',
    title: 'Methods',
    lead: ['Written from the record of this run.'],
    blocks: [
      { kind: 'prose', lines: designLines(record) },
      { kind: 'prose', lines: statisticsLines(record, analysis) },
      { kind: 'prose', lines: exclusionLines(record, analysis) },
      metricsTable(record.header.metrics),
      voidRulesTable(record),
      cellsTable(subjects),
      {
        kind: 'code',
        title: `The scenario, ${record.header.scenario.file}, sha256 ${record.header.scenario.hash}`,
        text: [
          record.header.scenario.text,
          ...record.header.scenario.overrides.map((item) => `# overridden: ${item}`),
        ].join('\n'),
      },
    ],
  };
}

function designLines(record: RunRecord): string[] {
  const { header } = record;
  const measured = header.cells.filter((cell) => cell.role === 'measured').length;
  const lines = [
    `Design. ${count(header.blocks, 'block')}; each block launches all ${count(header.cells.length, 'cell')} once, in an order drawn anew from seed ${header.seed} (randomised interleaved trials). ${count(measured, 'cell is', 'cells are')} measured${header.control === null ? '; there is no A/A control' : `; ${header.control} is run twice as A/A control, whose true ratio is 1`}. ${count(header.warmup, 'warm-up block')} went before and ${header.warmup === 1 ? 'is' : 'are'} not analysed. The full order is in the record.`,
    `Replication. One launch gives one value per metric; readings within a launch are reduced to their median before any statistic, so more readings do not pretend to be more launches.`,
    `Identical work. One image, ${header.imageDigest}, for every runner, proven from inside${packagesOf(record)}.`,
  ];
  lines.push(
    header.clock === null
      ? 'Clock. All instants are on the host’s monotonic clock; the error of its stamps was not measured.'
      : `Clock. All instants are on the host’s monotonic clock. One byte sent and returned through the channel that carries the marks took ${formatValue(header.clock.echoMedianSeconds, 's')} (median) and ${formatValue(header.clock.echoP95Seconds, 's')} (95th percentile of ${header.clock.samples}): startup differences below that cannot be told apart.`,
  );
  if (record.end !== null) {
    lines.push(
      `Own cost. Over ${formatValue(record.end.wallSeconds, 's')} the tool used ${formatValue(record.end.toolCpuSeconds, 's')} of CPU and its sampler ${formatValue(record.end.samplerCpuSeconds, 's')}; nothing was subtracted.`,
    );
  }
  return lines;
}

function packagesOf(record: RunRecord): string {
  const packages = Object.entries(record.header.imagePackages);
  return packages.length === 0
    ? ''
    : ` (${packages.map(([name, version]) => `${name} ${version}`).join(', ')})`;
}

function statisticsLines(record: RunRecord, analysis: Analysis): string[] {
  const family = Math.max(0, ...analysis.comparisons.map((item) => item.familySize));
  const level = analysis.comparisons.find((item) => item.interval !== null)?.interval?.level ?? 0.95;
  const percent = `${Math.round(level * 100)} %`;
  return [
    `Ratios. The ratio of medians, subject over reference, turned so that above 1 is a higher cost. Its ${percent} interval is a percentile bootstrap that resamples whole blocks, seeded with ${record.header.seed}, so it can be recomputed exactly.`,
    `Intervals of medians are exact, from order statistics; they need 6 launches. Quantiles are printed only where the number of launches carries them (rule C21).`,
    `Verdicts. “costs more” and “costs less” need the paired signed-rank test, adjusted by Holm over ${count(family, 'comparison')}, and a difference above the practical threshold; “equivalent” needs the 90 % interval inside the threshold (two one-sided tests); “different but small” is significant below it; everything else is “inconclusive”, never “no difference”. Below 10 blocks there is no verdict, below 6 no interval (rule C3).`,
  ];
}

function exclusionLines(record: RunRecord, analysis: Analysis): string[] {
  const warmups = record.trials.filter((trial) => trial.block < 0).length;
  const failed = analysis.failures.reduce((sum, item) => sum + item.count, 0);
  const { used, planned, voided } = analysis.blocks;
  return [
    `Excluded. ${count(warmups, 'warm-up launch', 'warm-up launches')}, ${count(failed, 'failed launch', 'failed launches')} and ${count(voided, 'voided block')}; ${used} of ${count(planned, 'planned block')} analysed. No outlier was removed. Everything excluded is kept in the record.`,
  ];
}

function sourceWords(source: MetricSource): string {
  switch (source.kind) {
    case 'interval':
      return `${source.from} to ${source.to}`;
    case 'sample':
      return 'reading inside a launch';
    case 'slope':
      return `slope of ${source.of} per instance`;
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
      number(`${Number((metric.threshold * 100).toFixed(2))} %`),
    ],
  }));
  const heads = columns('Measure', 'Id', 'Base unit', 'Better', 'From', 'Definition', '#Threshold');
  return { kind: 'table', table: table('definitions', 'What each measure means', heads, rows) };
}

function voidRulesTable(record: RunRecord): Block {
  const rows = record.header.voidRules.map((item) => ({ head: item.rule, cells: [text(item.limit)] }));
  if (rows.length === 0) return { kind: 'prose', lines: ['No rule for voiding blocks was declared.'] };
  const caption = 'Rules that void a block, stated before the first launch';
  return { kind: 'table', table: table('void-rules', caption, columns('Rule', 'Limit'), rows) };
}

function cellsTable(subjects: Subjects): Block {
  const rows = subjects.cells.map((cell) => ({
    head: subjects.label(cell.id),
    cells: [
      text(subjects.configuration(cell.id)),
      text(`${accelerationWords[cell.acceleration.class]}. ${cell.acceleration.reason}`),
      text(
        Object.entries(cell.identity)
          .map(([key, value]) => `${key}: ${value}`)
          .join('; '),
      ),
    ],
  }));
  const heads = columns('Runner', 'Configuration', 'CPU', 'Identity');
  return { kind: 'table', table: table('cells', 'What exactly ran', heads, rows) };
}
