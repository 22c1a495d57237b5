/**
 * Several hosts, or one host at several times, as one report: what differs between them first, then what each says
 * for itself, then numbers side by side with their host on every one. Nothing is pooled and nothing is judged
 * across hosts (C26); change on one host is what `tare compare` judges.
 */
import { families, familyTable } from '../../bench/workloads/families.ts';
import { partsOf } from '../../bench/record/merge.ts';
import type { MetricDeclaration } from '../../model/metric.ts';
import { machineWords } from '../run/answer.ts';
import { spansWidely, thinned } from '../parts/charts.ts';
import { claimsOf } from '../run/claims/claims.ts';
import { filtersOf } from '../run/filters.ts';
import { accelerationNotices } from '../run/notices.ts';
import {
  badge,
  columns,
  shortDigests,
  table,
  type Block,
  type Chart,
  type Notice,
  type Opening,
  type Section,
  type StripSeries,
  type View,
} from '../parts/parts.ts';
import { headlineComparisons, isHeadline } from '../parts/ratios.ts';
import { answerOf, listed } from '../run/sentences.ts';
import { claimWords, count } from '../parts/words.ts';
import { differencesOf, differenceTable, runnersFold } from './differences.ts';
import type { Side } from './side.ts';
import { declarationsOf, numbersTable, ratiosTable } from './tables.ts';

export function hostsView(sides: readonly Side[]): View {
  const metrics = declarationsOf(sides);
  const sections = [
    ...families.map((family) =>
      familySection(
        family,
        metrics.filter((metric) => metric.family === family),
        sides,
      ),
    ),
    ratiosSection(metrics, sides),
    claimsSection(sides),
    hostsSection(sides),
  ];
  const runs = sides.flatMap(({ record }) => partsOf(record).map(({ header }) => header.runId));
  return {
    opening: openingOf(sides),
    sections: sections.filter((section) => section.blocks.length > 0),
    filters: filtersOf(
      metrics,
      sides.map(({ subjects }) => subjects),
    ),
    footer: `Runs ${runs.join(', ')}. Every number here is recomputed from the records alone, each host’s by itself.`,
  };
}

function openingOf(sides: readonly Side[]): Opening {
  const hosts = new Set(sides.map(({ record }) => record.header.host.hash)).size;
  const names = listed(sides.map(({ name }) => name));
  const differences = differencesOf(sides);
  const lead =
    hosts === 1
      ? `${count(sides.length, 'run')} of one host side by side: ${names}; no fact of the machine that must match differs between them.`
      : `${count(hosts, 'host')} side by side: ${names}. ${count(differences.length, 'fact')} that must match before numbers are compared ${differences.length === 1 ? 'differs' : 'differ'}, so nothing is judged across them.`;
  const scenarios = new Set(sides.map(({ record }) => record.header.scenario.name));
  return {
    title: [...scenarios].join(' + '),
    subtitle: hosts === 1 ? 'one host, several runs' : 'several hosts',
    answer: [lead, ...sides.map(answerOfSide)],
    acceleration: sides.flatMap(({ name, subjects }) =>
      accelerationNotices(subjects.cells, subjects).map((notice) => named(notice, name)),
    ),
    tilesTitle: '',
    tiles: [],
    counts: sides.map(({ name, analysis }) => ({
      text: `${name}: ${analysis.blocks.used} of ${count(analysis.blocks.planned, 'block')} analysed`,
      tone: analysis.blocks.used < analysis.blocks.planned ? 'warn' : 'plain',
    })),
    facts: sides.map(({ name, record }) => ({
      term: name,
      value: `${machineWords(record.header.host.must)}; fingerprint ${shortDigests(record.header.host.hash)}; ${partsOf(
        record,
      )
        .map(({ header }) => `${header.scenario.name} of ${header.startedAt}`)
        .join(', ')}`,
    })),
    headline: differenceTable(sides),
    notices: hosts === 1 ? [judgedElsewhere(sides)] : [],
  };
}

