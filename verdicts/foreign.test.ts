/** Files of other tools as they are: one command from two of them to an answer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '../model/random.ts';
import { compareRuns } from './compare.ts';
import { gateRuns } from './gate.ts';
import { noiseOfPolicy, noiseOfRuns } from './calibrate.ts';
import { parsePolicy } from './policy.ts';
import { readRuns } from './runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));
const foreign = { toolVersion: '0.2.0', host: null };
const quick = { resamples: 1000 };

/** What `hyperfine --export-json` writes of one command. */
function hyperfine(name: string, seconds: number, command = 'app --version', seed = 1): string {
  const random = createRandom(seed);
  const times = Array.from({ length: 20 }, () => seconds * Math.exp(0.04 * random.normal()));
  const result = { command, mean: seconds, stddev: 0, median: seconds, user: 0, system: 0, min: 0, max: 0 };
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ results: [{ ...result, times, exit_codes: times.map(() => 0) }] }));
  return path;
}

const compared = (base: string, head: string, options = {}) =>
  compareRuns(readRuns([base], foreign), readRuns([head], foreign), { ...quick, ...options });

const base = hyperfine('base.json', 0.3);

test('a change beyond all host drift is called, one within it is not, with its interval and the size of drift', () => {
  const slow = compared(base, hyperfine('slow.json', 0.9, 'app --version', 2)).rows[0]!;
  expect(slow.verdict).toBe('regression');
  const near = compared(base, hyperfine('near.json', 0.39, 'app --version', 3)).rows[0]!;
  expect(near).toMatchObject({ verdict: 'inconclusive' });
  expect(near.interval!.low).toBeGreaterThan(1.2);
  expect(near.remarks.map(({ message }) => message).join()).toMatch(
    /Not separated from host drift.*1\.67 times/s,
  );
});

test('two files that do not say their machine are of one, and that is said; a name is taken instead', () => {
  const report = compared(base, hyperfine('again.json', 0.3, 'app --version', 4));
  expect(report.remarks.map(({ code }) => code)).toContain('assumed-host');
  const named = readRuns([base], { ...foreign, host: 'ci' });
  expect(named[0]!.ref.host.name).toBe('ci');
});

test('one command on each side is one thing, whatever the commands are called, and both names are said', () => {
  const { rows, missing } = compared(base, hyperfine('other.json', 0.9, 'app-new --version', 5));
  expect(missing).toEqual([]);
  expect(rows[0]!.verdict).toBe('regression');
  expect(rows[0]!.remarks.map(({ message }) => message).join()).toMatch(
    /Command app --version in base, app-new --version in head/,
  );
});

test('noise of earlier runs on the host, or of a policy, shows smaller changes', () => {
  const earlier = [0.3, 0.301, 0.299, 0.3, 0.302].map((seconds, at) =>
    hyperfine(`earlier-${at}.json`, seconds, 'app --version', 10 + at),
  );
  const head = hyperfine('more.json', 0.39, 'app --version', 6);
  const known = compared(base, head, { noise: noiseOfRuns(readRuns(earlier, foreign)) }).rows[0]!;
  expect(known.verdict).toBe('regression');
  expect(known.remarks.map(({ message }) => message).join()).toMatch(/Runs of one thing differ by/);
  const policy = (noise: string) =>
    parsePolicy(`rules:\n  - {metric: 'import.*', limit: 10%, noise: ${noise}}\n`, 'gate.yaml');
  expect(compared(base, head, { noise: noiseOfPolicy(policy('2%')) }).rows[0]!.verdict).toBe('regression');
  expect(compared(base, head, { noise: noiseOfPolicy(policy('30%')) }).rows[0]!.verdict).toBe('inconclusive');
  const elsewhere = readRuns(earlier, { ...foreign, host: 'another' });
  expect(compared(base, head, { noise: noiseOfRuns(elsewhere) }).rows[0]!.verdict).toBe('inconclusive');
});

test('a gate takes them too', () => {
  const policy = parsePolicy("rules:\n  - {metric: 'import.*', limit: 10%}\n", 'gate.yaml');
  const judged = (seconds: number, seed: number) =>
    gateRuns(
      policy,
      readRuns([base], foreign),
      readRuns([hyperfine(`gate-${seed}.json`, seconds, 'app --version', seed)], foreign),
      quick,
    ).state;
  expect([judged(0.3, 7), judged(0.39, 8), judged(0.9, 9)]).toEqual(['pass', 'inconclusive', 'fail']);
});

test('a file of no tool is refused with its name', () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'hello');
  expect(() => readRuns([path], foreign)).toThrow(/notes\.txt: not recognised/);
});
