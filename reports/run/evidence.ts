/**
 * What qualifies the numbers: claims put to the test, the fairness ledger, what was refused and what
 * would lift it, failures with their last words, and the machine.
 */
import { partsOf } from '../../bench/record/merge.ts';
import type { Analysis, Comparison, LedgerRow, Refusal } from '../../model/analysis.ts';
import type { RunRecord } from '../../model/record.ts';
import { rules } from '../../model/rules.ts';
import type { ClaimRow } from '../parts/claim.ts';
import { machineWords } from './answer.ts';
import { claimsOf } from './claims/claims.ts';
import {
  badge,
  columns,
  digestText,
  folded,
  number,
  reference,
  shortDigests,
  table,
  text,
  type Block,
  type Section,
  type Table,
  type Tone,
} from '../parts/parts.ts';
import { skipsOf } from './skips.ts';
import type { Subjects } from '../parts/subjects.ts';
import { few, warningLines } from './warnings.ts';
import { shownWarnings } from './notices.ts';
import { claimWords, count, failureWords, lowerFirst } from '../parts/words.ts';

/** Rows of one resource with the same finding shown at once; the rest is folded. */
const shownAlike = 2;

export function claimsSection(record: RunRecord, analysis: Analysis): Section {
  const blocks = claimsOf(record, analysis).flatMap((claim): Block[] => {
    const seen = new Map<string, number>();
    const open: ClaimRow[] = [];
    const more: ClaimRow[] = [];
    for (const row of claim.rows) {
      const key = JSON.stringify([row.resource, row.state, row.rule]);
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      (before < shownAlike && row.state !== 'not-measured' ? open : more).push(row);
    }
    const caption = `${claim.id}: “${claim.statement}” On this host: ${claimWords[claim.state].text}.`;
    const heads = columns('Part', 'Finding', 'Evidence');
    if (open.length === 0) return [folded(table(`claim-${claim.id}`, caption, heads, more.map(claimRow)))];
    const shown: Block = {
      kind: 'table',
      table: table(`claim-${claim.id}`, caption, heads, open.map(claimRow)),
    };
    if (more.length === 0) return [shown];
    const unmeasured = more.filter((row) => row.state === 'not-measured');
    const missing = [...new Set(unmeasured.map((row) => row.resource))];
    const pairs = more.length - unmeasured.length;
    const rest = [
      ...(pairs > 0 ? [`${count(pairs, 'more pair')} of runners with the same findings`] : []),
      ...(missing.length > 0 ? [`not measured: ${missing.join('; ')}`] : []),
    ];
    return [
      shown,
      folded(table(`claim-${claim.id}-more`, `${claim.id}, ${rest.join('; ')}`, heads, more.map(claimRow))),
    ];
  });
  return {
    id: 'claims',
    title: 'What people say, and what we saw',
    link: 'Claims',
    lead: [
      'Each part answers for itself; there is no overall score. “Orders of magnitude” means at least ten times, with the whole interval above ten.',
    ],
    blocks,
  };
}

function claimRow(row: ClaimRow): Table['rows'][number] {
  const { text: words, tone } = claimWords[row.state];
  const rule = row.rule === null || row.state !== 'refused' ? '' : `: rule ${row.rule}`;
  return { head: row.resource, cells: [badge(words + rule, tone), digestText(row.evidence)] };
}

