/** Versions, words and the two ways of not meeting a requirement: on the host's kernel, and on one's own. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasVersion, kernelPattern, requirementWords, unmeetable, unmet } from './requirements.ts';
import type { Requirements } from '../../model/scenario.ts';

const none: Requirements = { kernel: null, modules: [], architecture: null, os: null };

test.each([
  ['6.18.44-fc-v445', '>=6.5', true],
  ['6.18.44-fc-v445', '>=6.18.45', false],
  ['6.18.44-fc-v445', '6.1.*', false],
  ['6.1.0-56-cloud-amd64', '6.1.*', true],
  ['6.1.0-56-cloud-amd64', '6.1', true],
  ['6.1.0-56-cloud-amd64', '=6.1.1', false],
  ['6.1.7', '>6.1', false],
  ['6.1.7', '<=6.1', true],
  ['6.1.7', '<6.2', true],
  ['6.10.0', '<6.9', false],
  ['5.15', '> 4', true],
  ['rubbish', '>=1', false],
])('kernel %s against %s: %s', (release, wanted, is) => {
  expect(kernelPattern.test(wanted)).toBe(true);
  expect(hasVersion(release, wanted)).toBe(is);
});

test('a version is at least one bound exactly when it is not below it', () => {
  const part = fc.nat({ max: 40 });
  fc.assert(
    fc.property(part, part, part, part, (a, b, c, d) => {
      const release = `${a}.${b}.1-x`;
      return hasVersion(release, `>=${c}.${d}`) !== hasVersion(release, `<${c}.${d}`);
    }),
  );
});

test('what is no version is no pattern', () => {
  for (const text of ['', '>=', '6.x', '>=6.1.*', 'linux-6.1', '6.1.*.*', '6.1.2.3', '~6.1']) {
    expect(kernelPattern.test(text)).toBe(false);
  }
});

test('what nobody here can run is refused with what could', () => {
  expect(unmeetable(none, 'x64', false)).toBeNull();
  expect(unmeetable({ ...none, architecture: 'amd64', os: 'linux' }, 'x64', false)).toBeNull();
  expect(unmeetable({ ...none, architecture: 'arm64' }, 'x64', false)?.reason).toContain('which are x86_64');
  expect(unmeetable({ ...none, architecture: 'aarch64' }, 'x64', true)?.hint).toContain(
    'qemu-system-aarch64',
  );
  expect(unmeetable({ ...none, os: 'windows' }, 'x64', false)?.reason).toContain("host's Linux kernel");
});

test('what is not met inside says whose kernel it is', () => {
  const printed = 'kernel 6.18.44\nmachine x86_64\nboot abc\nmodule nf_tables\n';
  const needs = { ...none, kernel: '6.1.*' };
  expect(unmet(needs, printed, 'abc')).toBe(
    "needs kernel 6.1.*; inside is 6.18.44, the host's own: what runs on it can bring no other",
  );
  expect(unmet(needs, printed, 'other')).toContain('its own');
  expect(unmet({ ...none, modules: ['nf-tables'] }, printed, 'abc')).toBeNull();
  expect(unmet({ ...none, modules: ['dummy'] }, printed, 'abc')).toContain('brings no modules');
  expect(unmet({ ...none, modules: ['dummy'] }, printed, 'other')).toContain('in its package');
  expect(unmet({ ...none, architecture: 'aarch64' }, printed, 'abc')).toContain('inside is x86_64');
  expect(unmet(needs, '', 'abc')).toContain('inside is unknown');
});

test('requirements are named in one line', () => {
  expect(
    requirementWords({ kernel: '>=6.5', modules: ['a', 'b'], architecture: 'x86_64', os: 'linux' }),
  ).toBe('kernel >=6.5, module a, module b, architecture x86_64, system linux');
});