/** Each side's own first sentence, under its own name. */
function answerOfSide({ name, record, analysis, subjects }: Side): string {
  const headline = headlineComparisons(analysis, subjects, record.header);
  const [first = ''] = answerOf(record, analysis, headline, subjects);
  return `${name}: ${first.replace(/^On this host \(.*?\), /, '')}`;
}

const named = (notice: Notice, name: string): Notice => ({ ...notice, title: `${name}: ${notice.title}` });

function judgedElsewhere(sides: readonly Side[]): Notice {
  return {
    kind: 'notice',
    tone: 'plain',
    title: 'Did it change?',
    lines: [
      `Side by side is for reading. Whether ${listed(sides.map(({ name }) => name))} differ by more than this host’s own noise is judged by \`tare compare BASE HEAD\`.`,
    ],
  };
}

function familySection(
  family: (typeof families)[number],
  metrics: readonly MetricDeclaration[],
  sides: readonly Side[],
): Section {
  const all = numbersTable(`medians-${family}`, `${familyTable[family].title}, host by host`, metrics, sides);
  const charts = metrics.filter(isHeadline).flatMap((metric) => stripOf(metric, sides) ?? []);
  const blocks: Block[] = [
    ...(charts.length === 0 ? [] : [{ kind: 'charts' as const, charts }]),
    ...(all === null ? [] : [{ kind: 'table' as const, table: all }]),
  ];
  return { id: family, title: familyTable[family].title, lead: [], blocks };
}

/** Every launch of every host, a row per host and runner, a colour per host. */
function stripOf(metric: MetricDeclaration, sides: readonly Side[]): Chart | null {
  const series = sides.flatMap(({ name, analysis, subjects }, color) =>
    analysis.summaries
      .filter(
        (item) => item.metric === metric.id && item.n > 0 && subjects.of(item.cell)?.role === 'measured',
      )
      .map((item): StripSeries => ({
        label: `${name} · ${subjects.label(item.cell)}`,
        runner: subjects.runner(item.cell),
        color,
        median: item.median,
        interval: item.interval,
        dots: thinned(item.launches.map(({ block, value }) => ({ block, value }))),
        modes: item.modes.length > 1 ? item.modes : [],
      })),
  );
  if (series.length === 0) return null;
  const log = spansWidely(series.flatMap(({ dots }) => dots.map(({ value }) => value)));
  return {
    kind: 'strip',
    id: `chart-hosts-${metric.id.replaceAll(/[^\w-]/g, '-')}`,
    title: metric.title,
    description: `${log ? 'Log axis' : 'Linear axis'}, ${metric.better} is better; a colour per host, each dot one launch, the line the median, the band its interval.`,
    unit: metric.unit,
    log,
    series,
  };
}

function ratiosSection(metrics: readonly MetricDeclaration[], sides: readonly Side[]): Section {
  const ratios = ratiosTable(metrics, sides);
  return {
    id: 'comparisons',
    title: 'Runner against runner, within each host',
    link: 'Comparisons',
    lead: ['The speed of a host is on both sides of its ratios, so these may be read against each other.'],
    blocks: ratios === null ? [] : [{ kind: 'table', table: ratios }],
  };
}

function claimsSection(sides: readonly Side[]): Section {
  const found = sides.map(({ record, analysis }) => claimsOf(record, analysis));
  const rows = (found[0] ?? []).map(({ id, statement }) => ({
    head: `${id}: “${statement}”`,
    cells: found.map((claims) => {
      const words = claimWords[claims.find((claim) => claim.id === id)?.state ?? 'not-measured'];
      return badge(words.text, words.tone);
    }),
  }));
  const heads = columns('Claim', ...sides.map(({ name }) => name));
  return {
    id: 'claims',
    title: 'What people say, and what each host saw',
    link: 'Claims',
    lead: ['The evidence for each is in that host’s own report: `tare report --each`.'],
    blocks:
      rows.length === 0
        ? []
        : [{ kind: 'table', table: table('claims', 'Claims, host by host', heads, rows) }],
  };
}

function hostsSection(sides: readonly Side[]): Section {
  return { id: 'host', title: 'Runners and hosts', link: 'Hosts', lead: [], blocks: [runnersFold(sides)] };
}
