/** Several scenarios through the real command line in-process, on fake instances. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRecord } from '../bench/record/record.ts';
import { runCommandLine } from './cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-series-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...names: string[]) => join(folder, ...names);

function scenario(name: string, more = ''): string {
  const file = at(`${name}.yaml`);
  writeFileSync(
    file,
    `name: ${name}
image: mini
runners:
  process: { kind: fake, start: 1ms }
  container: { kind: fake, start: 12ms }
baseline: process
control: null
blocks: 2
warmup: 0
cooldown: 0s
workloads: { empty: [] }
${more}`,
  );
  return file;
}

function list(name: string, ...entries: string[]): string {
  const file = at(`${name}.yaml`);
  writeFileSync(file, `name: ${name}\nscenarios: [${entries.join(', ')}]\n`);
  return file;
}

async function tare(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  return tareUntil(new AbortController(), () => false, ...words);
}

/** Interrupts at a given line of progress. */
async function tareUntil(
  interruption: AbortController,
  asks: (line: string) => boolean,
  ...words: string[]
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(words, {
    out: (text) => out.push(text),
    err: (text) => {
      err.push(text);
      if (asks(text)) interruption.abort();
    },
    status: () => undefined,
    live: false,
    color: false,
    columns: 100,
    signal: interruption.signal,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

test('a list runs each scenario into its own record, with one report over all', async () => {
  scenario('a');
  scenario('b');
  const { code, out, err } = await tare('run', list('both', 'a.yaml', 'b.yaml'), '--out', at('out'));
  expect(code).toBe(0);
  for (const name of ['a', 'b']) {
    expect(readRecord(at('out', name)).header.scenario.name).toBe(name);
    expect(existsSync(at('out', name, 'report.html'))).toBe(true);
  }
  expect(out.split('\n').at(-1)).toBe(at('out', 'report.html'));
  expect(err).toMatch(/together +8 +0:00/);
  const page = readFileSync(at('out', 'report.html'), 'utf8');
  for (const name of ['a.yaml', 'b.yaml', 'a.empty', 'b.empty']) expect(page).toContain(name);
  const again = await tare('report', at('out'), '--json');
  const { run, runs } = JSON.parse(again.out) as { run: { scenario: string }; runs: { scenario: string }[] };
  expect([run.scenario, ...runs.map((one) => one.scenario)]).toEqual(['both', 'a', 'b']);
});

test('names on the command line are a series too; overrides and runners hold for each', async () => {
  const files = [scenario('a'), scenario('b')];
  const words = ['--set', 'blocks=1', '--runners', 'container', '--seed', '3', '--out', at('out')];
  expect((await tare('run', ...files, ...words)).code).toBe(0);
  for (const name of ['a', 'b']) {
    const { header } = readRecord(at('out', name));
    expect([header.blocks, header.seed, header.cells.map(({ runner }) => runner)]).toEqual([
      1,
      3,
      ['container'],
    ]);
  }
});

test('one that fails does not stop the others, and the series says so', async () => {
  const absent = scenario('absent').replace('.yaml', '');
  writeFileSync(
    `${absent}.yaml`,
    readFileSync(`${absent}.yaml`, 'utf8').replaceAll('kind: fake,', "kind: fake, unusable: 'is absent',"),
  );
  const { code, err, out } = await tare('run', `${absent}.yaml`, scenario('b'), '--out', at('out'));
  expect(code).toBe(3);
  expect(err).toMatch(/tare: absent: nothing of scenario absent can run here: process: is absent/);
  expect(readRecord(at('out', 'b')).end?.state).toBe('complete');
  expect(out).toContain(at('out', 'report.html'));
});

test('an interrupted series goes on where it stopped, whatever had begun', async () => {
  const files = [scenario('a'), scenario('b'), scenario('c')];
  const interruption = new AbortController();
  const stop = (line: string) => /\[3\/4\]/.test(line) && existsSync(at('out', 'b'));
  const first = await tareUntil(interruption, stop, 'run', ...files, '--out', at('out'));
  expect(first.code).toBe(130);
  expect(first.err).toContain(`resume with \`tare run --resume ${at('out')}\``);
  expect(existsSync(at('out', 'c'))).toBe(false);
  expect(readRecord(at('out', 'b')).end?.state).toBe('interrupted');
  const shown = await tare('report', at('out'), '--format', 'text');
  expect(shown.out).toContain('interrupted');

  const text = readFileSync(at('out', 'a', 'record.jsonl'), 'utf8');
  const second = await tare('run', '--resume', at('out'));
  expect(second.code).toBe(0);
  expect(second.err).toMatch(/b \(1 of 2\)/);
  for (const name of ['a', 'b', 'c']) expect(readRecord(at('out', name)).trials).toHaveLength(4);
  expect(readFileSync(at('out', 'a', 'record.jsonl'), 'utf8')).toBe(text);
  const third = await tare('run', '--resume', at('out'));
  expect([third.code, third.err]).toEqual([2, expect.stringContaining('is complete')]);
});

test.each([
  ['a circle', ['b.yaml'], 'leads in a circle (a.yaml -> b.yaml -> a.yaml)'],
  ['a missing file', ['none.yaml'], 'a.yaml:2:13: scenarios: none.yaml cannot be read'],
  ['a file twice', ['c.yaml', './c.yaml'], 'is listed already (a.yaml:2:13)'],
  ['a broken scenario', ['c.yaml', 'd.yaml'], 'd.yaml:1:1: name: must be'],
])('%s in a list is reported before anything runs', async (_, entries, message) => {
  list('b', 'a.yaml');
  scenario('c');
  writeFileSync(at('d.yaml'), 'name: [1]\n');
  const { code, err } = await tare('run', list('a', ...entries), '--out', at('out'));
  expect(code).toBe(2);
  expect(err.replaceAll(`${folder}/`, '')).toContain(message);
  expect(existsSync(at('out'))).toBe(false);
});

test('a folder that holds a series or a record already is not written over', async () => {
  const files = [scenario('a'), scenario('b')];
  expect((await tare('run', ...files, '--out', at('out'))).code).toBe(0);
  const again = await tare('run', ...files, '--out', at('out'));
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('already holds a series')]);
  const below = await tare('run', files[0] ?? '', '--out', at('out', 'a'));
  expect([below.code, below.err]).toEqual([2, expect.stringContaining('already holds a record')]);
  mkdirSync(at('broken'));
  writeFileSync(at('broken', 'series.json'), '{"schema":1,"runs":[{"folder":"../x"}]}');
  const broken = await tare('run', '--resume', at('broken'));
  expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('cannot read')]);
});

