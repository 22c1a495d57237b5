/**
 * Facts seen from inside as contrasts of the two sides: whose kernel is underneath, and which powers of an
 * operating system an instance has. Each fact is one contrast; none is counted or weighed against another (C28).
 */
import { recordName } from '../verdicts/runs.ts';
import type { SurfaceFacts } from '../model/observation.ts';
import type { CellRecord, RunRecord } from '../model/record.ts';
import type { Run } from '../verdicts/runs.ts';
import { sideOf, type Contrast, type Keeps } from './contrast.ts';

/** A cell that was looked into; null facts: only its kernel is known. */
interface Seen {
  readonly cell: CellRecord;
  readonly shares: boolean | null;
  readonly surface: SurfaceFacts | null;
}

const powers: Readonly<Record<string, (surface: SurfaceFacts) => boolean | null>> = {
  'an init of its own': ({ facts }) => (facts['init'] === undefined ? null : facts['init'] === 'own'),
  'loading kernel modules': tried('module'),
  'mounting file systems': tried('mount'),
  'setting the clock': tried('clock'),
  restarting: tried('reboot'),
};

/** Facts do not change with the load of the host: launches of voided blocks count. */
export function factContrasts({ ref, record }: Run, keeps: Keeps): Contrast[] {
  const seen = seenIn(record).filter(({ cell }) => keeps(cell));
  const of = (side: string) => seen.filter(({ cell }) => sideOf(cell) === side);
  return of('vm').flatMap((vm) =>
    of('container').flatMap((container): Contrast[] => {
      const contrast = (
        quantity: Contrast['quantity'],
        metric: string,
        words: readonly [vm: string, container: string],
        has: readonly [vm: boolean | null, container: boolean | null],
      ): Contrast[] => {
        const [own, other] = has;
        if (own === null || other === null) return [];
        return [
          {
            quantity,
            metric,
            scenario: record.header.scenario.name,
            workload: vm.cell.workload,
            source: recordName(ref),
            vm: vm.cell.runner,
            container: container.cell.runner,
            favours: own === other ? 'neither' : own ? 'vm' : 'container',
            ratio: null,
            interval: null,
            n: 1,
            threshold: 0,
            reference: null,
            unit: null,
            better: 'higher',
            remark: words.join('; '),
            blocksNeeded: null,
            acceleration: vm.cell.acceleration.class,
            imported: false,
          },
        ];
      };
      const kernel = contrast(
        'kernel',
        'kernel underneath',
        [
          `${vm.cell.runner}: ${vm.shares === true ? 'the host’s' : 'its own'}`,
          `${container.cell.runner}: ${container.shares === true ? 'the host’s' : 'its own'}`,
        ],
        [apart(vm), apart(container)],
      );
      const others = Object.entries(powers).flatMap(([name, has]) => {
        const [own, other] = [vm, container].map(({ surface }) => (surface === null ? null : has(surface)));
        const word = (may: boolean | null | undefined) => (may === true ? 'has it' : 'has not');
        return contrast(
          'powers',
          name,
          [`${vm.cell.runner}: ${word(own)}`, `${container.cell.runner}: ${word(other)}`],
          [own ?? null, other ?? null],
        );
      });
      return [...kernel, ...others];
    }),
  );
}

function apart({ shares }: Seen): boolean | null {
  return shares === null ? null : !shares;
}

function seenIn({ header, trials }: RunRecord): Seen[] {
  const host = header.cells.find(({ isolation }) => isolation === 'process')?.traits.kernel;
  return header.cells
    .filter(({ role }) => role === 'measured')
    .map((cell): Seen => {
      const surface = trials
        .filter((trial) => trial.cell === cell.id && trial.outcome.state === 'ok')
        .flatMap(({ observations }) => observations)
        .find((one) => one.kind === 'surface');
      if (surface !== undefined) {
        const { facts, hostBefore } = surface;
        return { cell, surface, shares: facts['kernel.boot-id'] === hostBefore['kernel.boot-id'] };
      }
      const { kernel } = cell.traits;
      const known = host !== undefined && kernel !== undefined;
      return { cell, surface: null, shares: known ? kernel === host : null };
    });
}

/** Whether the kernel went past the question of who may; null: not tried here. */
function tried(attempt: string): (surface: SurfaceFacts) => boolean | null {
  return ({ attempts }) => {
    const word = attempts[attempt];
    if (word === undefined || word === 'untried') return null;
    return !['EPERM', 'EACCES', 'SIGSYS', 'ENOSYS'].includes(word);
  };
}
