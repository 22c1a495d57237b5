/** Requirement and rule files: what is wrong is said with its place, and the schemas of editors are those of the check. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { misfit } from './facts.ts';
import { withOwnRules } from './own-rules.ts';
import { parseRequirements } from './requirements.ts';
import { rules } from './rules.ts';
import { ownRulesJsonSchema, requirementsJsonSchema } from './schema.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'advise');
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8');
const letters = ['a', 'b', 'c', 'd', 'e'];
const bomb = `${letters
  .map(
    (one, at) =>
      `${one}: &${one} [${Array<string>(9)
        .fill(at === 0 ? '1' : `*${letters[at - 1] ?? ''}`)
        .join()}]`,
  )
  .join('\n')}\napps: *e\n`;

it.each([
  [
    'instances below one',
    'apps:\n  - id: a\n    instances: 0\n',
    /a\.yaml:3:\d+: apps\.0\.instances: must be at least 1/,
  ],
  [
    'an id twice',
    'apps:\n  - id: a\n  - id: a\n',
    /a\.yaml:3:\d+: apps\.1\.id: two apps have the same id, a/,
  ],
  [
    'no duration',
    'apps:\n  - { id: a, objectives: { start: soon } }\n',
    /objectives\.start: a duration must be/,
  ],
  [
    'no load',
    'apps:\n  - { id: a, objectives: { p99: 1ms, load: much } }\n',
    /objectives\.load: must be a share/,
  ],
  ['an unknown key', 'apps:\n  - { id: a, prio: x }\n', /apps\.0\.prio: unknown key/],
  [
    'an unknown word',
    'apps:\n  - { id: a, trust: maybe }\n',
    /must be one of trusted, untrusted, got "maybe"/,
  ],
  [
    'an unknown server',
    'servers: { x: {} }\napps:\n  - { id: a, server: y }\n',
    /a\.yaml:3:.*names no server, got "y"; use x/,
  ],
  ['a server left open', 'servers: { x: {}, y: {} }\napps:\n  - { id: a }\n', /add server: x or y/],
  [
    'two ways of naming it',
    'server: {}\nservers: { x: {} }\napps: [{ id: a }]\n',
    /a\.yaml:2:.*is beside server/,
  ],
  ['no apps', 'apps: []\n', /apps: must have at least 1 entry, got \[\]/],
  ['no mapping', '- a\n', /expected a mapping with apps/],
  ['no YAML', 'apps: [\n', /a\.yaml:/],
  [
    'two versions',
    'apps:\n  - { id: a, kernel: ">=6.5 <7" }\n',
    /a\.yaml:2:.*kernel: must be own, one version/,
  ],
  ['no version', 'apps:\n  - { id: a, kernel: ">=new" }\n', /got ">=new"/],
  [
    'a server of many kernels',
    'server: { kernel: ">=6" }\napps: [{ id: a }]\n',
    /a\.yaml:1:.*must be one release/,
  ],
  ['CPUs of nothing', 'apps:\n  - { id: a, cpus: 0 }\n', /cpus: must be more than 0, got 0/],
  ['an alias of nothing', 'apps: *nope\n', /a\.yaml: its aliases \(\*\) cannot be followed: .*nope/],
  ['aliases without end', bomb, /a\.yaml: its aliases \(\*\) cannot be followed: Excessive/],
])('says where: %s', (_name, text, words) => {
  expect(() => parseRequirements(text, 'a.yaml')).toThrow(words);
});

it('says every problem at once', () => {
  const text = 'apps:\n  - { id: a, instances: 0 }\n  - { id: b, trust: x }\n';
  expect(() => parseRequirements(text, 'a.yaml')).toThrow(/has 2 problems/);
});

it('reads a version that YAML takes for a number, with its last zero', () => {
  const { asked } = parseRequirements('server: { kernel: 6.1 }\napps: [{ id: a, kernel: 6.10 }]\n', 'a');
  expect([asked.servers[0]?.kernel, asked.apps[0]?.kernel]).toEqual(['6.1', '6.10']);
  const { servers } = parseRequirements('servers: { x: { kernel: 6.20 } }\napps: [{ id: a }]\n', 'a').asked;
  expect(servers[0]?.kernel).toBe('6.20');
});

it('takes rules of the user beside its own, and no id twice', () => {
  expect(withOwnRules(textOf('rules.yaml'), 'rules.yaml').length).toBe(rules.length + 2);
  const rule = '{ id: H1, side: vm, statement: x, when: [{ field: nope, equals: x }] }';
  expect(() => withOwnRules(`rules:\n  - ${rule}\n`, 'r.yaml')).toThrow(
    /r\.yaml:2:[\s\S]*H1|is the id of a rule/,
  );
});

it.each([
  ['{ field: trust, equals: untrust }', 'equals: trusted or untrusted'],
  ['{ field: trust, atLeast: 2 }', 'equals: trusted or untrusted'],
  ['{ field: instances, equals: "5" }', 'atLeast: a number'],
  ['{ field: hasImage, equals: "true" }', 'equals: true or false'],
  ['{ field: priorities, contains: speed }', 'contains: density or resources'],
])('refuses a rule that could never fire: %s', (condition, form) => {
  const rule = `{ id: OWN, side: vm, statement: x, when: [${condition}] }`;
  expect(() => withOwnRules(`rules:\n  - ${rule}\n`, 'r.yaml')).toThrow(
    new RegExp(`r\\.yaml:2:.*when\\.0: no app could meet it: .*${form}`),
  );
});

it('the rules of tare ask for what could be', () => {
  expect(rules.flatMap(({ when }) => when.map(misfit)).filter((one) => one !== null)).toEqual([]);
});

it('gives editors the very schemas that check, up to date, and the examples pass them', () => {
  const schemas = {
    'requirements.schema.json': requirementsJsonSchema(),
    'rules.schema.json': ownRulesJsonSchema(),
  };
  for (const [name, schema] of Object.entries(schemas)) {
    expect(JSON.parse(textOf(name)), `${name}: npm run schema`).toEqual(JSON.parse(JSON.stringify(schema)));
  }
  const check = z.fromJSONSchema(requirementsJsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
  for (const name of globSync('*.yaml', { cwd: folder }).filter((one) => one !== 'rules.yaml')) {
    expect(check.safeParse(parse(textOf(name))).success, name).toBe(true);
  }
  expect(check.safeParse({ apps: [{ id: 'a', instances: 0 }] }).success).toBe(false);
});
