/**
 * As many emulated machines as this host bears: a density sweep of idle machines that ends where the memory
 * kept for the host would be reached, with what one more takes. A fact about memory; nothing about speed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { densityResult } from '../../bench/analysis/density-result.ts';
import { readRecord } from '../../bench/record/record.ts';
import { formatValue } from '../../model/units.ts';
import { run, tare } from '../process.ts';
import type { Bench } from './row.ts';

const scenario = `
name: machines
image: mini
runners: { machine: { kind: qemu, machine: microvm, start: restored } }
control: null
shapes: { small: { cpus: 1, memory: 128MiB } }
blocks: 1
warmup: 0
workloads: { sweep: [{ use: density, instances: 1000, step: 10, parallel: 2 }] }
limits: { trial: 5m }
`;

export const machines: Bench = async (say) => {
  say('machines: as many as the memory bears');
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-'));
  try {
    const file = join(folder, 'machines.yaml');
    writeFileSync(file, scenario);
    const out = join(folder, 'record');
    const { code, stderr } = await run(tare('run', file, '--out', out));
    if (code !== 0) throw new Error(`tare run exits ${String(code)}: ${stderr}`);
    const [trial] = readRecord(out).trials;
    const result = trial === undefined ? null : densityResult(trial);
    if (result === null) throw new Error('no sweep was recorded');
    say(`machines: ${result.end?.evidence ?? 'not finished'}`);
    const { memory, instances, ran } = result;
    const value = (bytes: number | undefined) => formatValue(bytes ?? null, 'B');
    const row = { goal: '', met: null };
    return [
      {
        ...row,
        what: `idle emulated machines of 128 MiB at once (${result.end?.binding ?? 'nothing'} binds)`,
        value: String(instances),
        n: 1,
      },
      {
        ...row,
        what: 'memory of one more of them',
        value: `${value(memory?.slope)} [${value(memory?.interval?.low)}, ${value(memory?.interval?.high)}]`,
        n: ran,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