export function ledgerSection(analysis: Analysis): Section {
  const tones: Readonly<Record<'same' | 'different' | 'unknown', Tone>> = {
    same: 'same',
    different: 'warn',
    unknown: 'unsure',
  };
  const rowsOf = (rows: readonly LedgerRow[]) =>
    rows.map((row) => ({
      head: row.title,
      cells: [
        badge(row.state, tones[row.state]),
        digestText(row.state === 'same' ? (row.values[0]?.value ?? 'unknown') : sidesOf(row)),
        text(row.consequence),
      ],
    }));
  const unlike = analysis.ledger.filter((row) => row.state !== 'same');
  const same = analysis.ledger.filter((row) => row.state === 'same');
  const heads = columns('Condition', 'State', 'Values', 'What it means');
  const blocks: Block[] = [];
  const voiding = unlike.filter((row) => row.voids.length > 0);
  const unknown = unlike.filter((row) => row.state === 'unknown');
  const grave = [...voiding, ...unknown];
  const natural = unlike.filter((row) => !grave.includes(row));
  const titles = (rows: readonly LedgerRow[]) => rows.map((row) => lowerFirst(row.title)).join(', ');
  if (grave.length > 0) {
    const caption = 'Differences that void verdicts, and conditions not known';
    blocks.push({ kind: 'table', table: table('ledger', caption, heads, rowsOf(grave)) });
  }
  if (natural.length > 0) {
    const caption = `Different as part of what is compared: ${titles(natural)}`;
    blocks.push(folded(table('ledger-natural', caption, heads, rowsOf(natural))));
  }
  if (same.length > 0) {
    blocks.push(folded(table('ledger-same', `The same on every side: ${titles(same)}`, heads, rowsOf(same))));
  }
  return {
    id: 'fairness',
    title: 'Fairness ledger',
    link: 'Fairness',
    lead: [
      unlike.length === 0
        ? 'Every recorded condition is the same on every side.'
        : `${unlike.length} of ${count(analysis.ledger.length, 'condition')} not like-for-like; ${
            voiding.length === 0
              ? 'none of them voids a verdict'
              : `verdicts are voided by: ${titles(voiding)}`
          }.`,
    ],
    blocks,
  };
}

/** "process, namespace: the host's; vm: its own": runners that agree are named together. */
function sidesOf(row: LedgerRow): string {
  const sides = new Map<string, string[]>();
  for (const { runner, value } of row.values) {
    const key = value ?? 'unknown';
    sides.set(key, [...(sides.get(key) ?? []), runner]);
  }
  return [...sides].map(([value, runners]) => `${runners.join(', ')}: ${value}`).join('; ');
}

export function refusalsSection(record: RunRecord, analysis: Analysis, subjects: Subjects): Section {
  const rows = refusalRows(analysis, subjects);
  const warnings = warningLines(record, analysis, subjects);
  const blocks: Block[] = [];
  if (rows.length > 0) {
    blocks.push({
      kind: 'table',
      table: table(
        'refusals',
        'Refused, why, and what would lift it',
        columns('Rule', 'Why', 'What would lift it', 'Touches'),
        rows,
      ),
    });
  }
  // Fewer are all on the first screen.
  if (warnings.length > shownWarnings) {
    blocks.push({
      kind: 'notice',
      tone: 'warn',
      title: count(warnings.length, 'warning'),
      lines: warnings,
    });
  }
  return {
    id: 'refusals',
    title: 'Warnings and refusals',
    link: 'Refusals',
    lead:
      rows.length === 0
        ? ['No conclusion was refused.']
        : ['A refused number stays in the tables; it only carries no verdict.'],
    blocks,
  };
}

/**
 * One row per rule and reason. What the run as a whole is refused for takes in the comparisons refused
 * for the same rule; values that a reason lists in parentheses stand in the ledger already.
 */
function refusalRows(analysis: Analysis, subjects: Subjects): Table['rows'] {
  const known = new Map<string, { readonly refusal: Refusal; readonly touched: Set<Comparison> }>();
  const whole = new Map(analysis.refusals.map((refusal) => [refusal.rule, refusal]));
  for (const [rule, refusal] of whole) known.set(rule, { refusal, touched: new Set() });
  for (const comparison of analysis.comparisons) {
    for (const refusal of comparison.refusals) {
      const message = refusal.message.replace(/ \([^()]*: .*\)\.$/s, '.');
      const key = whole.has(refusal.rule)
        ? refusal.rule
        : JSON.stringify([refusal.rule, kindOfReason(message)]);
      const row = known.get(key) ?? { refusal: { ...refusal, message }, touched: new Set<Comparison>() };
      row.touched.add(comparison);
      known.set(key, row);
    }
  }
  return [...known.values()].map(({ refusal: { rule, message, remedy }, touched }) => {
    const titles = [...new Set([...touched].map(({ metric }) => subjects.metric(metric)?.title ?? metric))];
    const parts = [
      ...(whole.has(rule) ? ['the whole run'] : []),
      ...(touched.size === 0 ? [] : [`${count(touched.size, 'comparison')}: ${few(titles, 4)}`]),
    ];
    return {
      head: `${rule}: ${rules[rule].title}`,
      cells: [text(message), text(remedy), text(parts.join('; '))],
    };
  });
}

