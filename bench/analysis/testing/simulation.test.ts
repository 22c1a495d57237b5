/** Worlds with a known truth, at reduced size and with fixed seeds; METHODOLOGY B0 says what to expect. */
import { describe, expect, it } from 'vitest';
import { simulate } from './simulation.ts';

/** Three Monte-Carlo standard errors around a share. */
const margin = (share: number, runs: number): number => 3 * Math.sqrt((share * (1 - share)) / runs);
const runs = 400;

describe('verdicts in known worlds', () => {
  it('A/A on a host that drifts by 3 %: no more false alarms than promised, interleaved and paired', () => {
    const { paired, coverage, verdicts } = simulate({ drift: 0.03, noise: 0.02 }, runs);
    expect(paired).toBeLessThan(0.05 + margin(0.05, runs));
    expect(coverage).toBeGreaterThan(0.95 - margin(0.05, runs));
    expect((verdicts.regression ?? 0) + (verdicts.improvement ?? 0)).toBe(0);
  });

  it('the same, one side after the other: false alarms in most runs, which is why tare interleaves', () => {
    const { unpaired } = simulate({ drift: 0.03, noise: 0.02, blocks: 20, interleaved: false }, runs);
    expect(Math.abs(unpaired - 0.61)).toBeLessThan(margin(0.61, runs));
  });

  it.each([
    [10, 0.5],
    [20, 0.84],
    [30, 0.95],
  ])('a planted +5 %% at CoV 5 %% is detected with %i blocks about as predicted', (blocks, predicted) => {
    const { paired } = simulate({ effect: 1.05, blocks }, runs);
    expect(Math.abs(paired - predicted)).toBeLessThan(margin(predicted, runs) + 0.03);
  });

  it('a planted +10 % at CoV 5 % is called a regression', () => {
    expect(simulate({ effect: 1.1 }, runs).verdicts.regression).toBeGreaterThan(0.97);
    expect(simulate({ effect: 1 / 1.1 }, runs).verdicts.improvement).toBeGreaterThan(0.97);
  });

  it('a planted +1 % at CoV 5 % is inconclusive or equivalent, practically never a regression', () => {
    const { verdicts } = simulate({ effect: 1.01 }, runs);
    expect((verdicts.inconclusive ?? 0) + (verdicts.equivalent ?? 0)).toBeGreaterThan(0.97);
    expect(verdicts.regression ?? 0).toBeLessThan(0.02);
  });

  it('equality is proven about as often as predicted: 21, 60 and 85 % of runs with 10, 20 and 30 blocks', () => {
    for (const [blocks, predicted] of [
      [10, 0.21],
      [20, 0.6],
      [30, 0.85],
    ] as const) {
      const { verdicts } = simulate({ blocks }, runs);
      const proven = (verdicts.equivalent ?? 0) + (verdicts['different-but-small'] ?? 0);
      expect(Math.abs(proven - predicted)).toBeLessThan(margin(predicted, runs) + 0.02);
    }
  });

  it('nine blocks give no verdict at all', () => {
    expect(simulate({ blocks: 9, effect: 2 }, 20).verdicts['no-verdict']).toBeCloseTo(1, 9);
  });
});
