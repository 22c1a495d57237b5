/** compare, gate and calibrate as commands: what they print, write and end with. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtRunners } from '../bench/record/testing/builder.ts';
import { createRecord } from '../bench/record/record.ts';
import type { Run } from '../verdicts/runs.ts';
import { world } from '../verdicts/testing/worlds.ts';
import { tare } from './testing/tare.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tare-verdicts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function stored(name: string, { record }: Run): string {
  const path = join(folder, name);
  const writer = createRecord(path, record.header);
  for (const line of [...record.trials, ...record.voided]) writer.append(line);
  if (record.end !== null) writer.append(record.end);
  writer.close();
  return path;
}

function policy(text = 'rules:\n  - metric: startup.ready\n    runner: namespace\n    limit: 10%\n'): string {
  const file = join(folder, 'gate.yaml');
  writeFileSync(file, text);
  return file;
}

test('compare prints a table, and every other format', async () => {
  const [base, head] = [stored('a', world({ id: 1 })), stored('b', world({ id: 2, slower: 1.3 }))];
  const text = await tare('compare', base, head);
  expect(text.code).toBe(0);
  expect(text.out).toMatch(/namespace.*1\.3.*regression/);
  const json = JSON.parse((await tare('compare', base, head, '--json')).out) as {
    kind: string;
    rows: object[];
  };
  expect(json).toMatchObject({ kind: 'compare' });
  expect((await tare('compare', base, head, '--format', 'csv')).out.split('\n').length).toBeGreaterThan(
    json.rows.length,
  );
  const page = join(folder, 'compare.html');
  expect((await tare('compare', base, head, '--html', page)).code).toBe(0);
  expect(readFileSync(page, 'utf8')).toContain('<!doctype html>');
});

test('compare refuses other hosts with the differing facts, and says what may still be said', async () => {
  const [base, head] = [stored('a', world({ id: 1 })), stored('b', world({ id: 2, host: 'elsewhere' }))];
  const refused = await tare('compare', base, head);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/C26.*cpu\.model.*elsewhere/s);
  expect(refused.err).toContain('--across-hosts');
  expect((await tare('compare', base, head, '--across-hosts')).code).toBe(0);
});

test('a folder of records is read as all of them', async () => {
  for (const id of [1, 2, 3]) stored(join('base', `r${id}`), world({ id }));
  for (const id of [4, 5, 6]) stored(join('head', `r${id}`), world({ id }));
  const { code, out } = await tare('compare', join(folder, 'base'), join(folder, 'head'), '--json');
  expect(code).toBe(0);
  expect((JSON.parse(out) as { base: object[] }).base).toHaveLength(3);
  const none = await tare('compare', folder, join(folder, 'nothing'));
  expect(none.code).toBe(2);
  expect(none.err).toContain('nothing');
});

test('gate ends with 0, 1 or 5, and writes what a pipeline reads', async () => {
  const base = stored('base', world({ id: 1 }));
  const file = policy();
  const judge = (head: string, ...more: string[]) =>
    tare('gate', head, '--policy', file, '--baseline', base, ...more);
  expect((await judge(stored('same', world({ id: 2 })))).code).toBe(0);
  const slow = stored('slow', world({ id: 3, slower: 1.3 }));
  const at = (name: string) => join(folder, name);
  const outputs = ['--junit', at('j.xml'), '--gitlab-quality', at('q.json'), '--openmetrics', at('m.txt')];
  const failed = await judge(slow, ...outputs, '--comment', at('c.md'), '--html', at('g.html'));
  expect(failed.code).toBe(1);
  expect(failed.out).toMatch(/FAIL.*4\.\d+ ms -> 5\.\d+ ms.*limit \+10 %/);
  expect(readFileSync(at('j.xml'), 'utf8')).toContain('<failure');
  expect(JSON.parse(readFileSync(at('q.json'), 'utf8'))).toHaveLength(1);
  expect(readFileSync(at('m.txt'), 'utf8').trimEnd()).toMatch(/# EOF$/);
  for (const name of ['c.md', 'g.html']) expect(existsSync(at(name))).toBe(true);
  const noisy = stored('noisy', world({ id: 4, noise: 0.6 }));
  expect((await judge(noisy)).code).toBe(5);
  expect((await judge(join(folder, 'nowhere'))).code).toBe(2);
});

test('gate reads the baseline that its policy names, and proves itself', async () => {
  stored('main', world({ id: 1 }));
  const head = stored('head', world({ id: 2 }));
  const file = policy('baseline: main\nrules:\n  - {metric: startup.ready, runner: namespace, limit: 10%}\n');
  expect((await tare('gate', head, '--policy', file)).code).toBe(0);
  const proof = await tare('gate', '--prove', '--policy', file);
  expect(proof.code).toBe(0);
  expect(proof.out).toMatch(/^ok .*unchanged it passes, with values times 1\.100 it fails.*proven/s);
  const blind = policy(
    'baseline: main\nrules:\n  - {metric: startup.ready, runner: namespace, limit: 0.5%}\n',
  );
  const unproven = await tare('gate', '--prove', '--policy', blind);
  expect(unproven.code).toBe(1);
  expect(unproven.out).toContain('NOT proven');
  const gone = policy('baseline: gone\nrules:\n  - {metric: startup.ready, limit: 10%}\n');
  expect((await tare('gate', head, '--policy', gone)).err).toContain('does not exist');
});

test('gate says what it could see before anything is measured', async () => {
  stored('main', world({ id: 1 }));
  const rules = (limit: string) =>
    policy(`baseline: main\nrules:\n  - {metric: startup.ready, runner: namespace, limit: ${limit}}\n`);
  const sharp = await tare('gate', '--power', '--policy', rules('20%'), '--blocks', '15');
  expect(sharp.code).toBe(0);
  expect(sharp.out).toMatch(
    /^ok .*gate\.yaml:3: startup\.ready of .*: 15 launches show \+[\d.]+ % or more, limit \+20 %.*sharp/s,
  );
  const blind = await tare('gate', '--power', '--policy', rules('0.5%'), '--json');
  expect(blind.code).toBe(5);
  expect(JSON.parse(blind.out)).toMatchObject({ kind: 'power', sharp: false });
  const few = await tare('gate', '--power', '--policy', rules('20%'), '--blocks', '3');
  expect([few.code, few.err]).toEqual([2, expect.stringContaining('cannot fire')]);
  const scenario = join(folder, 'built.yaml');
  const planned = (runner: string, blocks: number) => {
    writeFileSync(
      scenario,
      `name: built\nrunners: { ${runner}: {} }\nworkloads: { idle: [idle] }\nblocks: ${blocks}\n`,
    );
    return tare('gate', '--power', '--policy', rules('20%'), '--scenario', scenario);
  };
  expect((await planned('namespace', 14)).out).toMatch(/: 14 launches show .*sharp/s);
  const other = await planned('process', 14);
  expect([other.code, other.out]).toEqual([5, expect.stringContaining('does not measure it')]);
  expect((await planned('namespace', 0)).err).toContain('built.yaml:4');
  expect((await tare('gate', '--power', '--policy', rules('20%'), '--scenario', 'full')).err).toContain(
    'a list of scenarios',
  );
  expect((await tare('gate', '--power', '--policy', rules('20%'), '--blocks', '0')).err).toContain(
    '--blocks',
  );
});

test('gate answers one question, and passes nothing over in silence', async () => {
  stored('main', world({ id: 1 }));
  const head = stored('head', world({ id: 2, slower: 1.5 }));
  const file = policy('baseline: main\nrules:\n  - {metric: startup.ready, runner: namespace, limit: 10%}\n');
  const refused = async (...words: string[]) => {
    const { code, out, err } = await tare('gate', '--policy', file, ...words);
    expect([code, out]).toEqual([2, '']);
    return err;
  };
  expect(await refused('--prove', head)).toMatch(/--prove judges no record, got .*head/);
  expect(await refused('--power', head)).toContain('--power judges no record');
  expect(await refused('--prove', '--power')).toContain('two questions');
  expect(await refused('--prove', '--junit', join(folder, 'j.xml'))).toContain('--junit is of verdicts');
  expect(await refused('--power', '--format', 'html')).toContain('--format html is of verdicts');
  expect(await refused(head, '--blocks', '20')).toContain('--blocks plans a run');
  expect(existsSync(join(folder, 'j.xml'))).toBe(false);
});

test('gate and compare report a change in memory in hosts of a fleet', async () => {
  const of = (mebibytes: number, id: number) =>
    world({
      id,
      runners: builtRunners.map((runner) => ({ ...runner, memoryBytes: mebibytes * 2 ** 20 })),
    });
  const [base, head] = [stored('a', of(40, 1)), stored('b', of(52, 2))];
  const file = join(folder, 'fleet.yaml');
  writeFileSync(
    file,
    'instances: [{ count: 1000, cpu: 0.1, memory: 500MiB }]\nhost: { cores: 64, memory: 50000MiB }\nreserved: {}\n',
  );
  const reported =
    /tare\.hostMemory of namespace.*: \+1\d.* MiB per instance .* = \+\d+ hosts? .* at 1,000 containers/;
  const rules = '[{ metric: tare.hostMemory, limit: 100%, noise: 1% }]';
  const named = policy(`fleet: fleet.yaml\nbaseline: a\nrules: ${rules}\n`);
  const judged = await tare('gate', head, '--policy', named);
  expect([judged.code, judged.out]).toEqual([0, expect.stringMatching(reported)]);
  const asked = ['compare', base, head, '--noise', '1%', '--fleet', file];
  for (const format of ['text', 'markdown', 'html']) {
    const { out } = await tare(...asked, '--format', format);
    expect(out.replaceAll('\n', ' ')).toContain('per instance');
  }
  const json = JSON.parse((await tare(...asked, '--json')).out) as { fleet: { costs: object[] } };
  expect(json.fleet.costs).toEqual([expect.objectContaining({ form: 'container', instances: 1000 })]);
  const gone = await tare('compare', base, head, '--fleet', join(folder, 'none.yaml'));
  expect([gone.code, gone.err]).toEqual([2, expect.stringContaining('cannot read the fleet')]);
});

test('compare takes the noise between runs', async () => {
  const [base, head] = [stored('a', world({ id: 1 })), stored('b', world({ id: 2, drift: 1.4 }))];
  const verdicts = async (...more: string[]) =>
    (
      JSON.parse((await tare('compare', base, head, '--json', ...more)).out) as {
        rows: { verdict: string }[];
      }
    ).rows.map(({ verdict }) => verdict);
  expect(await verdicts()).not.toContain('regression');
  expect(await verdicts('--noise', '2%')).toContain('regression');
  expect((await tare('compare', base, head, '--noise', 'much')).err).toContain(
    '--noise must be a percentage',
  );
});

test('gate reports mistakes with their place', async () => {
  const base = stored('base', world({ id: 1 }));
  const file = policy('rules:\n  - metric: startup.redy\n    limit: 5%\n');
  const missed = await tare('gate', base, '--policy', file, '--baseline', base);
  expect(missed.code).toBe(2);
  expect(missed.err).toMatch(/gate\.yaml:2: this rule matches nothing/);
  expect((await tare('gate', base, '--policy', join(folder, 'none.yaml'))).err).toContain(
    'cannot read the policy',
  );
  const unwritable = await tare(
    'gate',
    stored('head', world({ id: 2 })),
    '--policy',
    policy(),
    '--baseline',
    base,
    '--junit',
    join(folder, 'no', 'x.xml'),
  );
  expect(unwritable.code).toBe(2);
  expect(unwritable.err).toContain('--junit');
});

test('calibrate reads repeated runs and writes a policy that the gate takes', async () => {
  const runs = [1, 2, 3].map((id) => stored(join('runs', `r${id}`), world({ id })));
  const file = join(folder, 'made.yaml');
  const { code, out } = await tare('calibrate', join(folder, 'runs'), '--out', file);
  expect(code).toBe(0);
  expect(out).toMatch(
    /startup\.ready of .*namespace\/idle\/small: .*noise .* within and .* between runs \(counted as .*\); false alarms .*sees \+/,
  );
  const judged = await tare('gate', runs[1]!, '--policy', file, '--baseline', runs[0]!);
  expect([0, 5]).toContain(judged.code);
  expect((await tare('calibrate', join(folder, 'runs'), '--out', file)).err).toContain('exists');
});
