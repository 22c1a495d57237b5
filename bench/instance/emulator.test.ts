/** What an emulator translates is told apart from the machine, and never guessed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccelerationClass } from '../../model/instance.ts';
import type { Trial } from './instance.ts';
import { fakeSite } from './testing/site.ts';
import { guestBytes, translationBytes, withoutTranslation } from './emulator.ts';

const MiB = 2 ** 20;

function trial(acceleration: AccelerationClass, translated: number | null): Trial {
  const hypervisor = translated === null ? null : { translationBytes: translated };
  return {
    prepared: { acceleration: { class: acceleration, reason: '' } },
    cell: { shape: { memoryBytes: 256.5 * MiB } },
    tools: {
      site: fakeSite({
        processes(pids, guest) {
          expect([pids, guest]).toEqual([[7, 8], 256 * MiB]);
          const parts = hypervisor === null ? null : { guestRamBytes: 0, otherBytes: 0, ...hypervisor };
          return { pssBytes: 0, rssBytes: 0, hypervisor: parts };
        },
      }),
    },
  } as unknown as Trial;
}

test('translated code is read of emulated machines alone', () => {
  expect(translationBytes(trial('tcg', 30 * MiB), [7, 8])).toBe(30 * MiB);
  expect(translationBytes(trial('kvm-hw', 1), [7, 8])).toBe(0);
  expect(translationBytes(trial('none', 1), [7, 8])).toBe(0);
  expect(guestBytes(256.5 * MiB)).toBe(256 * MiB);
});

test('where it cannot be read, the memory of the machine is not known either', () => {
  expect(translationBytes(trial('tcg', null), [7, 8])).toBeNull();
  // A site that shows no processes.
  expect(translationBytes(trial('tcg', 30 * MiB), null)).toBeNull();
  expect(withoutTranslation(100, null)).toBeNull();
  expect(withoutTranslation(null, 0)).toBeNull();
});

test('machine and emulator add up to what was read', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (machine, translated) => {
      expect(withoutTranslation(machine + translated, translated)).toBe(machine);
    }),
  );
  // Read one after the other, the part may have outgrown the whole.
  expect(withoutTranslation(10, 12)).toBe(0);
});
