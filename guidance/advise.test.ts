/**
 * Advice against what an expert would say, of the requirement files that are shipped: every rule in two files at
 * least, by each kind of evidence, and every flip that is told checked by asking on its other side.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { advise, type Advice } from './advise.ts';
import type { Flip } from './flips.ts';
import type { Profile } from './profiles.ts';
import { parseRequirements } from './requirements.ts';
import { rules } from './rules.ts';
import { builtProfiles, onHardware, type Taken } from './testing/records.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'advise');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'rules.yaml');

const evidence = {
  nothing: [] as readonly Profile[],
  hardware: builtProfiles(onHardware),
  emulated: builtProfiles({ ...onHardware, acceleration: 'tcg' }),
};
type Kind = keyof typeof evidence;

function ask(text: string, profiles: readonly Profile[]): Advice {
  const { asked, placeOf } = parseRequirements(text, 'apps.yaml');
  return advise(asked, { profiles, placeOf });
}
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
const answers = ({ apps }: Advice) => Object.fromEntries(apps.map(({ app, answer }) => [app, answer]));

const both = 'containers in VMs';
/** What an expert would answer; where the evidence matters, by its kind. */
const expected: Readonly<Record<string, Readonly<Record<string, string | Readonly<Record<Kind, string>>>>>> =
  {
    'shop.yaml': { web: 'container', billing: 'vm', tenants: both },
    'office.yaml': { directory: 'vm', print: 'vm', intranet: 'container' },
    'kernels.yaml': {
      realtime: 'vm',
      'io-uring': both,
      'old-enough': 'container',
      vpn: 'container',
      filesystem: 'vm',
    },
    'ci-farm.yaml': { 'public-jobs': both, signing: 'vm', 'own-jobs': 'container', 'kernel-tests': 'vm' },
    'builds.yaml': { 'arm-tests': 'vm', 'riscv-tests': 'vm', 'own-tests': 'container' },
    'compliance.yaml': { ledger: 'vm', archive: both, reports: 'vm' },
    'microservices.yaml': {
      gateway: 'container',
      workers: 'container',
      batch: 'container',
      both: 'container',
    },
    'appliance.yaml': { panel: 'vm', desktop: both, shell: 'vm' },
    'tenants.yaml': {
      vault: 'vm',
      // A neighbour's cost is known from a measurement on real virtualization alone.
      database: { nothing: 'unknown', hardware: 'vm', emulated: 'unknown' },
      pool: { nothing: 'container', hardware: both, emulated: 'container' },
      hosting: 'container',
    },
    'latency.yaml': {
      functions: { nothing: 'unknown', hardware: 'container', emulated: 'unknown' },
      // An emulated VM's memory has the emulator in it: above the limit it shows nothing.
      cache: { nothing: 'unknown', hardware: 'container', emulated: 'unknown' },
      trading: { nothing: 'unknown', hardware: 'container', emulated: 'unknown' },
      patient: 'vm',
    },
    'two-sites.yaml': { till: 'container', loyalty: both, warehouse: 'vm', signage: 'vm', keys: 'vm' },
    'impossible.yaml': { billing: 'unknown', tenants: 'unknown', giants: 'container' },
    'clinic.yaml': {
      portal: 'container',
      records: 'vm',
      imaging: 'vm',
    },
    'containers-only.yaml': { panel: 'container', filesystem: 'unknown', web: 'container' },
  };

const kinds = Object.keys(evidence) as Kind[];
const cases = files.flatMap((file) => kinds.map((kind) => [file, kind] as const));

it('has an expectation of every file, ten at least, and every rule fires in two', () => {
  expect(Object.keys(expected).sort()).toEqual(files.toSorted());
  expect(files.length).toBeGreaterThanOrEqual(10);
  for (const { id } of rules) {
    const fires = files.filter((file) =>
      ask(textOf(file), evidence.hardware).apps.some(({ findings }) =>
        findings.some(({ rule, state }) => rule === id && state === 'fires'),
      ),
    );
    expect(fires.length, id).toBeGreaterThanOrEqual(2);
  }
});

