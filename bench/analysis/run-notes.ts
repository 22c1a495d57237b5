/** What holds for a run as a whole: conclusions withheld from all of it, and warnings for its first screen. */
import { formatShare } from '../../model/units.ts';
import { partsOf } from '../record/merge.ts';
import type { Analysis, Comparison, Refusal, Warning } from '../../model/analysis.ts';
import type { RecordedTrial, RecordHeader, RunRecord } from '../../model/record.ts';
import { blocksToFire, canFire, minimumBlocks } from '../statistics/power.ts';
import { type OrderFinding, refusalForOrder, warningForFixedOrder } from './order.ts';
import { isVirtualMachine } from './pairs.ts';
import { meanDrift } from './refusals.ts';
import { voidBlocks } from './values.ts';

type Blocks = Analysis['blocks'];

/** Conclusions withheld for the run as a whole. `used`: numbers of the blocks that count. */
export function runRefusals(record: RunRecord, used: ReadonlySet<number>): Refusal[] {
  return [
    ...byPart(record, (part) => {
      const order = refusalForOrder(part.trials);
      return [...(order === null ? [] : [order]), ...tooFewBlocks(blocksOf(part, used))];
    }),
    ...emulated(record),
    ...byPart(record, changed),
  ];
}

/** Warnings for the run as a whole. */
export function runWarnings(
  record: RunRecord,
  used: ReadonlySet<number>,
  comparisons: readonly Comparison[],
  effects: readonly OrderFinding[],
  trials: readonly RecordedTrial[],
): Warning[] {
  return [
    ...byPart(record, (part) => incomplete(part, blocksOf(part, used))),
    ...uncleaned(record),
    ...overdue(record),
    ...lookedInside(record),
    ...byPart(record, (part) => controls(part, comparisons)),
    ...byPart(record, (part) => {
      const fixed = warningForFixedOrder(part.trials);
      return fixed === null ? [] : [fixed];
    }),
    ...orderEffects(effects),
    ...disturbances(trials, record.header),
    ...byPart(record, (part) => powerless(part, comparisons, blocksOf(part, used))),
  ];
}

/** What is found in each run; of a merged record it is said once, with the scenarios it holds for. */
function byPart<Note extends { readonly message: string }>(
  record: RunRecord,
  find: (part: RunRecord) => readonly Note[],
): Note[] {
  const parts = partsOf(record);
  const found = new Map<string, { readonly note: Note; readonly scenarios: string[] }>();
  for (const part of parts) {
    for (const note of find(part)) {
      const known = found.get(JSON.stringify(note)) ?? { note, scenarios: [] };
      known.scenarios.push(part.header.scenario.name);
      found.set(JSON.stringify(note), known);
    }
  }
  return [...found.values()].map(({ note, scenarios }) =>
    scenarios.length === parts.length
      ? note
      : { ...note, message: `${scenarios.join(', ')}: ${note.message}` },
  );
}

/** Blocks of one run: planned, used, voided. */
function blocksOf(part: RunRecord, used: ReadonlySet<number>): Blocks {
  const own = new Set(part.trials.map(({ block }) => block));
  return {
    planned: part.header.blocks,
    used: [...used].filter((block) => own.has(block)).length,
    voided: voidBlocks(part).size,
  };
}

function tooFewBlocks({ used, voided }: Blocks): Refusal[] {
  if (used >= minimumBlocks) return [];
  return [
    {
      rule: used === 0 && voided > 0 ? 'C30' : 'C3',
      message: `Blocks that could be used: ${used}${voided > 0 ? `, void: ${voided}` : ''}. No verdicts.`,
      remedy: `Run at least ${minimumBlocks} blocks; 30 is the default ("--blocks 30").`,
    },
  ];
}

