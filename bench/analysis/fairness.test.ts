import { describe, expect, it } from 'vitest';
import { fairnessLedger, voidingRows } from './fairness.ts';
import type { TraitKey } from '../../model/instance.ts';
import type { CellRecord } from '../../model/record.ts';
import { buildRecord, builtRunners } from '../record/testing/builder.ts';

const cells = buildRecord({ blocks: 1 }).header.cells;
const row = (trait: TraitKey, from: readonly CellRecord[] = cells) =>
  fairnessLedger(from).find((each) => each.trait === trait)!;

/** The built cells, with one trait of one runner replaced (null: not recorded). */
function withTrait(runner: string, trait: TraitKey, value: string | null): CellRecord[] {
  return cells.map((cell) => {
    if (cell.runner !== runner) return cell;
    const { [trait]: _dropped, ...rest } = cell.traits;
    return { ...cell, traits: value === null ? rest : { ...rest, [trait]: value } };
  });
}

describe('fairness ledger', () => {
  it('has a row for every trait, each with a value per runner', () => {
    const ledger = fairnessLedger(cells);
    expect(ledger).toHaveLength(19);
    expect(new Set(ledger.map(({ title }) => title)).size).toBe(19);
    for (const { values } of ledger)
      expect(values.map(({ runner }) => runner)).toEqual(builtRunners.map(({ id }) => id));
  });

  it('explains a difference that is part of what is compared, without voiding anything', () => {
    expect(row('kernel')).toMatchObject({ state: 'different', voids: [] });
    expect(row('pageCache')).toMatchObject({ state: 'same', voids: [], consequence: 'Like for like.' });
  });

  it.each([
    ['image', 'sha256:other', ['startup', 'cpu', 'tare', 'isolation']],
    ['cpuPlacement', 'CPU 0', ['cpu']],
    ['pageCache', 'cold', ['startup']],
    ['ruler', 'RSS of the process', ['cpu', 'memory', 'tare']],
  ] as const)('voids families when %s differs', (trait, value, families) => {
    const changed = row(trait, withTrait('vm', trait, value));
    expect(changed.state).toBe('different');
    expect(changed.voids).toEqual(expect.arrayContaining([...families]));
    expect(changed.consequence).toContain('No verdict on');
  });

  it('says unknown where a runner does not tell, and does not void for it', () => {
    const unknown = row('ruler', withTrait('vm', 'ruler', null));
    expect(unknown).toMatchObject({ state: 'unknown', voids: [] });
    expect(unknown.values.at(-1)).toEqual({ runner: 'vm', value: null });
    expect(fairnessLedger([]).every(({ state }) => state === 'unknown')).toBe(true);
  });

  it('calls a difference one, even if another runner does not tell', () => {
    const [first] = cells;
    const mixed = [
      ...withTrait('vm', 'ruler', null),
      { ...first!, runner: 'x', traits: { ruler: 'another' } },
    ];
    expect(row('ruler', mixed).state).toBe('different');
  });

  it('does not compare across workloads and shapes, nor take spelling for a condition', () => {
    const other = cells.map((cell) => ({
      ...cell,
      workload: 'other',
      traits: { ...cell.traits, cpuPlacement: 'CPU 0' },
    }));
    expect(row('cpuPlacement', [...cells, ...other]).state).toBe('same');
    expect(row('cpuPlacement', withTrait('vm', 'cpuPlacement', ' cpu  1 ')).state).toBe('same');
  });

  it('leaves control cells out', () => {
    const odd = cells.map((cell) =>
      cell.role === 'control' ? { ...cell, traits: { ...cell.traits, clock: 'sundial' } } : cell,
    );
    expect(row('clock', odd)).toEqual(row('clock'));
  });

  it('asks for one pair only what differs between the two', () => {
    const changed = withTrait('vm', 'cpuPlacement', 'CPU 0');
    const [processCell, , namespaceCell, vmCell] = changed;
    expect(voidingRows(vmCell!, processCell!, 'cpu').map(({ trait }) => trait)).toEqual(['cpuPlacement']);
    expect(voidingRows(vmCell!, processCell!, 'startup')).toEqual([]);
    expect(voidingRows(namespaceCell!, processCell!, 'cpu')).toEqual([]);
  });
});

describe('cache mode', () => {
  const [first] = cells;
  const cell = (runnerKind: CellRecord['runnerKind'], cacheMode: string): CellRecord => ({
    ...first!,
    runnerKind,
    traits: { ...first!.traits, cacheMode },
  });

  it('voids io verdicts between different kinds of runner', () => {
    const rows = voidingRows(cell('qemu', 'ends in the page cache'), cell('process', 'past it'), 'io');
    expect(rows.map(({ trait }) => trait)).toEqual(['cacheMode']);
    expect(voidingRows(cell('qemu', 'past it'), cell('process', 'past it'), 'io')).toEqual([]);
    expect(voidingRows(cell('qemu', 'a'), cell('process', 'b'), 'cpu')).toEqual([]);
  });

  it('is the thing compared between two runners of one kind', () => {
    expect(voidingRows(cell('qemu', 'ends in the page cache'), cell('qemu', 'past it'), 'io')).toEqual([]);
  });
});
