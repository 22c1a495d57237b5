import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostMemory, parseMeminfo, readLadderMemory } from './memory.ts';

const meminfo = `MemTotal:       24682416 kB
MemFree:        24222560 kB
MemAvailable:   24334656 kB
Buffers:            3748 kB
Cached:           302104 kB
SwapCached:            0 kB
Active(anon):      62400 kB
AnonPages:         58640 kB
HugePages_Total:       0
`;

const proc = mkdtempSync(join(tmpdir(), 'tare-memory-'));
afterAll(() => rmSync(proc, { recursive: true, force: true }));

describe('memory', () => {
  it('parses sizes and leaves plain counts out', () => {
    const values = parseMeminfo(meminfo);
    expect(values.get('Cached')).toBe(302104 * 1024);
    expect(values.get('Active(anon)')).toBe(62400 * 1024);
    expect(values.has('HugePages_Total')).toBe(false);
  });

  it('splits the host into used and kernel memory', () => {
    expect(hostMemory(meminfo)).toEqual({
      hostBytes: (24682416 - 24334656) * 1024,
      kernelBytes: (24682416 - 24222560 - 3748 - 302104 - 58640) * 1024,
    });
  });

  it('names the key that is missing', () => {
    expect(() => hostMemory('MemTotal: 5 kB\n')).toThrow('no MemAvailable');
  });

  it('sums PSS over the processes that still live', () => {
    writeFileSync(join(proc, 'meminfo'), meminfo);
    for (const pid of [7, 8]) {
      mkdirSync(join(proc, String(pid)));
      writeFileSync(
        join(proc, String(pid), 'smaps_rollup'),
        `55e0-7ffd ---p 0 00:00 0 [rollup]\nRss: 900 kB\nPss: ${String(pid)}00 kB\n`,
      );
    }
    expect(readLadderMemory([7, 8, 9], proc).pssBytes).toBe(1500 * 1024);
    expect(readLadderMemory([], proc).pssBytes).toBe(0);
  });

  it('leaves the sum unknown when one process may not be read', () => {
    // A folder in the file's place fails with EISDIR: "there, but not readable".
    mkdirSync(join(proc, '10', 'smaps_rollup'), { recursive: true });
    expect(readLadderMemory([7, 10], proc).pssBytes).toBeNull();
  });

  it('reads this very host', () => {
    const { hostBytes, kernelBytes, pssBytes } = readLadderMemory([process.pid]);
    expect(hostBytes).toBeGreaterThan(0);
    expect(kernelBytes).toBeGreaterThan(0);
    expect(pssBytes).toBeGreaterThan(1e6);
  });
});
