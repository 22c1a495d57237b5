/** Records from elsewhere, over time and as baselines, from the command line: import, history, baseline. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tare } from './testing/tare.ts';

let folder: string;
let cache: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-cli-'));
  cache = process.env['TARE_CACHE_DIR'];
  process.env['TARE_CACHE_DIR'] = join(folder, 'cache');
});
afterEach(() => {
  if (cache === undefined) delete process.env['TARE_CACHE_DIR'];
  else process.env['TARE_CACHE_DIR'] = cache;
  rmSync(folder, { recursive: true });
});

/** One hyperfine file of six runs of about `seconds`, imported as measured on day `day`. */
async function imported(name: string, seconds: number, day: number): Promise<string> {
  const times = [0, 1, 2, 3, 4, 5].map((run) => seconds * (1 + run / 100 + day / 10_000));
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ results: [{ command: 'nap', times }] }));
  const out = join(folder, 'results', name);
  const at = new Date(Date.UTC(2026, 0, 1 + day)).toISOString();
  const { code, err } = await tare('import', file, '--host', 'ci', '--at', at, '--out', out);
  expect(code, err).toBe(0);
  return out;
}

test.each(['import', 'history', 'baseline'])('%s shows examples', async (command) => {
  const { code, out } = await tare(command, '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/Examples:/);
});

test('an import says what it made, from what, and what one value is', async () => {
  const out = await imported('one', 0.5, 0);
  const file = join(folder, 'one.json');
  const again = await tare('import', file, '--out', out);
  expect(again).toMatchObject({ code: 2 });
  expect(again.err).toContain('already holds a record');
  const json = await tare('import', file, '--host', 'ci', '--out', join(folder, 'two'), '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    host: { hostname: 'ci' },
    imported: { tool: 'hyperfine', unit: 'launch', files: [{ file: 'one.json' }] },
    rows: [{ benchmark: 'nap', metric: 'import.wall-time', n: 6, failed: 0 }],
  });
  const text = await tare('import', file, '--out', join(folder, 'three'));
  expect(text.out).toContain('n=6');
  expect(text.err).toContain('--host NAME');
});

test.each([
  [['import', '/nowhere'], 'cannot read /nowhere'],
  [['import', '/dev/null'], 'is empty'],
  [['import', '/dev/null', '--from', 'nosuch'], 'nosuch'],
  [['import', '/dev/null', '--better', 'x'], '--better must be'],
  [['history', '/nowhere'], 'cannot read /nowhere'],
  [['history', '.', '--since', 'soon'], '--since must be a date'],
  [['history', '.', '--html', ''], '--html names no file'],
  [['baseline', 'set'], 'has no name'],
  [['baseline', 'set', '../x', '/nowhere'], "a baseline's name is"],
  [['baseline', 'set', 'x'], 'no run is given'],
  [['baseline', 'set', 'x', '/nowhere', '--ratchet', '--why', 'y'], '--ratchet tightens'],
])('%j is reported with a remedy', async (words, said) => {
  const { code, err } = await tare(...words);
  expect(code).toBe(2);
  expect(err).toContain(said);
  expect(err.split('\n').length).toBeGreaterThan(1);
});

test('history finds a change in what was imported, once more from its cache, and past a damaged record', async () => {
  for (let day = 0; day < 16; day += 1) await imported(`run-${day}`, day < 9 ? 0.5 : 0.6, day);
  const results = join(folder, 'results');
  const first = await tare('history', results);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toContain('1 change of level in 1 series: 1 for the worse, 0 for the better.');
  expect(first.out).toContain('2026-01-10 00:00');
  expect((await tare('history', results)).out).toBe(first.out);
  const page = join(folder, 'trend.html');
  expect(await tare('history', results, '--html', page)).toMatchObject({ code: 0 });
  expect(readFileSync(page, 'utf8')).toContain('import.wall-time, lower is better');
  writeFileSync(join(results, 'run-3', 'record.jsonl'), 'broken\n');
  const damaged = await tare('history', results, '--since', '2026-01-08', '--json');
  expect(damaged.err).toContain('left out: ');
  expect(JSON.parse(damaged.out)).toMatchObject({ runs: 9, series: [{ changes: [{ index: 2 }] }] });
  const none = await tare('history', results, '--metric', 'nosuch.*');
  expect(none.code).toBe(2);
  expect(none.err).toContain('import.wall-time');
});

test('a baseline is set once, approved with a reason, shown with its past, and compared with', async () => {
  const [old, slow, fast] = [
    await imported('a', 0.5, 0),
    await imported('b', 0.6, 1),
    await imported('c', 0.4, 2),
  ];
  const dir = ['--dir', join(folder, 'baselines')];
  const file = join(folder, 'baselines', 'ci.jsonl');
  expect((await tare('baseline', 'set', 'ci', old, ...dir)).err).toContain('needs a reason');
  expect(await tare('baseline', 'set', 'ci', old, '--why', 'first', '--by', 'ann', ...dir)).toMatchObject({
    code: 0,
  });
  expect((await tare('baseline', 'set', 'ci', slow, '--why', 'x', ...dir)).err).toContain('is there already');
  const before = readFileSync(file, 'utf8');
  const loose = await tare('baseline', 'approve', 'ci', slow, '--ratchet', '--why', 'tighten', ...dir);
  expect(loose).toMatchObject({ code: 0 });
  expect(loose.err).toContain('not shown to be better');
  expect(readFileSync(file, 'utf8')).toBe(before);
  await tare('baseline', 'approve', 'ci', fast, '--ratchet', '--why', 'faster', '--by', 'bob', ...dir);
  await tare('baseline', 'approve', 'ci', slow, '--why', 'TLS on', '--by', 'eve', ...dir);
  const shown = await tare('baseline', 'show', ...dir);
  expect(shown.out).toMatch(
    /approved today .* by eve .*: TLS on\n +ratcheted today .* by bob .*: faster\n +set today .* by ann .*: first/,
  );
  expect(shown.out).toContain('before: 410 ms');
  const json = await tare('baseline', 'show', 'ci', '--json', ...dir);
  expect(JSON.parse(json.out)).toMatchObject({
    baselines: [{ name: 'ci', approvals: [{ by: 'ann' }, {}, {}] }],
  });
  expect((await tare('compare', file, old)).out).toContain('import.wall-time');
});
