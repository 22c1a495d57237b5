/**
 * Progress of a run as people like to see it: a status line on a terminal, one line per launch elsewhere.
 * Listens to events and writes text; decides nothing.
 */
import { densityResult, type DensityResult } from '../bench/analysis/density-result.ts';
import { formatValue } from '../model/units.ts';
import type { Cell } from '../model/plan.ts';
import type { RecordedTrial } from '../model/record.ts';
import type { ProgressEvent } from '../bench/instance/tools.ts';
import type { Output } from './command.ts';
import { clock } from './table.ts';

/** A listener for one run. `now` is any clock in seconds. */
export function showProgress(
  output: Output,
  cells: readonly Cell[],
  blocks: number,
  now: () => number,
): (event: ProgressEvent) => void {
  const begun = now();
  const width = Math.max(...cells.map(({ id }) => id.length));
  const skipped = new Set<string>();
  // Remaining time from each cell's own launches: a VM's launch says nothing about a container's.
  const spent = new Map<string, { launches: number; seconds: number }>();
  let remaining: readonly string[] = [];
  const left = () => {
    const known = [...spent.values()];
    const overall =
      known.reduce((sum, { seconds }) => sum + seconds, 0) /
      known.reduce((sum, { launches }) => sum + launches, 0);
    const total = remaining.reduce((sum, cell) => {
      const own = spent.get(cell);
      return sum + (own === undefined ? overall || 0 : own.seconds / own.launches);
    }, 0);
    return total;
  };
  return (event) => {
    switch (event.kind) {
      case 'preparing':
        output.status(`preparing ${event.cell.runner.id} (${event.cell.shape.id})`);
        if (!output.live) output.err(`preparing ${event.cell.runner.id}`);
        return;
      case 'skipped':
        // Cells of one runner that lack the same thing are reported once.
        if (skipped.has(`${event.cell.runner.id}: ${event.reason}`)) return;
        skipped.add(`${event.cell.runner.id}: ${event.reason}`);
        output.err(
          `skipping ${event.cell.runner.id}: ${event.reason}${event.hint === '' ? '' : ` (${event.hint})`}`,
        );
        return;
      case 'started':
        output.err(
          `${event.trials} launches in ${blocks} blocks${event.done > 0 ? `, ${event.done} already done` : ''}; record: ${event.folder}`,
        );
        return;
      case 'planned':
        remaining = event.cells;
        return;
      case 'launching': {
        const { trial, done, total } = event;
        const time = spent.size === 0 ? '' : `  ${clock(now() - begun)} gone, about ${clock(left())} left`;
        output.status(`[${done + 1}/${total}] ${blockName(trial.block, blocks)}  ${trial.cell}${time}`);
        return;
      }
      case 'underway':
        output.status(`${blockName(event.trial.block, blocks)}  ${event.trial.cell}  ${event.words}`);
        return;
      case 'finished': {
        const { result, done, total } = event;
        const own = spent.get(result.cell) ?? { launches: 0, seconds: 0 };
        spent.set(result.cell, { launches: own.launches + 1, seconds: own.seconds + result.wallSeconds });
        const at = remaining.indexOf(result.cell);
        if (at >= 0) remaining = remaining.toSpliced(at, 1);
        if (output.live && result.outcome.state === 'ok') return;
        output.err(
          `[${String(done).padStart(String(total).length)}/${total}] ${blockName(result.block, blocks)} ` +
            `${result.cell.padEnd(width)} ${outcomeText(result)}`,
        );
        return;
      }
      case 'voided':
        output.err(`block ${event.block + 1} is void: ${event.rule}: ${event.detail}`);
    }
  };
}

function blockName(block: number, blocks: number): string {
  return block < 0 ? 'warm-up' : `block ${block + 1}/${blocks}`;
}

function outcomeText(trial: RecordedTrial): string {
  const { outcome, marks, ladder, observations } = trial;
  if (outcome.state === 'failed' && outcome.reason === 'requirement')
    return `cannot run here: ${outcome.message}`;
  if (outcome.state === 'failed') return `FAILED (${outcome.reason}): ${outcome.message}`;
  const swept = densityResult(trial);
  if (swept !== null)
    return `${swept.atLeast ? '>= ' : ''}${swept.instances} instances fit: ${sweptWords(swept)}`;
  const wave = observations.find((one) => one.kind === 'wave');
  if (wave !== undefined) {
    return `${wave.ready.length} more ready in ${formatValue(wave.ready.at(-1)?.ready ?? null, 's')}`;
  }
  if (ladder.length > 0) return `${ladder.at(-1)?.instances ?? 0} instances measured`;
  const at = (name: string) => marks.find((mark) => mark.name === name)?.at;
  const [from, to] = [at('T0'), at('T6')];
  return from === undefined || to === undefined ? 'done' : `ready in ${formatValue(to - from, 's')}`;
}

function sweptWords({ end }: DensityResult): string {
  if (end === null) return 'not finished';
  return end.binding === null ? end.evidence : `${end.binding} is the bottleneck (${end.evidence})`;
}
