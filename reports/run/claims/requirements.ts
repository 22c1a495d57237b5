/**
 * Who could run what requires a kernel, a module, an architecture or a system of its own: told from what
 * was looked at inside each instance, or refused before one was started. Claim S4 is answered from here.
 */
import type { RunRecord } from '../../../model/record.ts';
import type { ClaimRow, ClaimState } from '../../parts/claim.ts';
import type { Isolation } from '../../../model/instance.ts';
import type { Subjects } from '../../parts/subjects.ts';

/** How one runner stands to one requirement. */
interface Standing {
  readonly runner: string;
  /** Null: a runner of which no cell could be prepared at all. */
  readonly isolation: Isolation | null;
  readonly state: 'met' | 'unmet' | 'refused' | 'failed';
  readonly words: string;
}

/** Requirements of the record in its order, each with every runner that was asked. */
function standings(record: RunRecord, subjects: Subjects): ReadonlyMap<string, readonly Standing[]> {
  const found = new Map<string, Standing[]>();
  const add = (requires: string, standing: Standing) =>
    found.set(requires, [...(found.get(requires) ?? []), standing]);
  for (const cell of record.header.cells) {
    if (cell.requires === undefined || cell.role === 'control') continue;
    const trials = record.trials.filter((trial) => trial.cell === cell.id);
    if (trials.length === 0) continue;
    add(cell.requires, {
      runner: cell.runner,
      isolation: subjects.isolation(cell.id),
      ...standingOf(trials),
    });
  }
  for (const { requires, runner, reason } of record.header.skipped) {
    if (requires === undefined) continue;
    const twin = record.header.cells.find((cell) => cell.runner === runner);
    const isolation = twin === undefined ? null : subjects.isolation(twin.id);
    add(requires, { runner, isolation, state: 'refused', words: reason });
  }
  return found;
}

function standingOf(trials: RunRecord['trials']): Pick<Standing, 'state' | 'words'> {
  for (const { outcome } of trials) {
    if (outcome.state === 'failed' && outcome.reason === 'requirement') {
      return { state: 'unmet', words: outcome.message };
    }
  }
  const well = trials.find(({ outcome }) => outcome.state === 'ok');
  const [first] = trials;
  if (well === undefined) {
    const why = first?.outcome.state === 'failed' ? first.outcome.message : 'unknown';
    return { state: 'failed', words: `failed for another reason (${why})` };
  }
  const printed = well.outputs.find(({ program }) => program === 'requirements')?.stdout ?? '';
  const release = /^kernel (\S+)$/m.exec(printed)?.[1];
  return { state: 'met', words: release === undefined ? 'met' : `met, by kernel ${release}` };
}

/** Rows of S4: one per requirement. */
export function requirementRows(record: RunRecord, subjects: Subjects): ClaimRow[] {
  const rows = [...standings(record, subjects)].map(([requires, all]): ClaimRow => ({
    resource: `needs ${requires}`,
    state: stateOf(all),
    evidence: `${said(all)}.`,
    metric: null,
    rule: null,
  }));
  if (rows.length > 0) return rows;
  const evidence =
    'No workload required anything of the system; to find out, run the scenario "portability", or give a workload `requires:`.';
  return [{ resource: 'requirements', state: 'not-measured', evidence, metric: null, rule: null }];
}

/** Holds where no container had it and a VM had; nothing is said where no runner here could be asked. */
function stateOf(all: readonly Standing[]): ClaimState {
  const of = (wanted: Isolation) => all.filter(({ isolation }) => isolation === wanted);
  const containers = of('container').filter(({ state }) => state !== 'failed');
  const met = (some: readonly Standing[]) => some.filter(({ state }) => state === 'met').length;
  if (containers.length === 0 || all.every(({ state }) => state === 'refused')) return 'not-measured';
  if (met(containers) === containers.length) return 'does-not-hold';
  return met(containers) === 0 && met(of('virtual machine')) > 0 ? 'holds' : 'partly';
}

/** "a, b: words; c: other words". */
function said(all: readonly Standing[]): string {
  const groups = new Map<string, string[]>();
  for (const { runner, words } of all) groups.set(words, [...(groups.get(words) ?? []), runner]);
  return [...groups].map(([words, runners]) => `${runners.join(', ')}: ${words}`).join('; ');
}

/** What some runner could not run, for the first screen. */
export function requirementLines(record: RunRecord, subjects: Subjects): string[] {
  return [...standings(record, subjects)]
    .filter(([, all]) => all.some(({ state }) => state === 'unmet'))
    .map(([requires, all]) => `${requires}: ${said(all)}.`);
}
