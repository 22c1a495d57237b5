import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import type { MeterDescription } from './meter.ts';
import { startSampler } from './sampler.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-sampler-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function meter(name: string, nanoseconds: number, bytes: number): MeterDescription {
  const cpu = join(folder, `${name}.cpu`);
  const memory = join(folder, `${name}.memory`);
  writeFileSync(cpu, `${String(nanoseconds)}\n`);
  writeFileSync(memory, `anon ${String(bytes)}\nfile 7\n`);
  return [
    { quantity: 'cpuSeconds', file: cpu, key: null, divisor: 1e9 },
    { quantity: 'memoryBytes', file: memory, key: 'anon', divisor: 1 },
  ];
}

describe('the sampler', () => {
  it('takes series of several groups with ordered times and the files as they were', async () => {
    const sampler = await startSampler({ hertz: 100 });
    await sampler.watch('a', meter('a', 2_500_000_000, 4096));
    await sampler.watch('b', meter('b', 1, 1));
    await pause(100);
    meter('a', 3_000_000_000, 8192);
    const a = await sampler.unwatch('a');
    const b = await sampler.unwatch('b');
    await sampler.close();
    expect(a.at.length).toBeGreaterThan(2);
    expect(a.cpuSeconds).toHaveLength(a.at.length);
    expect(a.memoryBytes).toHaveLength(a.at.length);
    expect(a.at).toEqual(a.at.toSorted((x, y) => x - y));
    expect([a.cpuSeconds[0], a.memoryBytes[0]]).toEqual([2.5, 4096]);
    expect([a.cpuSeconds.at(-1), a.memoryBytes.at(-1)]).toEqual([3, 8192]);
    expect(b.memoryBytes[0]).toBe(1);
  });

  it('stamps samples on the clock of its parent', async () => {
    const sampler = await startSampler({ hertz: 10 });
    const before = process.hrtime()[0];
    await sampler.watch('a', meter('clock', 1, 1));
    const series = await sampler.unwatch('a');
    await sampler.close();
    expect(series.at[0]).toBeGreaterThanOrEqual(before);
    expect(series.at[0]).toBeLessThanOrEqual(process.hrtime()[0] + 1);
  });

  it('leaves a quantity empty that the host does not give', async () => {
    const sampler = await startSampler({ hertz: 10 });
    await sampler.watch('a', meter('partial', 1e9, 1).slice(0, 1));
    const series = await sampler.unwatch('a');
    await sampler.close();
    expect(series.cpuSeconds.length).toBe(series.at.length);
    expect(series.memoryBytes).toEqual([]);
  });

  it('says what it could not open, which id it does not know, and goes on', async () => {
    const sampler = await startSampler({ hertz: 10 });
    const missing: MeterDescription = [
      { quantity: 'cpuSeconds', file: join(folder, 'missing'), key: null, divisor: 1 },
    ];
    await expect(sampler.watch('a', missing)).rejects.toThrow(/ENOENT.*missing/);
    await expect(sampler.unwatch('a')).rejects.toThrow('"a" is not being watched');
    await sampler.watch('a', meter('twice', 1, 1));
    await expect(sampler.watch('a', meter('twice', 1, 1))).rejects.toThrow('watched already');
    expect((await sampler.usage()).cpuSeconds).toBeGreaterThan(0);
    expect(sampler.cpuSeconds()).toBeGreaterThan(0);
    const usage = await sampler.close();
    expect(usage).toEqual(await sampler.close());
    expect(sampler.cpuSeconds()).toBeGreaterThan(0);
  });

  it('rejects what waits and what comes when its process is killed', async () => {
    const sampler = await startSampler({ hertz: 10 });
    process.kill(sampler.pid, 'SIGSTOP');
    const waiting = sampler.usage();
    process.kill(sampler.pid, 'SIGKILL');
    await expect(waiting).rejects.toThrow('the sampler ended (SIGKILL)');
    await expect(sampler.usage()).rejects.toThrow('the sampler ended (SIGKILL)');
  });

  it('ends when its parent is killed', async () => {
    const source = `
      import { startSampler } from ${JSON.stringify(join(import.meta.dirname, 'sampler.ts'))};
      const sampler = await startSampler({ hertz: 10 });
      console.log(sampler.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    parent.kill('SIGKILL');
    await expect.poll(() => alive(pid), { timeout: 10_000 }).toBe(false);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