it.each(cases)('%s by %s evidence is answered as an expert would', (file, kind) => {
  const wanted = Object.entries(expected[file] ?? {}).map(([app, answer]) => [
    app,
    typeof answer === 'string' ? answer : answer[kind],
  ]);
  expect(answers(ask(textOf(file), evidence[kind]))).toEqual(Object.fromEntries(wanted));
});

describe('flips', () => {
  it.each(cases)(
    '%s by %s evidence: asked on the other side, each gives the answer that was told',
    (file, kind) => {
      const text = textOf(file);
      for (const { app, flips, answer } of ask(text, evidence[kind]).apps) {
        for (const flip of flips) {
          const then = ask(
            changed(text, app, flip),
            flip.measured === null ? evidence[kind] : otherwise(flip, kind),
          );
          const found = then.apps.find((one) => one.app === app)?.answer;
          expect(found, `${app}: ${flip.words}`).toBe(flip.answer);
          expect(found).not.toBe(answer);
        }
      }
    },
  );

  it('tells the measured ratio at which a rule stops firing, in what a VM would have to take', () => {
    const [gateway] = ask(textOf('microservices.yaml'), builtProfiles({ memory: [60e6, 2e6] })).apps;
    expect(gateway?.flips.map(({ words, answer }) => `${words}: ${answer}`)).toContainEqual(
      expect.stringMatching(
        /a VM at no more than 1\.05× the cost of a container, 2\.0. MiB in tare\.memory, instead of 30\.\d×: unknown/,
      ),
    );
  });

  it('are found at the measured edge of an objective, tighter and looser', () => {
    const [functions] = ask(textOf('latency.yaml'), evidence.hardware).apps;
    const words = functions?.flips.map((one) => `${one.words}: ${one.answer}`);
    expect(words).toContainEqual(
      expect.stringMatching(/^start objective of 39\d ms instead of 100 ms: unknown/),
    );
    expect(words).toContainEqual(expect.stringMatching(/^start objective of less than 5\d\.\d ms instead/));
  });

  it('are of two things at once where one alone turns nothing', () => {
    const text =
      'server: { runs: [container], virtualization: none }\napps:\n  - { id: a, isolation: own-kernel }\n';
    const [app] = ask(text, []).apps;
    expect(app?.flips.map(({ words }) => words)).toContain(
      'a server with hardware virtualization, and a server that runs both',
    );
    for (const flip of app?.flips ?? []) {
      expect(ask(changed(text, 'a', flip), []).apps[0]?.answer).toBe(flip.answer);
    }
  });
});

/** The file with what a flip says changed in it. */
function changed(text: string, app: string, { set }: Flip): string {
  const file = parse(text) as {
    server?: Record<string, unknown>;
    servers?: Record<string, Record<string, unknown>>;
    apps: Record<string, unknown>[];
  };
  const own = file.apps.find(({ id }) => id === app);
  if (own === undefined) throw new Error(`no app ${app}`);
  for (const { of, field, value } of set) {
    const server = file.servers?.[String(own['server'])] ?? (file.server ??= {});
    const [outer = '', inner] = field.split('.');
    const target = of === 'app' ? own : server;
    if (inner === undefined) target[outer] = value;
    else target[outer] = { ...(target[outer] as object | undefined), [inner]: value };
  }
  return stringify(file);
}

/** The evidence with one quantity measured a hair inside the other side of the break-even. */
function otherwise({ measured }: Flip, kind: Kind): readonly Profile[] {
  if (measured === null) throw new Error('nothing measured is changed');
  const names: Readonly<Partial<Record<string, keyof Taken>>> = { interference: 'slowdown' };
  const name = names[measured.quantity] ?? (measured.quantity as keyof Taken);
  const [, container] = onHardware[name] ?? [1, 1];
  const cost = 1 + (measured.ratio - 1) / 2;
  const vm = name === 'fit' ? container / cost : container * cost;
  return builtProfiles({
    ...onHardware,
    [name]: [vm, container],
    acceleration: kind === 'emulated' ? 'tcg' : 'kvm-hw',
  });
}
