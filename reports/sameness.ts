/**
 * Did the same software do the same everywhere? Read from what every launch proved and printed, never
 * from what was meant to run.
 */
import type { ClaimRow, ClaimState, RunRecord } from '../bench/model.ts';
import { count } from './words.ts';

/** The rows of claim S2: same image, same output. */
export function sameRows(record: RunRecord): ClaimRow[] {
  return [digestRow(record), outputRow(record)];
}

function analysed(record: RunRecord): RunRecord['trials'] {
  return record.trials.filter((trial) => trial.block >= 0 && trial.outcome.state === 'ok');
}

function digestRow(record: RunRecord): ClaimRow {
  const row = (state: ClaimState, evidence: string): ClaimRow => ({
    resource: 'same image',
    state,
    evidence,
    metric: null,
    rule: null,
  });
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

/** What one program printed on one runner. */
interface Printed {
  readonly outputs: Set<string>;
  failed: number;
  runs: number;
}

/** The same text every time, and more than one time: one launch cannot show what varies by itself. */
function isSteady({ outputs, runs }: Printed): boolean {
  return runs > 1 && outputs.size === 1;
}

/**
 * Output is compared only where it is reproducible at all: a program that prints its own timing
 * differs from launch to launch on one runner and proves nothing about another.
 */
function outputRow(record: RunRecord): ClaimRow {
  const row = (state: ClaimState, evidence: string): ClaimRow => ({
    resource: 'same output',
    state,
    evidence,
    metric: null,
    rule: null,
  });
  const byProgram = new Map<string, Map<string, Printed>>();
  const cellOf = new Map(record.header.cells.map((cell) => [cell.id, cell]));
  for (const trial of analysed(record)) {
    const cell = cellOf.get(trial.cell);
    for (const output of trial.outputs) {
      const key = `${output.program} (${[cell?.workload ?? trial.cell, cell?.shape.id ?? ''].join(' ').trim()})`;
      // The A/A control is the same runner again, so its launches show what varies by itself.
      const runner = cell?.runner ?? trial.cell;
      const runners = byProgram.get(key) ?? new Map<string, Printed>();
      const seen = runners.get(runner) ?? { outputs: new Set(), failed: 0, runs: 0 };
      seen.outputs.add(output.stdout);
      seen.runs += 1;
      if (output.exitCode !== 0) seen.failed += 1;
      runners.set(runner, seen);
      byProgram.set(key, runners);
    }
  }
  const shared = [...byProgram].filter(([, cells]) => cells.size > 1);
  if (shared.length === 0) {
    return row(
      'not-measured',
      'No program ran on two runners; run a scenario whose workload runs a program.',
    );
  }
  for (const [program, cells] of shared) {
    const bad = [...cells].find(([, seen]) => seen.failed > 0);
    if (bad !== undefined) return row('does-not-hold', `${program} ended with an error on ${bad[0]}.`);
    const steady = [...cells].filter(([, seen]) => isSteady(seen));
    const texts = new Set(steady.flatMap(([, seen]) => [...seen.outputs]));
    if (texts.size > 1) {
      return row(
        'does-not-hold',
        `${program} printed different text on ${steady.map(([cell]) => cell).join(' and ')}.`,
      );
    }
  }
  const compared = shared.filter(([, cells]) => {
    const texts = new Set([...cells.values()].flatMap((seen) => [...seen.outputs]));
    return texts.size === 1 || [...cells.values()].every(isSteady);
  });
  const all = `${count(shared.length, 'program')} ended without error on every runner`;
  if (compared.length === shared.length) return row('holds', `${all} and printed the same text.`);
  return row(
    'partly',
    `${all}; ${count(shared.length - compared.length, 'program')} of them print figures of their own that change from launch to launch, or ran too seldom to tell, so that text was not compared.`,
  );
}
