import { expect, test } from 'vitest';
import { z } from 'zod';
import { UserError } from '../../model/errors.ts';
import { scenarioJsonSchema, type RunnerSchemas } from './schema.ts';
import { parseScenario } from './scenario.ts';

const none = z.strictObject({});
const runners: RunnerSchemas = {
  fake: none,
  process: none,
  namespace: none,
  podman: none,
  docker: none,
  oci: z.strictObject({ runtime: z.string().default('runc') }),
  qemu: z.strictObject({ machine: z.enum(['q35', 'microvm']).default('q35') }),
};

const good = `
name: mine
runners:
  process: {}
  vm: { kind: qemu, machine: microvm }
workloads:
  work: [{ use: cpu, duration: 2s }, idle]
  server: { service: redis, blocks: 3 }
`;

function problemsOf(text: string, overrides: readonly string[] = []): string {
  try {
    parseScenario(text, 'f.yaml', runners, overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error('no problem was found');
}

test('an alias without its anchor is a problem of the file', () => {
  expect(problemsOf('name: x\nrunners: *none\n')).toMatch(/^f\.yaml: its aliases .*none/);
});

test('a short scenario is filled with defaults, in base units', () => {
  const scenario = parseScenario(good, 'f.yaml', runners);
  expect(scenario).toMatchObject({
    name: 'mine',
    baseline: 'process',
    control: 'process',
    blocks: 30,
    cooldownSeconds: 0.2,
    trialTimeoutSeconds: 60,
    shapes: [{ id: 'small', cpus: 1, memoryBytes: 256 * 2 ** 20 }],
    runners: [
      { id: 'process', kind: 'process', options: {} },
      { id: 'vm', kind: 'qemu', options: { machine: 'microvm' } },
    ],
  });
  expect(scenario.workloads[0]?.programs[0]).toEqual({ use: 'cpu', options: { duration: 2 } });
  expect(scenario.workloads[1]?.service?.name).toBe('redis');
  expect(scenario.workloads[1]?.blocks).toBe(3);
});

test('overrides are read as YAML and checked like the file', () => {
  const scenario = parseScenario(good, 'f.yaml', runners, [
    'blocks=12',
    'runners.vm.machine=q35',
    'shapes.big={cpus: 2, memory: 1GiB}',
  ]);
  expect(scenario.blocks).toBe(12);
  expect(scenario.runners[1]?.options).toEqual({ machine: 'q35' });
  expect(scenario.shapes.map(({ id }) => id)).toContain('big');
  expect(problemsOf(good, ['blocks=0'])).toBe('--set blocks: blocks: must be at least 1, got 0');
  expect(problemsOf(good, ['blocks'])).toContain('expected KEY=VALUE');
  expect(problemsOf(good, ['name.x=3'])).toContain('--set name.x=3');
});

test('every problem is named at once, with line, field and the value got', () => {
  const message = problemsOf(`name: Bad Name
blokcs: 3
blocks: many
runners:
  process: { foo: 1 }
  vm: { kind: qem }
  x: { kind: qemu, machine: i440 }
baseline: nope
shapes: { small: { cpus: 1.5, memory: 256 } }
limits: { trial: 10 parsecs }
workloads:
  a: [cpuu, { use: cpu, duration: 5 }, { use: idle, settel: 1s }]
  b: [ladder, idle]
metrics: [startup.x]
`);
  for (const expected of [
    'f.yaml:1:1: name: must be lower-case',
    'f.yaml:2:1: blokcs: unknown key',
    'f.yaml:3:1: blocks: must be a number, got "many"',
    'f.yaml:5:14: runners.process.foo: unknown key',
    'f.yaml:6:9: runners.vm.kind: unknown runner kind "qem"; known: fake, process',
    'f.yaml:7:20: runners.x.machine: must be one of q35, microvm, got "i440"',
    'f.yaml:8:1: baseline: must be one of process, vm, x, got "nope"',
    'shapes.small.cpus: must be a whole number of CPUs',
    'shapes.small.memory: expected a value with a unit such as "512MiB", got 256',
    'limits.trial: a duration must be',
    'workloads.a.0: unknown workload "cpuu"; known: idle',
    'workloads.a.1.duration: expected a value with a unit',
    'workloads.a.2.settel: unknown key',
    'workloads.b: ladder launches its own instances',
    'metrics.0: unknown metric "startup.x"',
  ]) {
    expect(message).toContain(expected);
  }
});

test('a workload that works with a service is refused without it, or with another', () => {
  const wanted = 'workloads.m: memory-redis works with the service redis: write { service: redis, programs';
  const withWork = (work: string) => good.replace(/workloads:[^]*/, `workloads: { m: ${work} }`);
  expect(problemsOf(withWork('[memory-redis]'))).toContain(wanted);
  expect(problemsOf(withWork('{ service: nginx, programs: [memory-redis] }'))).toContain(wanted);
  expect(() =>
    parseScenario(withWork('{ service: redis, programs: [memory-redis] }'), 'f.yaml', runners),
  ).not.toThrow();
});

test('broken YAML, an empty file, doubled keys and a list are each told by place', () => {
  expect(problemsOf('name: [a\nb: {')).toMatch(/f\.yaml:2:\d+: /);
  expect(problemsOf('')).toContain('expected a mapping');
  expect(problemsOf('- a')).toContain('expected a mapping');
  expect(problemsOf('name: a\nname: b')).toMatch(/f\.yaml:2:1: Map keys must be unique/);
});

test('the JSON Schema spells out runners and programs, and accepts what the parser accepts', () => {
  const schema = z.fromJSONSchema(scenarioJsonSchema(runners) as Parameters<typeof z.fromJSONSchema>[0]);
  const accepts = (value: unknown) => schema.safeParse(value).success;
  const whole = { name: 'a', runners: { vm: { kind: 'qemu', machine: 'q35' } }, workloads: { w: ['cpu'] } };
  expect(accepts(whole)).toBe(true);
  expect(accepts({ ...whole, workloads: { w: [{ use: 'cpu', duration: '1s' }] } })).toBe(true);
  expect(accepts({ ...whole, workloads: { w: ['cpuu'] } })).toBe(false);
  expect(accepts({ ...whole, extra: 1 })).toBe(false);
  expect(accepts({ name: 'all', scenarios: ['a.yaml'] })).toBe(true);
  expect(accepts({ name: 'all', scenarios: ['a.yaml'], blocks: 3 })).toBe(false);
});

const withFio = (workload: string) => `name: s\nrunners: { process: {} }\nworkloads:\n  w: ${workload}\n`;

test('fio without its volume, or with a file that does not fit, is told by its place', () => {
  expect(problemsOf(withFio('[{ use: fio }]'))).toMatch(
    /f\.yaml:4:.*workloads\.w\.0: works on a volume, and the workload has none/,
  );
  const small = '{ programs: [{ use: fio, size: 1GiB }], volume: { kind: block, size: 64MiB } }';
  expect(problemsOf(withFio(small))).toMatch(/works on 1\.00 GiB, and a volume of 64\.0 MiB holds/);
  const good = '{ programs: [{ use: fio }], volume: { kind: directory } }';
  expect(parseScenario(withFio(good), 'f.yaml', runners).workloads[0]?.volume?.kind).toBe('directory');
});

test('two programs that report one metric are refused: one launch gives one value of it', () => {
  const twice = '[{ use: fio, target: root }, { use: fio, target: root, depth: 8 }]';
  expect(problemsOf(withFio(twice))).toMatch(
    /workloads\.w\.1: measures io\.randread-[a-z]+ as program 1 does already: give it a workload of its own/,
  );
});

test('of options that cannot be read nothing further is said', () => {
  const problems = problemsOf(withFio('[{ use: fio, size: 12 }, { use: fio }]'));
  expect(problems).toMatch(/size: expected a value with a unit/);
  expect(problems).not.toMatch(/the workload has none/);
});

const withService = (service: string, programs = '[idle]') =>
  `name: s\nrunners: { fake: {} }\nworkloads:\n  w: { service: ${service}, programs: ${programs} }\n`;
const serviceOf = (service: string) =>
  parseScenario(withService(service), 'f.yaml', runners).workloads[0]?.service;

test('a service of an image from elsewhere: what is said, and what is left to the image', () => {
  expect(serviceOf('image')).toEqual({
    ...{ name: 'image', argv: [], input: '', port: null, ready: { kind: 'image' } },
    own: { run: [], environment: {}, program: '', stop: { signal: null, graceSeconds: 10 } },
  });
  expect(
    serviceOf(
      '{ run: [a, b], port: 80, environment: { X: "1" }, ready: { http: /up, status: 204 }, stop: { signal: int, grace: 3s } }',
    ),
  ).toEqual({
    ...{ name: 'image', argv: [], input: '', port: 80 },
    ready: { kind: 'http', send: 'GET /up HTTP/1.0\r\nHost: localhost\r\n\r\n', status: 204 },
    own: {
      run: ['a', 'b'],
      environment: { X: '1' },
      program: '',
      stop: { signal: 'SIGINT', graceSeconds: 3 },
    },
  });
  expect(serviceOf('{ stop: kill }')?.own?.stop).toBeNull();
  expect(
    ['2', '"2"', 'int'].map((signal) => serviceOf(`{ stop: { signal: ${signal} } }`)?.own?.stop?.signal),
  ).toEqual(['SIGINT', 'SIGINT', 'SIGINT']);
  const ways = ['exit', 'tcp', 'healthcheck', '{ line: up }', '{ healthcheck: { every: declared } }'];
  expect(ways.map((ready) => serviceOf(`{ ready: ${ready} }`)?.ready)).toEqual([
    { kind: 'exit' },
    { kind: 'tcp' },
    { kind: 'health', everySeconds: 0.05 },
    { kind: 'line', text: 'up' },
    { kind: 'health', everySeconds: null },
  ]);
});

test.each([
  ['postgres', '[idle]', /workloads\.w\.service: must be one of redis, nginx, image, got "postgres"/],
  ['{ ready: soon }', '[idle]', /service\.ready: must be one of tcp, exit, healthcheck, got "soon"/],
  [
    '{ stop: { signal: SIGNONE } }',
    '[idle]',
    /service\.stop\.signal: must be a signal of Linux.*got "SIGNONE"/,
  ],
  ['{ stop: { signal: 99 } }', '[idle]', /service\.stop\.signal: must be a signal of Linux.*got 99/],
  ['{ stop: { grace: -1s } }', '[idle]', /service\.stop\.grace/],
  [
    '{ ready: { healthcheck: { every: often } } }',
    '[idle]',
    /ready\.healthcheck\.every: a duration must be .* "30s" or "200ms"; got "often"; or declared/,
  ],
  ['{ port: 99999 }', '[idle]', /service.port: must be at most 65535/],
  ['{ environment: { "A B": x } }', '[idle]', /service/],
  [
    'image',
    '[{ use: density, requestWithin: 1s }]',
    /requestWithin asks the service: give it .ready: \{ http/,
  ],
])('a service %s with %s is refused with its place', (service, programs, words) => {
  expect(problemsOf(withService(service, programs))).toMatch(words);
});

test('one name of an own metric means one thing, and may be wanted', () => {
  const metric = (unit: string) =>
    `[{ use: program, run: [a], metrics: { n: { regex: "(1)", unit: ${unit}, better: lower } } }]`;
  const two = (unit: string, wanted = 'app.n') =>
    `name: s\nimage: mini\nmetrics: [${wanted}]\nrunners: { fake: {} }\nworkloads:\n  a: ${metric('s')}\n  b: ${metric(unit)}\n`;
  expect(parseScenario(two('s'), 'f.yaml', runners).metrics).toEqual(['app.n']);
  expect(problemsOf(two('B'))).toMatch(
    /workloads\.b: measures app\.n in B, lower is better; another workload has it in s/,
  );
  expect(problemsOf(two('s', 'app.m'))).toMatch(/unknown metric "app.m"/);
});
