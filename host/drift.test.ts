import { describe, expect, it } from 'vitest';
import {
  driftBetween,
  meanMHz,
  parseCpuTimes,
  parseProcessCpu,
  parsePressure,
  processCpuSeconds,
  readHostCounters,
  type HostCounters,
} from './drift.ts';

const stat = `cpu  7482 10 4743 222819 699 5 103 868 600 0
cpu0 3544 0 2262 111942 135 0 16 413 0 0
intr 234929 0 0
`;

const start: HostCounters = {
  at: 100,
  totalSeconds: 1000,
  busySeconds: 200,
  stolenSeconds: 5,
  load1: 0.5,
  pressureSeconds: 3,
  frequencyMHz: 2400,
};

describe('kernel texts', () => {
  it('adds CPU time up without counting guest time twice', () => {
    const times = parseCpuTimes(stat);
    expect(times.busySeconds).toBeCloseTo(123.43, 9);
    expect(times.stolenSeconds).toBe(8.68);
    expect(times.totalSeconds).toBeCloseTo(123.43 + 2228.19 + 6.99 + 8.68, 9);
  });

  it('refuses a text without the cpu line', () => {
    expect(() => parseCpuTimes('intr 5\n')).toThrow('no "cpu" line');
  });

  it('takes the some line of pressure, or nothing', () => {
    const psi =
      'some avg10=0.23 avg60=0.75 avg300=0.85 total=24392472\nfull avg10=0 avg60=0 avg300=0 total=7\n';
    expect(parsePressure(psi)).toBeCloseTo(24.392472, 9);
    expect(parsePressure(null)).toBeNull();
    expect(parsePressure('')).toBeNull();
  });

  it('reads a process whose name looks like fields', () => {
    const line = '42 (a) R 1 (b) S 1 42 42 0 -1 4194304 1 2 3 4 150 50 7 8 20 0 1 0 1000';
    expect(parseProcessCpu(line)).toBe(2);
    expect(parseProcessCpu(null)).toBeNull();
    expect(processCpuSeconds(process.pid)).toBeGreaterThan(0);
    expect(processCpuSeconds(0)).toBeNull();
  });

  it('averages the frequencies that are known', () => {
    expect(meanMHz(['2400000', null, '2600000'])).toBe(2500);
    expect(meanMHz([null, null])).toBeNull();
  });
});

describe('driftBetween', () => {
  const after: HostCounters = {
    ...start,
    at: 110,
    totalSeconds: 1020,
    busySeconds: 212,
    stolenSeconds: 5.4,
    load1: 1.5,
    pressureSeconds: 4,
  };

  it('attributes busy time to the instance, to tare, and the rest to others', () => {
    const drift = driftBetween(start, after, {
      instanceCpuSeconds: 9,
      sharedCpuSeconds: 0,
      toolCpuSeconds: 1,
    });
    expect(drift.foreignCores).toBeCloseTo(0.2, 12);
    expect(drift.stealShare).toBeCloseTo(0.02, 12);
    expect(drift.cpuPressureShare).toBeCloseTo(0.1, 12);
    expect(drift).toMatchObject({ load1: 1.5, frequencyMHz: 2400 });
  });

  it('subtracts the CPU of daemons that serve all instances', () => {
    const known = { instanceCpuSeconds: 9, sharedCpuSeconds: 1.5, toolCpuSeconds: 1 };
    expect(driftBetween(start, after, known).foreignCores).toBeCloseTo(0.05, 12);
  });

  it('does not know the load of others where the work of the instance or of its engine is not known', () => {
    for (const unknown of [{ instanceCpuSeconds: null }, { sharedCpuSeconds: null }]) {
      const known = { instanceCpuSeconds: 9, sharedCpuSeconds: 0, toolCpuSeconds: 1, ...unknown };
      const drift = driftBetween(start, after, known);
      expect(drift.foreignCores).toBeNull();
      expect(drift.stealShare).toBeCloseTo(0.02, 12);
    }
  });

  it('never goes below zero when ticks round the machine below the instance', () => {
    expect(
      driftBetween(start, after, { instanceCpuSeconds: 13, sharedCpuSeconds: 0, toolCpuSeconds: 0 })
        .foreignCores,
    ).toBe(0);
  });

  it('has no rates over no time, and no pressure without PSI', () => {
    const none = driftBetween(start, start, {
      instanceCpuSeconds: 0,
      sharedCpuSeconds: 0,
      toolCpuSeconds: 0,
    });
    expect(none).toMatchObject({ stealShare: 0, foreignCores: 0, cpuPressureShare: null });
    const noPsi = { ...after, pressureSeconds: null };
    expect(
      driftBetween(start, noPsi, { instanceCpuSeconds: 0, sharedCpuSeconds: 0, toolCpuSeconds: 0 })
        .cpuPressureShare,
    ).toBeNull();
  });

  it('reads this very host, forwards', () => {
    const first = readHostCounters();
    const second = readHostCounters();
    expect(second.at).toBeGreaterThanOrEqual(first.at);
    expect(second.totalSeconds).toBeGreaterThanOrEqual(first.totalSeconds);
    expect(first.busySeconds).toBeGreaterThan(0);
  });
});