function emulated({ header }: RunRecord): Refusal[] {
  const runners = header.cells
    .filter((cell) => isVirtualMachine(cell) && cell.acceleration.class === 'tcg')
    .map(({ runner }) => runner);
  if (runners.length === 0) return [];
  const names = [...new Set(runners)].map((runner) => `"${runner}"`).join(', ');
  return [
    {
      rule: 'C17',
      message: `${names} ran on an emulated CPU: no performance verdict on virtual machines; their numbers are emulated, not representative.`,
      remedy: 'Run on a host where KVM can run a guest; "tare doctor" says what this one lacks.',
    },
  ];
}

function changed({ header, end }: RunRecord): Refusal[] {
  if (end === null || end.hostHashAfter === header.host.hash) return [];
  return [
    {
      rule: 'C9',
      message: 'The host changed during the run: no verdicts.',
      remedy: 'Run again without changing kernel settings, CPU governor or memory options meanwhile.',
    },
  ];
}

function incomplete({ end }: RunRecord, { planned, used, voided }: Blocks): Warning[] {
  const warnings: Warning[] = [];
  if (end === null || end.state !== 'complete') {
    const how = end === null ? 'has no end (killed, or still going)' : `was ${end.state}`;
    warnings.push({ code: 'incomplete', message: `The run ${how}.` });
  }
  if (used < planned) {
    const why = voided > 0 ? `; ${voided} voided` : '';
    warnings.push({
      code: 'fewer-blocks',
      message: `${used} of ${planned} planned blocks are analysed${why}.`,
    });
  }
  return warnings;
}

function uncleaned({ trials }: RunRecord): Warning[] {
  const unclean = trials.filter(({ cleanupProven }) => !cleanupProven);
  if (unclean.length === 0) return [];
  const leftovers = [...new Set(unclean.flatMap(({ leftovers: left }) => left))].slice(0, 5).join(', ');
  return [
    {
      code: 'unclean',
      message: `After ${unclean.length} launches clean-up was not proven${leftovers === '' ? '' : ` (${leftovers})`}; their blocks are void (C30).`,
    },
  ];
}

/** Main programs that did not end when they were asked to: their way out is missing among the numbers. */
function overdue({ trials }: RunRecord): Warning[] {
  const ends = trials.flatMap(({ cell, observations }) =>
    observations.filter((one) => one.kind === 'service-end').map((end) => ({ cell, ...end })),
  );
  const killed = ends.filter(({ how }) => how === 'killed');
  const [first] = killed;
  if (first === undefined) return [];
  const cells = [...new Set(killed.map(({ cell }) => cell))];
  const some = `${cells.slice(0, 4).join(', ')}${cells.length > 4 ? ', ...' : ''}`;
  return [
    {
      code: 'overdue',
      message: `${killed.length} of ${ends.length} main programs did not end within ${first.graceSeconds} s of ${first.signal} and were killed (${some}): their time to end is missing.`,
    },
  ];
}

/** Beyond this share of a start's CPU time, what looking from inside may have taken of it has to be told. */
const lookingShare = 0.1;

/** Services that only the agent could find ready: its own CPU time is subtracted, and not exactly known. */
function lookedInside({ trials }: RunRecord): Warning[] {
  const looked = trials.flatMap(({ cell, observations, samples }) => {
    const seen = observations.find((one) => one.kind === 'service-seen');
    const value = samples.find(({ metric }) => metric === 'startup.cpu')?.value;
    if (seen?.by !== 'look' || value === undefined || seen.errorSeconds <= lookingShare * value) return [];
    return [{ cell, errorSeconds: seen.errorSeconds }];
  });
  const [first] = looked;
  if (first === undefined) return [];
  const cells = [...new Set(looked.map(({ cell }) => cell))].join(', ');
  return [
    {
      code: 'looked-inside',
      message: `startup.cpu of ${cells} is true to ${first.errorSeconds} s only: whether the service was ready could be found out from inside alone, and the CPU time of looking is subtracted as the kernel's ticks tell it.`,
    },
  ];
}

