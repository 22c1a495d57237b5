/** How much of a quick run's wall time is measurement: launches over everything else (planning, pauses, reports). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord } from '../../bench/record/record.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { root, run, tare } from '../process.ts';
import type { Bench } from './row.ts';

export const share: Bench = async (say) => {
  say('share: one run of the quick scenario');
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-'));
  try {
    const out = join(folder, 'record');
    const start = monotonicSeconds();
    const { code, stderr } = await run(tare('run', join(root, 'scenarios/quick.yaml'), '--out', out));
    const wall = monotonicSeconds() - start;
    if (code !== 0) throw new Error(`tare run exits ${String(code)}: ${stderr}`);
    const trials = readRecord(out).trials;
    const inside = trials.reduce((sum, trial) => sum + trial.wallSeconds, 0) / wall;
    return [
      {
        what: `share of a quick run (${wall.toFixed(0)} s) inside trials`,
        value: inside.toFixed(3),
        n: trials.length,
        goal: '>= 0.9',
        met: inside >= 0.9,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
