import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { numberIn, openMeter } from './meter.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-meter-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cpuStat = 'usage_usec 2031000\nuser_usec 1500000\nsystem_usec 531000\nnr_periods 0\n';

describe('numberIn', () => {
  const find = (text: string, key: string | null) =>
    numberIn(Buffer.from(text), Buffer.byteLength(text), key === null ? null : Buffer.from(key));

  it.each([
    ['40267\n', null, 40267],
    [cpuStat, 'usage_usec', 2031000],
    [cpuStat, 'system_usec', 531000],
    [cpuStat, 'nr_periods', 0],
    [cpuStat, 'usec', null],
    [cpuStat, 'missing', null],
    [cpuStat, 'user', null],
    ['anon_thp 5\nanon 7\n', 'anon', 7],
    ['anon 7', 'anon', 7],
    ['max\n', null, null],
    ['', null, null],
    ['', 'anon', null],
    ['9007199254740991\n', null, Number.MAX_SAFE_INTEGER],
  ])('%j at %j is %j', (text, key, expected) => {
    expect(find(text, key)).toBe(expected);
  });

  it('does not read past the length given', () => {
    expect(numberIn(Buffer.from('12345'), 2, null)).toBe(12);
  });
});

describe('openMeter', () => {
  it('reads the present content each time, in base units', () => {
    const file = join(folder, 'cpu.stat');
    writeFileSync(file, cpuStat);
    const meter = openMeter([{ quantity: 'cpuSeconds', file, key: 'usage_usec', divisor: 1e6 }]);
    expect(meter.read()).toEqual({ cpuSeconds: 2.031, memoryBytes: null });
    writeFileSync(file, 'usage_usec 3000000\n');
    expect(meter.read()).toEqual({ cpuSeconds: 3, memoryBytes: null });
    meter.close();
  });

  it('throws when a file is missing', () => {
    expect(() =>
      openMeter([{ quantity: 'cpuSeconds', file: join(folder, 'none'), key: null, divisor: 1 }]),
    ).toThrow(/ENOENT/);
  });
});