/** C1: the A/A pair is the run's own check on itself. */
function controls({ header }: RunRecord, comparisons: readonly Comparison[]): Warning[] {
  const own = new Set(header.cells.map(({ id }) => id));
  const pairs = comparisons.filter(({ kind, subject }) => kind === 'control' && own.has(subject));
  if (pairs.length === 0) {
    const planned = header.control !== null && header.cells.some(({ role }) => role === 'control');
    const why = planned ? 'The A/A control has no analysed launches' : 'No A/A control was run';
    return [{ code: 'no-control', message: `${why}: false alarms of this host are unknown (C1).` }];
  }
  return pairs
    .filter(({ verdict }) => verdict === 'regression' || verdict === 'improvement')
    .map(({ metric, subject, ratio }) => ({
      code: 'control-differs',
      message: `The A/A control ${subject} differs from its twin in ${metric} (ratio ${ratio?.toFixed(3) ?? 'unknown'}, truth 1): distrust other differences of this size in this run.`,
    }));
}

function orderEffects(effects: readonly OrderFinding[]): Warning[] {
  if (effects.length === 0) return [];
  const metrics = [...new Set(effects.map(({ metric }) => metric))];
  return [
    {
      code: 'order-effect',
      message: `The order of launches shows in ${metrics.join(', ')}: verdicts on differences of that size are withheld (B1).`,
    },
  ];
}

function disturbances(used: readonly RecordedTrial[], { imported, host }: RecordHeader): Warning[] {
  const warnings: Warning[] = [];
  if (imported === null && used.length > 0 && used.every(({ drift }) => drift === null)) {
    warnings.push({
      code: 'site-load-unreported',
      message: `${host.hostname} does not report its CPU time: time stolen from it and load from others are neither seen nor voided (C9, C19).`,
    });
  }
  const steal = meanDrift(used, 'stealShare');
  if (steal !== null && steal > 0.01) {
    warnings.push({
      code: 'host-steal',
      message: `This host is itself a guest and lost ${formatShare(steal)} of its CPU time.`,
    });
  }
  const unknown = used.filter(({ drift }) => drift !== null && drift.foreignCores === null).length;
  if (unknown > 0) {
    warnings.push({
      code: 'foreign-load-unknown',
      message: `Load from other programs is not known for ${unknown} of ${used.length} launches: their instances had no cgroup that counts CPU, so tare cannot tell their work from that of others. Run as root, or in a delegated cgroup (systemd-run --user --scope -p Delegate=yes).`,
    });
  }
  const foreign = meanDrift(used, 'foreignCores');
  if (foreign !== null && foreign > 0.05) {
    warnings.push({
      code: 'foreign-load',
      message: `Other programs kept ${foreign.toFixed(2)} cores busy during launches.`,
    });
  }
  const frequencies = used.flatMap(({ drift }) => drift?.frequencyMHz ?? []).sort((a, b) => a - b);
  const slow = frequencies[Math.floor(frequencies.length * 0.1)];
  const fast = frequencies[Math.floor(frequencies.length * 0.9)];
  if (slow !== undefined && fast !== undefined && fast > 1.1 * slow) {
    warnings.push({
      code: 'frequency-drift',
      message: `CPU frequency moved between ${slow.toFixed(0)} and ${fast.toFixed(0)} MHz during the run.`,
    });
  }
  return warnings;
}

/** C8: with too few blocks for the number of tests, not even a tenfold difference can be significant. */
function powerless({ header }: RunRecord, comparisons: readonly Comparison[], { used }: Blocks): Warning[] {
  const own = new Set(header.cells.map(({ id }) => id));
  const family = comparisons.find(
    ({ kind, subject, pAdjusted }) => kind === 'runners' && own.has(subject) && pAdjusted !== null,
  );
  if (family === undefined || canFire(used, family.familySize)) return [];
  return [
    {
      code: 'cannot-fire',
      message: `With ${used} blocks a single difference among ${family.familySize} comparisons cannot be shown, only several at once: it takes ${blocksToFire(family.familySize)} blocks, or fewer metrics (C8).`,
    },
  ];
}