/** A reason without its figures and names, which differ from pair to pair. */
function kindOfReason(message: string): string {
  return message.replaceAll(/"[^"]*"|[\d.]+/g, '');
}

export function failuresSection(record: RunRecord, analysis: Analysis, subjects: Subjects): Section {
  const blocks: Block[] = [];
  if (analysis.failures.length > 0) {
    const rows = analysis.failures.map((item) => ({
      head: subjects.label(item.cell),
      cells: [text(failureWords[item.reason]), number(String(item.count)), text(item.example)],
    }));
    blocks.push({
      kind: 'table',
      table: table(
        'failures',
        'Launches that failed',
        columns('Runner', 'What happened', '#Launches', 'Example'),
        rows,
      ),
    });
    for (const item of analysis.failures) {
      if (item.detail.trim() === '') continue;
      blocks.push({
        kind: 'code',
        title: `Last words of ${subjects.label(item.cell)}, ${failureWords[item.reason]}`,
        text: item.detail,
      });
    }
  }
  if (record.voided.length > 0) {
    const rows = partsOf(record).flatMap((part) =>
      part.voided.map((item) => ({
        head: blockWords(record, part, item.block),
        cells: [text(item.rule), text(item.detail)],
      })),
    );
    blocks.push({
      kind: 'table',
      table: table('voided', 'Voided blocks', columns('Block', 'Rule', 'Detail'), rows),
    });
  }
  const skips = skipsOf(record);
  if (skips.length > 0) {
    const rows = skips.map(({ runner, what, reason, hint }) => ({
      head: runner,
      cells: [text(what), text(reason), text(hint)],
    }));
    blocks.push({
      kind: 'table',
      table: table(
        'skipped',
        'Not measured on this host',
        columns('Runner', 'What', 'Why', 'What would help'),
        rows,
      ),
    });
  }
  return {
    id: 'failures',
    title: 'Failures, voided blocks, skipped runners',
    link: 'Failures',
    lead:
      blocks.length === 0
        ? ['Every planned launch succeeded, no block was voided and no runner was skipped.']
        : [],
    blocks,
  };
}

/** A block by its number in its own run. */
function blockWords(record: RunRecord, part: RunRecord, block: number): string {
  if (record.parts === undefined || block < 0) return String(block);
  const first = Math.min(
    ...part.header.trials.filter((trial) => trial.block >= 0).map((trial) => trial.block),
  );
  return `${part.header.scenario.name}, ${block - first}`;
}

export function hostSection(record: RunRecord): Section {
  const { host } = record.header;
  const rows = (facts: Readonly<Record<string, string>>, role: string): Table['rows'] =>
    Object.entries(facts).map(([key, value]) => ({ head: key, cells: [text(value), text(role)] }));
  const facts = [
    ...rows(host.must, 'must match'),
    ...rows(host.note, 'shown'),
    ...rows(host.ignore, 'ignored'),
  ];
  const drifted = record.end !== null && record.end.hostHashAfter !== host.hash;
  const lead = [
    `${host.hostname}: ${machineWords(host.must)}. Fingerprint ${shortDigests(host.hash)}, over the facts that must match when runs are compared.`,
  ];
  if (drifted) lead.push(`It changed during the run, to ${shortDigests(record.end.hostHashAfter)}.`);
  return {
    id: 'host',
    title: 'The host',
    link: 'Host',
    lead,
    blocks: [
      reference(
        table(
          'host',
          `Every host fact (${facts.length})`,
          columns('Fact', 'Value', 'When comparing runs'),
          facts,
        ),
      ),
    ],
  };
}
