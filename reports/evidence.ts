/**
 * What qualifies the numbers: claims put to the test, the fairness ledger, what was refused and what
 * would lift it, failures with their last words, and the machine.
 */
import type { Analysis, LedgerRow, RunRecord } from '../bench/model.ts';
import { claimsOf } from './claims.ts';
import type { Block, Section, Table, Tone } from './parts.ts';
import { badge, columns, number, table, text } from './parts.ts';
import type { Subjects } from './subjects.ts';
import { few, warningLines } from './warnings.ts';
import { claimWords, count, failureWords, lowerFirst } from './words.ts';

export function claimsSection(record: RunRecord, analysis: Analysis): Section {
  const blocks = claimsOf(record, analysis).map((claim): Block => {
    const rows = claim.rows.map((row) => ({
      head: row.resource,
      cells: [
        badge(
          claimWords[row.state].text +
            (row.rule === null || row.state !== 'refused' ? '' : `: rule ${row.rule}`),
          claimWords[row.state].tone,
        ),
        text(row.evidence),
      ],
    }));
    const caption = `${claim.id}: “${claim.statement}” On this host: ${claimWords[claim.state].text}.`;
    return {
      kind: 'table',
      table: table(`claim-${claim.id}`, caption, columns('Part', 'Finding', 'Evidence'), rows),
    };
  });
  return {
    id: 'claims',
    title: 'What people say, and what we saw',
    lead: [
      'Each part answers for itself; there is no overall score. “Orders of magnitude” means at least ten times, with the whole interval above ten.',
    ],
    blocks,
  };
}

export function ledgerSection(analysis: Analysis): Section {
  const tones: Readonly<Record<'same' | 'different' | 'unknown', Tone>> = {
    same: 'same',
    different: 'warn',
    unknown: 'unsure',
  };
  const rows = analysis.ledger.map((row) => ({
    head: row.title,
    cells: [
      badge(row.state, tones[row.state]),
      text(row.state === 'same' ? (row.values[0]?.value ?? 'unknown') : sidesOf(row)),
      text(row.consequence),
      text(row.voids.length === 0 ? 'none' : row.voids.join(', ')),
    ],
  }));
  const unlike = analysis.ledger.filter((row) => row.state !== 'same');
  return {
    id: 'fairness',
    title: 'Fairness ledger',
    lead: [
      unlike.length === 0
        ? 'Every recorded condition is the same on every side.'
        : `Not like-for-like: ${unlike.map((row) => lowerFirst(row.title)).join(', ')}.`,
    ],
    blocks: [
      {
        kind: 'table',
        table: table(
          'ledger',
          'Conditions compared between runners',
          columns('Condition', 'State', 'Values', 'What it means', 'Verdicts voided'),
          rows,
        ),
      },
    ],
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
  const seen = new Map<string, { row: readonly [string, string, string]; touched: Set<string> }>();
  const add = (rule: string, message: string, remedy: string, touched: string) => {
    const key = JSON.stringify([rule, message, remedy]);
    const known = seen.get(key) ?? { row: [rule, message, remedy], touched: new Set<string>() };
    known.touched.add(touched);
    seen.set(key, known);
  };
  for (const item of analysis.refusals) add(item.rule, item.message, item.remedy, 'the whole run');
  for (const comparison of analysis.comparisons) {
    const title = subjects.metric(comparison.metric)?.title ?? comparison.metric;
    for (const item of comparison.refusals)
      add(item.rule, item.message, item.remedy, `${title} (${subjects.pair(comparison)})`);
  }
  const rows = [...seen.values()].map(({ row: [rule, message, remedy], touched }) => ({
    head: rule,
    cells: [text(message), text(remedy), text(few([...touched], 6))],
  }));
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
  if (warnings.length > 0) {
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
    lead:
      rows.length === 0
        ? ['No conclusion was refused.']
        : ['A refused number stays in the tables; it only carries no verdict.'],
    blocks,
  };
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
    const rows = record.voided.map((item) => ({
      head: String(item.block),
      cells: [text(item.rule), text(item.detail)],
    }));
    blocks.push({
      kind: 'table',
      table: table('voided', 'Voided blocks', columns('Block', 'Rule', 'Detail'), rows),
    });
  }
  if (record.header.skipped.length > 0) {
    const rows = record.header.skipped.map((item) => ({
      head: item.runner,
      cells: [text(item.cell), text(item.reason), text(item.hint)],
    }));
    blocks.push({
      kind: 'table',
      table: table(
        'skipped',
        'Not measured on this host',
        columns('Runner', 'Cell', 'Why', 'What would help'),
        rows,
      ),
    });
  }
  return {
    id: 'failures',
    title: 'Failures, voided blocks, skipped runners',
    lead:
      blocks.length === 0
        ? ['Every planned launch succeeded, no block was voided and no runner was skipped.']
        : [],
    blocks,
  };
}

export function hostSection(record: RunRecord): Section {
  const { host } = record.header;
  const rows = (facts: Readonly<Record<string, string>>, role: string): Table['rows'] =>
    Object.entries(facts).map(([key, value]) => ({ head: key, cells: [text(value), text(role)] }));
  const drifted = record.end !== null && record.end.hostHashAfter !== host.hash;
  const lead = [`Fingerprint of ${host.hostname}: ${host.hash}.`];
  if (drifted) lead.push(`It changed during the run, to ${record.end.hostHashAfter}.`);
  return {
    id: 'host',
    title: 'The host',
    lead,
    blocks: [
      {
        kind: 'table',
        table: table('host', 'Host facts', columns('Fact', 'Value', 'When comparing runs'), [
          ...rows(host.must, 'must match'),
          ...rows(host.note, 'shown'),
          ...rows(host.ignore, 'ignored'),
        ]),
      },
    ],
  };
}
