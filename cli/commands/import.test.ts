/** `tare import` from the command line: folders, exit codes, and what it says of what it did not understand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { importKinds } from '../../bench/imports/kinds.ts';
import { tare } from '../testing/tare.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

interface Imported {
  readonly rows: readonly {
    readonly benchmark: string;
    readonly metric: string;
    readonly n: number;
    readonly median: number;
  }[];
  readonly notUnderstood: readonly {
    readonly what: string;
    readonly count: number;
    readonly first: string;
  }[];
}

async function imported(...words: readonly string[]) {
  count += 1;
  const { code, out, err } = await tare('import', ...words, '--out', join(folder, `to-${count}`), '--json');
  return { code, err, ...(JSON.parse(out) as Imported) };
}

describe('what is not understood', () => {
  const text = 'pkg: a\nBenchmarkA-8 \t 1\t 5 ns/op\t 3 foos\nBenchmarkB-8 \t 1\t 5 ns/op\t 4 foos\nPASS\n';

  it('is said with how much, where and what to do, and ends with 5', async () => {
    const { code, err, rows, notUnderstood } = await imported(file('go.txt', text));
    expect(code).toBe(5);
    expect(rows).toHaveLength(2);
    expect(notUnderstood).toMatchObject([{ count: 2, first: 'go.txt:2' }]);
    expect(err).toMatch(/not understood: values in foos.*\(2, first: go\.txt:2\).*--better 'foos=lower'/);
  });

  it('ends with 0 once the user says what it is', async () => {
    expect((await imported(file('go.txt', text), '--better', 'foos=lower')).code).toBe(0);
    expect((await imported(file('go.txt', text), '--better', 'foos=ignore')).code).toBe(0);
  });
});

describe('target/criterion', () => {
  const sample = (time: number) =>
    JSON.stringify({ sampling_mode: 'Flat', iters: [1, 1, 1], times: [time, time, time] });
  const id = (name: string) => JSON.stringify({ full_id: name });
  for (const [name, time] of [
    ['sort/fast', 10],
    ['sort/slow', 30],
  ] as const) {
    file(`target/criterion/${name}/new/sample.json`, sample(time));
    file(`target/criterion/${name}/new/benchmark.json`, id(name));
    file(`target/criterion/${name}/base/sample.json`, sample(99));
    file(`target/criterion/${name}/change/estimates.json`, '{"mean":{"point_estimate":0.1}}');
  }

  it('is one launch of each benchmark, without the older run', async () => {
    const { code, rows } = await imported(join(folder, 'target/criterion'));
    expect(code).toBe(0);
    expect(rows.map(({ benchmark, n, median }) => [benchmark, n, Math.round(median * 1e9)])).toEqual([
      ['sort/fast', 1, 10],
      ['sort/slow', 1, 30],
    ]);
  });

  it('one of its files stands for its benchmark', async () => {
    const { rows } = await imported(join(folder, 'target/criterion/sort/slow/new/sample.json'));
    expect(rows).toMatchObject([{ benchmark: 'sort/slow', n: 1 }]);
  });

  it('another folder is refused', async () => {
    const { code, err } = await tare('import', join(import.meta.dirname, '..', 'testing'));
    expect(code).toBe(2);
    expect(err).toContain('of folders only target/criterion is read');
  });
});

test('--help lists every format', async () => {
  const { out } = await tare('import', '--help');
  for (const kind of importKinds) expect(out).toContain(kind);
});
