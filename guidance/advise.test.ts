/** Advice against what an expert would say, each flip point checked by asking on its other side. */
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { advise } from './advise.ts';
import { noEvidence, type Contrast, type Evidence, type Value } from './evidence.ts';
import { parseRequirements } from './requirements.ts';
import { citable } from './published/index.ts';
import { rules } from './rules.ts';
import { adviceText, rulesText } from './words.ts';

const interval = (low: number, high: number) => ({ low, high, level: 0.95 });
const shared = { workload: 'idle', source: 'results/a', imported: false } as const;
const contrast = (low: number, high: number): Contrast => ({
  ...shared,
  quantity: 'memory',
  metric: 'tare.memory',
  vm: 'q35',
  container: 'runc',
  emulated: false,
  median: (low + high) / 2,
  interval: interval(low, high),
});
const start = (side: Value['side'], low: number, high: number): Value => ({
  ...shared,
  quantity: 'start',
  metric: 'startup.ready',
  runner: side === 'vm' ? 'q35' : 'runc',
  side,
  median: (low + high) / 2,
  interval: interval(low, high),
});
const measured = (change: Partial<Evidence> = {}): Evidence => ({ ...noEvidence, ...change });
const lighter = measured({ contrasts: [contrast(20, 25)] });

const ask = (app: object, evidence: Evidence = lighter, server: object = {}) => {
  const asked = parseRequirements(stringify({ server, apps: [{ id: 'a', ...app }] }), 'a.yaml');
  const [first] = advise(asked, evidence).apps;
  if (first === undefined) throw new Error('one app was asked');
  return first;
};

it.each([
  ['H1: another operating system', { os: 'windows' }, 'vm'],
  ['H2: another kernel', { kernel: '5.4-rt' }, 'vm'],
  ['H3: kernel modules', { modules: ['wireguard'] }, 'vm'],
  ['H4: untrusted tenants', { trust: 'untrusted', isolation: 'own-kernel' }, 'vm'],
  ['H4 needs both', { trust: 'untrusted', priorities: ['density'] }, 'container'],
  ['H5: another architecture', { architecture: 'aarch64' }, 'vm'],
  ['C1: density', { priorities: ['density'] }, 'container'],
  ['C2: many of one image', { image: 'nginx', instances: 10 }, 'container'],
  ['C3: resources', { priorities: ['resources'] }, 'container'],
  ['V2: a whole system', { wholeSystem: true }, 'vm'],
  ['V3: isolation', { priorities: ['isolation'] }, 'vm'],
  ['both sides', { priorities: ['isolation', 'density'] }, 'containers in VMs'],
  ['a hard rule and many instances', { kernel: 'own', image: 'x', instances: 50 }, 'containers in VMs'],
  ['another system stays a machine', { os: 'windows', image: 'x', instances: 50 }, 'vm'],
  ['nothing asked', {}, 'unknown'],
])('%s', (_name, app, answer) => {
  expect(ask(app).answer).toBe(answer);
});

it('V1 fires where apps of several systems share the server', () => {
  const apps = [
    { id: 'a', os: 'windows' },
    { id: 'b', priorities: ['density'] },
  ];
  const advice = advise(parseRequirements(stringify({ apps }), 'a.yaml'), lighter);
  expect(advice.answer).toBe('mixed');
  expect(advice.apps.map(({ answer }) => answer)).toEqual(['vm', 'container']);
  expect(advice.apps[0]?.findings.find(({ rule }) => rule === 'V1')?.state).toBe('fires');
});

it('soft rules speak only where the interval does', () => {
  const density = { priorities: ['density'] };
  expect(ask(density, measured({ contrasts: [contrast(0.9, 1.2)] })).answer).toBe('unknown');
  expect(ask(density, measured({ contrasts: [contrast(0.5, 0.8)] })).answer).toBe('unknown');
  const mixed = ask(density, measured({ contrasts: [contrast(20, 25), contrast(0.9, 1.2)] }));
  expect(mixed.answer).toBe('unknown');
  expect(mixed.measureNext).toEqual(['tare run tare']);
});

it('an emulated VM lowers the confidence', () => {
  const emulated = measured({ contrasts: [{ ...contrast(20, 25), emulated: true }] });
  expect(ask({ priorities: ['density'] }).confidence).toBe('good: measured on this host');
  expect(ask({ priorities: ['density'] }, emulated).confidence).toContain('emulated');
});

