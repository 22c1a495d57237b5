/**
 * What a long history costs: `tare history` of 5,000 runs, read for the first time and again from its cache,
 * against a program that does nothing but parse the same files as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildRecord } from '../../bench/record/testing/builder.ts';
import { createRecord } from '../../bench/record/record.ts';
import { monotonicSeconds } from '../../host/clock.ts';
import { run, tare } from '../process.ts';
import { boundRow, interleave, ratioRow, type Bench } from './row.ts';

const runs = 5000;
const rounds = 6;
/** Of equal content but for their times, as writing them is no part of what is measured. */
const kinds = 50;

function writeRuns(folder: string): void {
  const built = Array.from({ length: kinds }, (_, at) => buildRecord({ seed: at + 1, blocks: 8 }));
  for (let at = 0; at < runs; at += 1) {
    const record = built[at % kinds];
    if (record === undefined) return;
    const shift = at * 3_600_000;
    const moved = (instant: string) => new Date(Date.parse(instant) + shift).toISOString();
    const { header, trials, end } = record;
    const writer = createRecord(join(folder, `run-${at}`), {
      ...header,
      runId: `run-${at}`,
      startedAt: moved(header.startedAt),
    });
    for (const trial of trials) writer.append({ ...trial, startedAt: moved(trial.startedAt) });
    if (end !== null) writer.append({ ...end, at: moved(end.at) });
    writer.close();
  }
}

/** The floor: every line of every record parsed, nothing kept. */
const parseAll = `
  const { globSync, readFileSync } = require('node:fs');
  for (const file of globSync('*/record.jsonl', { cwd: process.argv[1] }))
    for (const line of readFileSync(process.argv[1] + '/' + file, 'utf8').split('\\n'))
      if (line !== '') JSON.parse(line);
`;

async function seconds(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const start = monotonicSeconds();
  const { code, stderr } = await run(argv, { env });
  if (code !== 0) throw new Error(`${argv.join(' ')} exits ${String(code)}: ${stderr}`);
  return monotonicSeconds() - start;
}

export const history: Bench = async (say) => {
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-'));
  const env = { XDG_CACHE_HOME: join(folder, 'cache'), TARE_CACHE_DIR: '' };
  try {
    const results = join(folder, 'results');
    say(`history: writing ${String(runs)} runs`);
    writeRuns(results);
    const shown = () => seconds(tare('history', results, '--format', 'json'), env);
    const parsed = () => seconds([process.execPath, '-e', parseAll, results], env);
    say('history: the first reading');
    const first = await shown();
    const floor = await parsed();
    say(`history: ${String(rounds)} rounds`);
    const times = await interleave(rounds, shown, parsed);
    const label = `history of ${runs.toLocaleString('en')} runs`;
    return [
      boundRow(`${label}, the first time`, first, 's', 60),
      boundRow(`${label}, the first time / JSON.parse of them`, first / floor, '', null),
      boundRow(`${label}, from its cache`, Math.max(...times.first), 's', 10, rounds),
      ratioRow(`${label}, from its cache / JSON.parse of them`, times, 1.5),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
