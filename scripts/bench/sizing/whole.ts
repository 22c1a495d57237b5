/**
 * `tare size` from a CSV of different rows to its answer, in a process of its own, against first-fit decreasing on the
 * same file in the same run: CPU seconds of all threads and peak memory, as the kernel counts them for each process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createRandom } from '../../../model/random.ts';
import { boundRow, type Row } from '../row.ts';

interface Goal {
  readonly rows: number;
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

const goals: readonly Goal[] = [
  { rows: 100_000, cpuSeconds: 6, megabytes: 600 },
  { rows: 1_000_000, cpuSeconds: 45, megabytes: 2000 },
];
const catalogue = 'currency: EUR\nhosts: [{ id: h, sockets: 2, cores: 32, memory: 256GiB, price: 500 }]\n';
const policy = 'assume: { vm: { memory: 256MiB }, container: { memory: 8MiB } }\n';

export async function wholeRows(say: (line: string) => void): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tare-bench-sizing-'));
  try {
    const [hosts, rules] = [join(folder, 'hosts.yaml'), join(folder, 'policy.yaml')];
    writeFileSync(hosts, catalogue);
    writeFileSync(rules, policy);
    const rows: Row[] = [];
    for (const { rows: count, cpuSeconds, megabytes } of goals) {
      const csv = join(folder, `${String(count)}.csv`);
      writeFileSync(csv, demand(count));
      const label = `${count.toLocaleString('en')} different rows, CSV to answer`;
      say(`sizing: ${label}`);
      const root = join(import.meta.dirname, '../../..');
      const tare = await spent([join(root, 'cli/main.ts'), 'size', csv, '--hosts', hosts, '--policy', rules]);
      const floor = await spent([join(import.meta.dirname, 'floor.ts'), csv, hosts, rules]);
      const beside = `first-fit decreasing, two of the three answers, no losses: ${floor.cpuSeconds.toFixed(1)} s, ${floor.megabytes.toFixed(0)} MB`;
      rows.push(boundRow(`${label} (${beside})`, tare.cpuSeconds, 's of CPU', cpuSeconds));
      rows.push(boundRow(`${label}, peak memory`, tare.megabytes, 'MB', megabytes));
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function demand(rows: number): string {
  const random = createRandom(7);
  const between = (low: number, high: number) => low + (high - low) * random.next();
  const lines = Array.from(
    { length: rows },
    (_, at) => `vm-${String(at)},1,${between(0.5, 8).toFixed(4)},${between(0.5, 32).toFixed(5)}`,
  );
  return ['name,count,cpu,memory_gib', ...lines, ''].join('\n');
}

/** What a process took, told by itself at its end. */
async function spent(words: readonly string[]): Promise<{ cpuSeconds: number; megabytes: number }> {
  const tell =
    "process.on('exit',()=>{const r=process.resourceUsage();console.error('\\n'+JSON.stringify([r.userCPUTime+r.systemCPUTime,r.maxRSS]))})";
  const { stderr } = await execa(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, ...words],
    { maxBuffer: 1e8 },
  );
  const [microseconds = NaN, kibibytes = NaN] = JSON.parse(stderr.split('\n').at(-1) ?? '') as number[];
  return { cpuSeconds: microseconds / 1e6, megabytes: (kibibytes * 1024) / 1e6 };
}
