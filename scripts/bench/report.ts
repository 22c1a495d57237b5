/** What a report costs from a large record: seconds and peak memory of `tare report`, for 10^5 and 10^6 samples. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedTrial, Sample } from '../../model/record.ts';
import { buildRecord } from '../../bench/record/testing/builder.ts';
import { createRecord } from '../../bench/record/record.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { run, tare } from '../process.ts';
import { boundRow, type Bench, type Row } from './row.ts';

const sizes = [
  { samples: 100_000, secondsGoal: 10, mebibytesGoal: 1024 },
  { samples: 1_000_000, secondsGoal: null, mebibytesGoal: null },
] as const;

/** Spreads the wanted number of samples over the trials of a plausible record, and writes it down. */
function writeRecord(folder: string, wanted: number): void {
  const record = buildRecord({ blocks: 60 });
  const measured = record.trials.filter((trial) => trial.samples.length > 0);
  const copies = Math.ceil(wanted / measured.reduce((sum, trial) => sum + trial.samples.length, 0));
  // Values differ a little, so that they compress and sort like measurements and not like constants.
  const widen = (sample: Sample): readonly Sample[] =>
    Array.from({ length: copies }, (_, i) => ({
      ...sample,
      value: sample.value * (1 + ((i * 37) % 101) / 5000),
    }));
  const writer = createRecord(folder, record.header);
  for (const trial of record.trials) {
    const grown: RecordedTrial = { ...trial, samples: trial.samples.flatMap(widen) };
    writer.append(grown);
  }
  if (record.end !== null) writer.append(record.end);
  writer.close();
}

async function measure(
  samples: number,
  seconds: number | null,
  mebibytes: number | null,
): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-'));
  try {
    const out = join(folder, 'record');
    writeRecord(out, samples);
    const peak = join(folder, 'peak');
    // Loaded before the command: notes the process's own peak resident memory (KiB) as it exits.
    const probe = join(folder, 'probe.mjs');
    writeFileSync(
      probe,
      `import { writeFileSync } from 'node:fs';
       process.on('exit', () => writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS)));`,
    );
    const [node = '', ...rest] = tare('report', out, '--html', join(folder, 'report.html'));
    const start = monotonicSeconds();
    const { code, stderr } = await run([node, '--import', probe, ...rest]);
    const wall = monotonicSeconds() - start;
    if (code !== 0) throw new Error(`tare report exits ${String(code)}: ${stderr}`);
    const peakMebibytes = Number(readFileSync(peak, 'utf8')) / 1024;
    const label = `report of ${samples.toLocaleString('en')} samples`;
    return [
      boundRow(`${label}: time`, wall, 's', seconds),
      boundRow(`${label}: peak memory`, peakMebibytes, 'MiB', mebibytes),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const report: Bench = async (say) => {
  const rows: Row[] = [];
  for (const { samples, secondsGoal, mebibytesGoal } of sizes) {
    say(`report: ${String(samples)} samples`);
    rows.push(...(await measure(samples, secondsGoal, mebibytesGoal)));
  }
  return rows;
};
