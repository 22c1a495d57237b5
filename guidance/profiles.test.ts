/** Evidence of records: refused where it must be, labelled where it is not of this server, and never mixed. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { advise, type Advice } from './advise.ts';
import type { Profile } from './profiles.ts';
import { parseRequirements } from './requirements.ts';
import { builtProfiles, onHardware } from './testing/records.ts';

function ask(app: object, profiles: readonly Profile[], server: object = {}): Advice {
  const { asked, placeOf } = parseRequirements(stringify({ server, apps: [{ id: 'a', ...app }] }), 'a.yaml');
  return advise(asked, { profiles, placeOf });
}
const dense = { priorities: ['density'] };
const first = ({ apps: [app] }: Advice) => {
  if (app === undefined) throw new Error('one app was asked');
  return app;
};
const finding = (advice: Advice, rule: string) => first(advice).findings.find((one) => one.rule === rule);
const wordsOf = (one: ReturnType<typeof finding>) => one?.items.map(({ words }) => words).join('\n');

describe('what may speak', () => {
  it('measured on hardware is good, emulated fair, published low', () => {
    expect(first(ask(dense, builtProfiles(onHardware))).confidence).toBe('good: measured on this host');
    const emulated = ask(dense, builtProfiles({ ...onHardware, acceleration: 'tcg' }));
    expect(first(emulated).confidence).toContain('fair: measured on this host, the VM emulated');
    expect(first(ask(dense, [])).confidence).toContain('low: it rests on published numbers');
  });

  it('speeds of emulated VMs never speak (C17), memory does and says so', () => {
    const profiles = builtProfiles({ ...onHardware, acceleration: 'tcg' });
    const c1 = finding(ask(dense, profiles), 'C1');
    expect(c1?.items.map(({ quantity, state }) => [quantity, state])).toEqual([
      ['fit', 'refused'],
      ['memory', 'for'],
    ]);
    expect(wordsOf(c1)).toMatch(
      /C17: .*emulated[\s\S]*vm 1\.0, emulated against namespace util-linux 2\.38\.1 costs 30\.0×/,
    );
    expect(ask(dense, profiles).servers[0]?.remarks.join('\n')).toContain('memory of the emulator');
    const cpu = builtProfiles({ cpu: [9e-3, 1e-3], acceleration: 'tcg' });
    expect(
      finding(ask({ priorities: ['resources'] }, cpu), 'C3')?.items.find(
        ({ quantity }) => quantity === 'cpu',
      ),
    ).toMatchObject({
      evidence: 'published',
      words: expect.stringContaining('measured and not usable') as string,
    });
  });

  it('fewer than ten launches decide nothing (C3)', () => {
    const few = finding(
      ask({ priorities: ['neighbours'] }, builtProfiles({ ...onHardware, blocks: 9 })),
      'V3-neighbours',
    );
    expect(few).toMatchObject({ state: 'unknown', items: [{ state: 'few' }] });
    expect(wordsOf(few)).toContain('C3: 9 launches');
  });

  it('a gain in one quantity and a loss in another leave the rule open, with no ranking', () => {
    const advice = ask(dense, builtProfiles({ memory: [60, 2], fit: [900, 100] }));
    expect(first(advice).answer).toBe('unknown');
    expect(finding(advice, 'C1')?.why).toContain('The measurements disagree');
  });

  it('no difference that matters speaks for nobody', () => {
    const advice = ask(dense, builtProfiles({ memory: [2.02, 2], fit: [100, 101] }));
    expect(finding(advice, 'C1')).toMatchObject({ state: 'does not fire', evidence: 'measured' });
  });

  it('whose kernel is underneath is seen, not assumed, where the record tells', () => {
    const bare = ask({ priorities: ['isolation'] }, []);
    expect(finding(bare, 'V3')?.evidence).toBe('assumed');
    expect(first(bare).measureNext[0]).toMatchObject({ command: 'tare run surface', couldTurn: ['unknown'] });
  });
});

describe('profiles', () => {
  const here = { ...onHardware, facts: { 'cpu.model': 'A', 'kernel.release': '6.1.0', 'cpu.online': '8' } };
  const there = { ...onHardware, host: 'there', facts: { 'cpu.model': 'B', 'kernel.release': '6.1.0' } };

  it('of two hosts are kept apart: the first answers, the other is asked beside it', () => {
    const quiet = { ...there, memory: [2, 2], fit: [100, 100] } as const;
    const advice = ask(dense, builtProfiles(here, quiet));
    expect(first(advice).answer).toBe('container');
    const [server] = advice.servers;
    expect(server?.profile).toContain('here (fingerprint');
    expect(server?.elsewhere).toEqual([
      {
        profile: expect.stringContaining('there (fingerprint') as string,
        differs: 'cpu.model: A | B; cpu.online: 8 | unknown',
        answers: 'a: unknown',
      },
    ]);
  });

  it('of one host are apart by acceleration class', () => {
    const advice = ask(dense, builtProfiles(here, { ...here, acceleration: 'tcg' }));
    expect(first(advice).confidence).toBe('good: measured on this host');
    expect(advice.servers[0]?.elsewhere[0]?.differs).toContain('acceleration: kvm-hw | tcg');
  });

  it('of one host and class speak together, and contradict each other aloud', () => {
    const other = { ...onHardware, memory: [1, 2], fit: [900, 100] } as const;
    const advice = ask(dense, builtProfiles(onHardware, other));
    expect(first(advice).answer).toBe('unknown');
    expect(finding(advice, 'C1')?.items.map(({ state }) => state)).toEqual(['unclear', 'unclear']);
  });

  it('of nested hosts say nothing of hardware (C18), and of nested ones what they are', () => {
    const nested = builtProfiles({ ...onHardware, acceleration: 'kvm-nested' });
    const claimed = finding(ask(dense, nested, { virtualization: 'hardware' }), 'C1');
    expect(claimed?.evidence).toBe('published');
    expect(wordsOf(claimed)).toContain('C18');
    expect(first(ask(dense, nested, { virtualization: 'nested' })).confidence).toContain(
      'for nested hosts only',
    );
  });

  it('of another architecture are set aside, of another size labelled', () => {
    const arm = builtProfiles({ ...onHardware, facts: { 'cpu.architecture': 'arm64' } });
    const aside = ask(dense, arm);
    expect(first(aside).confidence).toContain('published');
    expect(aside.servers[0]).toMatchObject({ profile: null });
    expect(aside.servers[0]?.remarks[0]).toContain('is set aside for server: it was measured on aarch64');
    const other = ask(dense, builtProfiles(here), { cpus: 64 });
    expect(first(other).confidence).toBe('fair: measured on a host that differs (8 CPUs, not 64)');
  });

  it('tell the kernel of a server whose file does not', () => {
    const needs = { kernel: '>=6.5' };
    expect(first(ask(needs, []))).toMatchObject({
      answer: 'unknown',
      confidence: expect.stringContaining('H2 would decide') as string,
    });
    expect(first(ask(needs, builtProfiles(here))).answer).toBe('vm');
    expect(first(ask(needs, builtProfiles({ ...here, facts: { 'kernel.release': '6.6.1' } }))).answer).toBe(
      'unknown',
    );
  });
});

describe('contradictions and the impossible', () => {
  it('say the line, both reasons and the nearest answer', () => {
    const { conflict } = first(ask({ os: 'windows' }, [], { virtualization: 'none' }));
    expect(conflict).toMatch(
      /^a\.yaml:\d+: No machine: server has no virtualization.*No container: H1 needs a vm/,
    );
    expect(conflict).toContain('Nearest answer: vm, with a server with hardware virtualization');
    const closed = first(ask({ isolation: 'own-kernel' }, [], { runs: ['container'] })).conflict;
    expect(closed).toContain('vm, with a server that runs both; or container, with isolation shared-kernel');
    const slow = first(
      ask({ kernel: 'own', objectives: { start: '100ms' } }, builtProfiles(onHardware)),
    ).conflict;
    expect(slow).toContain('vm misses the start objective');
  });

  it('say from which size on it would fit', () => {
    const advice = ask({ instances: 100, wholeSystem: true, objectives: { memory: '1GiB' } }, [], {
      memory: '64GiB',
    });
    expect(advice.answer).toBe('unknown');
    expect(advice.servers[0]?.impossible[0]).toContain('from 100 GiB on they fit');
    expect(advice.summary).toContain('All of it together is not available on this server.');
  });

  it('say that strangers would share the kernel', () => {
    const [server] = ask({ ...dense, trust: 'untrusted', tenants: 9 }, builtProfiles(onHardware)).servers;
    expect(server?.remarks.join('\n')).toContain('9 untrusted tenants would share the kernel');
  });
});
