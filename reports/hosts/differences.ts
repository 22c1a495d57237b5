/** What is not the same on every side, before any number: the facts that must match, the image, the tool, the runners. */
import { hostDifferences } from '../../bench/record/comparable.ts';
import type { Table } from '../parts/parts.ts';
import { columns, digestText, folded, narrow, table, type Block } from '../parts/parts.ts';
import { count } from '../parts/words.ts';
import type { Side } from './side.ts';

export interface Difference {
  readonly what: string;
  /** One per side; null: that side does not know it. */
  readonly values: readonly (string | null)[];
}

/** Facts that must match before numbers are compared, and do not. */
export function differencesOf(sides: readonly Side[]): readonly Difference[] {
  const headers = sides.map(({ record }) => record.header);
  const facts = hostDifferences(headers.map(({ host }) => host)).map(({ key, values }) => ({
    what: key,
    values,
  }));
  const own: readonly Difference[] = [
    { what: 'image digest', values: headers.map(({ imageDigest }) => imageDigest) },
    { what: 'tare version', values: headers.map(({ tool }) => tool.version) },
  ];
  return [...facts, ...own.filter(({ values }) => new Set(values).size > 1)];
}

const headsOf = (first: string, sides: readonly Side[]) => columns(first, ...sides.map(({ name }) => name));

/** Null where every fact is the same. */
export function differenceTable(sides: readonly Side[]): Table | null {
  const rows = differencesOf(sides).map(({ what, values }) => ({
    head: what,
    cells: values.map((value) => wide(value ?? 'unknown')),
  }));
  if (rows.length === 0) return null;
  const caption = `What differs: ${count(rows.length, 'fact')} that must match before numbers are compared`;
  return table('headline', caption, headsOf('Fact', sides), rows, [
    'Numbers of different hosts stand side by side, each under its host’s name. None is averaged with another and no verdict is given across hosts (C26); ratios of runners within each host can be read against each other.',
  ]);
}

/** What each runner was on each side: product, version, machine, acceleration, size. */
export function runnersFold(sides: readonly Side[]): Block {
  const runners = [...new Set(sides.flatMap(({ subjects }) => subjects.cells.map((cell) => cell.runner)))];
  const rows = runners.map((runner) => ({
    head: runner,
    cells: sides.map(({ subjects }) => {
      const own = subjects.cells.filter((cell) => cell.runner === runner && cell.role === 'measured');
      const words = [...new Set(own.map((cell) => subjects.configuration(cell.id)))];
      return narrow(words.length === 0 ? 'not run there' : words.join('; '));
    }),
  }));
  return folded(table('runners', 'What each runner was, host by host', headsOf('Runner', sides), rows));
}

/** Digests cut, flags and lists broken into lines. */
function wide(value: string) {
  const cell = digestText(value);
  return cell.kind === 'text' && cell.full === undefined ? narrow(value) : cell;
}