test('a dry run shows every plan and the time of each and of all', async () => {
  const { code, out } = await tare('run', scenario('a'), scenario('b'), '--dry-run');
  expect(code).toBe(0);
  expect(out).toMatch(/SCENARIO +BLOCKS +LAUNCHES +ABOUT/);
  expect(out).toMatch(/b +2 +4 +0:00/);
  expect(existsSync(at('results'))).toBe(false);
  const json = await tare('run', scenario('a'), scenario('b'), '--dry-run', '--json');
  expect(JSON.parse(json.out)).toMatchObject({
    name: 'a+b',
    scenarios: [{ seed: expect.any(Number) as number }, {}],
  });
});

test('a preset leaves alone what has too few blocks for any statistic, --blocks does not', async () => {
  const files = [scenario('facts'), scenario('long')];
  writeFileSync(at('long.yaml'), readFileSync(at('long.yaml'), 'utf8').replace('blocks: 2', 'blocks: 40'));
  const blocks = async (...words: string[]) => {
    const { out } = await tare('run', ...files, '--dry-run', '--json', ...words);
    const { scenarios } = JSON.parse(out) as { scenarios: { scenario: { blocks: number } }[] };
    return scenarios.map((one) => one.scenario.blocks);
  };
  expect(await blocks('--preset', 'quick')).toEqual([2, 10]);
  expect(await blocks('--preset', 'thorough')).toEqual([2, 60]);
  expect(await blocks('--blocks', '3')).toEqual([3, 3]);
});

test('several records make one report; --each makes one of each', async () => {
  await tare('run', scenario('a'), '--out', at('one'));
  await tare('run', scenario('b'), '--out', at('two'));
  const page = at('page.html');
  const both = await tare('report', at('one'), at('two'), '--html', page);
  expect([both.code, both.out]).toEqual([0, page]);
  expect(readFileSync(page, 'utf8')).toContain('b.empty');
  const nowhere = await tare('report', at('one'), at('two'));
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('--html FILE')]);
  const each = await tare('report', at('one'), at('two'), '--each');
  expect(each.out.split('\n')).toEqual([at('one', 'report.html'), at('two', 'report.html')]);
  const twice = await tare('report', at('one'), at('one'), '--format', 'text');
  expect([twice.code, twice.err]).toEqual([2, expect.stringContaining('one and the same run')]);
  expect((await tare('report', at('one'), at('two'), '--each', '--html', page)).code).toBe(2);
});

test('records of one host are shown side by side on request, and a single record is refused', async () => {
  const smoke = (out: string) =>
    tare('run', 'smoke', '--set', 'blocks=2', '--set', 'warmup=0', '--out', at(out));
  expect((await smoke('before')).code).toBe(0);
  expect((await smoke('after')).code).toBe(0);
  const page = at('sides.html');
  const both = await tare('report', at('before'), at('after'), '--side-by-side', '--html', page);
  expect(both).toMatchObject({ code: 0, out: page });
  expect(readFileSync(page, 'utf8')).toContain('2 runs of one host side by side');
  expect((await tare('report', at('before'), at('after'), '--side-by-side')).code).toBe(2);
  expect((await tare('report', at('before'), '--side-by-side', '--html', page)).code).toBe(2);
  expect((await tare('report', at('before'), at('after'), '--side-by-side', '--each')).code).toBe(2);
});