it('published numbers stand in without a measurement, marked as such', () => {
  const advice = ask({ priorities: ['density'] }, noEvidence);
  expect(advice.answer).toBe('container');
  expect(advice.confidence).toContain('published');
  expect(advice.findings.find(({ rule }) => rule === 'C1')).toMatchObject({
    evidence: 'published',
    source: 'KUE21',
  });
  for (const row of rules.flatMap(({ published }) => published ?? [])) expect(citable(row)).toBeDefined();
});

it('an objective rules out the side that misses it, and the flip is at the measured edge', () => {
  const evidence = measured({ values: [start('vm', 4, 5), start('container', 0.05, 0.06)] });
  const within = (limit: string) => ask({ objectives: { start: limit }, wholeSystem: true }, evidence);
  const advice = ask({ objectives: { start: '500ms' } }, evidence);
  expect(advice.answer).toBe('container');
  expect(advice.flips).toEqual(
    expect.arrayContaining([expect.stringMatching(/^start objective of 4\.00 s instead of 500 ms: unknown/)]),
  );
  expect(within('3999ms').answer).toBe('container');
  expect(within('4s').answer).toBe('vm');
});

it('does not recommend what is only left over', () => {
  const evidence = measured({ values: [start('container', 0.05, 0.06)] });
  const advice = ask({ objectives: { start: '10ms' } }, evidence);
  expect(advice.answer).toBe('unknown');
  expect(advice.confidence).toContain('only vm is left');
  expect(advice.measureNext).toEqual(['tare run startup']);
});

it('contradictions and the impossible are said', () => {
  const evidence = measured({ values: [start('vm', 4, 5), start('container', 0.05, 0.06)] });
  const both = ask({ kernel: 'own', objectives: { start: '500ms' } }, evidence);
  expect(both.answer).toBe('unknown');
  expect(both.confidence).toContain('contradiction');
  const apps = [{ id: 'a', instances: 100, wholeSystem: true, objectives: { memory: '1GiB' } }];
  const asked = parseRequirements(stringify({ server: { memory: '64GiB' }, apps }), 'a.yaml');
  expect(advise(asked, noEvidence)).toMatchObject({ answer: 'unknown' });
  expect(advise(asked, noEvidence).summary).toContain('100 GiB');
});

it.each([
  [{ os: 'windows' }, 'os linux', { os: 'linux' }],
  [{ image: 'x', instances: 10 }, 'fewer than 10 instances', { image: 'x', instances: 9 }],
  [{ image: 'x', instances: 9 }, '10 instances', { image: 'x', instances: 10 }],
  [{ modules: ['kvm'] }, 'no kernel modules', {}],
  [{ priorities: ['density'] }, 'a kernel of its own', { priorities: ['density'], kernel: 'own' }],
  [{ priorities: ['isolation', 'density'] }, 'no priority density', { priorities: ['isolation'] }],
  [{ trust: 'untrusted', isolation: 'own-kernel' }, 'a shared kernel', { trust: 'untrusted' }],
  [{ wholeSystem: true }, 'no need of a whole operating system', {}],
])('%j flips with %s', (app, words, other) => {
  const then = ask(other).answer;
  expect(ask(app).answer).not.toBe(then);
  expect(ask(app).flips).toContain(`${words}: ${then}`);
});

it('names the place of what is wrong in the file', () => {
  expect(() => parseRequirements('apps:\n  - id: a\n    instances: 0\n', 'a.yaml')).toThrow(/a\.yaml:3:/);
  expect(() => parseRequirements('apps:\n  - id: a\n  - id: a\n', 'a.yaml')).toThrow(/same id/);
  expect(() => parseRequirements('apps:\n  - id: a\n    objectives: { start: soon }\n', 'a.yaml')).toThrow(
    /objectives\.start/,
  );
});

it('says the answer first, and prints every rule', () => {
  const asked = parseRequirements('name: shop\napps:\n  - id: web\n    priorities: [density]\n', 'a.yaml');
  const advice = advise(asked, lighter);
  expect(adviceText(advice, 'text').split('\n')[0]).toBe('Advice for shop: container');
  expect(adviceText(advice, 'markdown')).toContain('## web: container');
  for (const { id } of rules) expect(rulesText(rules)).toContain(`${id}  `);
});
