/**
 * Did the same software do the same everywhere? Read from what every launch proved and printed, never
 * from what was meant to run.
 */
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow, ClaimState } from '../../parts/claim.ts';
import { count } from '../../parts/words.ts';

/** The rows of claim S2: same image, same output. */
export function sameRows(record: RunRecord): ClaimRow[] {
  return [digestRow(record), ...brokenRows(record), ...outputRows(record)];
}

function analysed(record: RunRecord): RunRecord['trials'] {
  return record.trials.filter((trial) => trial.block >= 0 && trial.outcome.state === 'ok');
}

function digestRow(record: RunRecord): ClaimRow {
  const row = (state: ClaimState, evidence: string) => rowOf('same image', state, evidence);
  const other = record.trials.find(
    (trial) => trial.outcome.state === 'failed' && trial.outcome.reason === 'digest-mismatch',
  );
  if (other !== undefined) return row('does-not-hold', `${other.cell} ran an image of another digest.`);
  const trials = analysed(record);
  const proven = trials.filter((trial) => trial.provenDigest !== null);
  const cells = new Set(proven.map((trial) => trial.cell));
  if (cells.size < 2) {
    return row('not-measured', 'Fewer than two runners proved their image; run a scenario with two runners.');
  }
  const wrong = proven.find((trial) => trial.provenDigest !== record.header.imageDigest);
  if (wrong !== undefined)
    return row('does-not-hold', `${wrong.cell} proved another digest than the run’s image.`);
  const proof = `the digest ${record.header.imageDigest} was proven from inside in ${count(proven.length, 'launch', 'launches')} of ${trials.length}, on ${count(cells.size, 'cell')}`;
  return proven.length === trials.length ? row('holds', `${proof}.`) : row('partly', `Only ${proof}.`);
}

/**
 * One row per piece of deterministic work: its digest is the same on every runner, or it is told who
 * differs. Each runner's launches must first agree with themselves: what varies by itself is not
 * deterministic, and shows nothing about runners.
 */
function outputRows(record: RunRecord): ClaimRow[] {
  const works = new Map<string, Map<string, Map<string, string>>>();
  const cellOf = new Map(record.header.cells.map((cell) => [cell.id, cell]));
  const order = [...new Set(record.header.cells.map((cell) => cell.runner))];
  // A busy host does not change what is computed, so voided blocks count here.
  for (const trial of analysed(record)) {
    const runner = cellOf.get(trial.cell)?.runner ?? trial.cell;
    for (const observation of trial.observations) {
      if (observation.kind !== 'output-digest') continue;
      const runners = works.get(observation.work) ?? new Map<string, Map<string, string>>();
      const digests = runners.get(runner) ?? new Map<string, string>();
      digests.set(observation.digest, observation.text);
      works.set(observation.work, runners.set(runner, digests));
    }
  }
  if (works.size === 0) {
    const toMeasure = 'No deterministic work was done; to find out, run the scenario "portability".';
    return [rowOf('same output', 'not-measured', toMeasure)];
  }
  return [...works].map(([work, runners]) => workRow(work, runners, order));
}

/** Work that ended otherwise than well on some runner: with an error, or with rubbish. */
function brokenRows(record: RunRecord): ClaimRow[] {
  const runnerOf = new Map(record.header.cells.map((cell) => [cell.id, cell.runner]));
  const broken = new Map<string, string>();
  for (const { cell, outcome, outputs } of record.trials) {
    if (outcome.state === 'ok' || outputs.at(-1)?.program !== 'portability') continue;
    if (outcome.reason === 'crash' || outcome.reason === 'bad-output') {
      broken.set(runnerOf.get(cell) ?? cell, outcome.message);
    }
  }
  if (broken.size === 0) return [];
  const words = [...broken].map(([runner, message]) => `${runner}: ${message}`);
  return [rowOf('ends without error', 'does-not-hold', `${words.join('; ')}.`)];
}

function workRow(
  work: string,
  runners: ReadonlyMap<string, ReadonlyMap<string, string>>,
  order: readonly string[],
): ClaimRow {
  const resource = `same output: ${work}`;
  const names = order.filter((name) => runners.has(name));
  const wavering = names.filter((name) => (runners.get(name)?.size ?? 0) > 1);
  if (wavering.length > 0) {
    return rowOf(resource, 'does-not-hold', `Launches of ${wavering.join(', ')} differ among themselves.`);
  }
  const byDigest = new Map<string, { readonly text: string; readonly names: string[] }>();
  for (const name of names) {
    for (const [digest, text] of runners.get(name) ?? []) {
      const group = byDigest.get(digest) ?? { text, names: [] };
      group.names.push(name);
      byDigest.set(digest, group);
    }
  }
  if (names.length < 2) {
    return rowOf(resource, 'not-measured', `Done on ${names.join('')} alone; run it on two runners.`);
  }
  const [only] = byDigest.keys();
  if (byDigest.size === 1) {
    return rowOf(resource, 'holds', `${names.join(', ')}: output ${only ?? ''} on each.`);
  }
  const sides = [...byDigest].map(
    ([digest, group]) => `${group.names.join(', ')}: ${digest} (${shownText(group.text)})`,
  );
  return rowOf(resource, 'does-not-hold', `${sides.join('; ')}.`);
}

function shownText(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function rowOf(resource: string, state: ClaimState, evidence: string): ClaimRow {
  return { resource, state, evidence, metric: null, rule: null };
}
