/** Ways of being ready as the agent reads them. */
import { expect, test } from 'vitest';
import type { Readiness, ServiceSpec } from '../model/scenario.ts';
import { notReady, readyLines } from './ready-lines.ts';

const check: Readiness = {
  kind: 'check',
  argv: ['a b', "it's"],
  limitSeconds: 0.5,
  delaySeconds: 5,
  everySeconds: 0.05,
  patienceSeconds: 40.5,
};

test('a check is words for a shell, and its pace in what the agent can count', () => {
  expect(readyLines(check)).toEqual(["'a b' 'it'\\''s'", '1 5000000 50000 41']);
  expect(readyLines({ ...check, delaySeconds: 0, everySeconds: 0, patienceSeconds: null })[1]).toBe(
    '1 0 1000 -',
  );
  // An image may say anything of its check.
  const endless = { limitSeconds: 1e30, delaySeconds: 7200, everySeconds: 7200, patienceSeconds: 1e300 };
  expect(readyLines({ ...check, ...endless })[1]).toBe('1000000000 4000000000 4000000000 1000000000');
});

test('one that was never ready has ended, or is unhealthy and says why', () => {
  const service = { name: 'image', ready: check } as ServiceSpec;
  expect(notReady(service, 'serve', 'x')).toMatchObject({ reason: 'crash' });
  expect(notReady(service, 'health', 'no database').message).toBe(
    'the service image is unhealthy: its check kept failing for 40.5 s, at last saying: no database',
  );
});
