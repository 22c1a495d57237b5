import { expect, test } from 'vitest';
import { explainEnd } from './ends.ts';
import type { EndEvidence } from './ends.ts';

const quiet: EndEvidence = { exitCode: 0, signal: null, console: 'mark T4', stderr: '', hostOomKills: 0 };

test.each<[string, Partial<EndEvidence>, string, string]>([
  [
    'a panic',
    {
      console:
        'mark T4\n[    3.1] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n[    3.2] CPU: 0',
    },
    'panic',
    'Attempted to kill init! exitcode=0x00000100',
  ],
  [
    'a panic for want of memory',
    { console: '[    9.0] Kernel panic - not syncing: System is deadlocked on memory' },
    'oom',
    'deadlocked on memory',
  ],
  [
    'an initramfs that did not fit',
    { console: '[    1.0] Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled' },
    'oom',
    'panic_on_oom',
  ],
  ['its own init gives up', { console: 'tare: init: no agent port\n' }, 'launch', 'no agent port'],
  ["the host's OOM killer", { exitCode: null, signal: 'SIGKILL', hostOomKills: 1 }, 'oom', 'host'],
  ['killed', { exitCode: null, signal: 'SIGKILL' }, 'early-exit', 'SIGKILL'],
  ['killed, not counted', { exitCode: null, signal: 'SIGKILL', hostOomKills: null }, 'early-exit', 'SIGKILL'],
  ['switched off', {}, 'early-exit', 'exit code 0'],
  [
    'refused arguments',
    { exitCode: 1, console: '', stderr: "-cpu: unknown model 'x'" },
    'early-exit',
    'exit code 1',
  ],
])('%s', (_name, evidence, reason, words) => {
  const facts = explainEnd({ ...quiet, ...evidence });
  expect(facts.reason).toBe(reason);
  expect(facts.message).toContain(words);
});

test('what QEMU said and what the console showed are both kept', () => {
  const { detail } = explainEnd({ ...quiet, exitCode: 1, stderr: 'from qemu\n', console: 'from guest\n' });
  expect(detail).toBe('from qemu\n--- console\nfrom guest');
});
