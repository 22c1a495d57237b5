/**
 * What two sets of runs must share before their numbers may stand in one ratio (METHODOLOGY C26): the host,
 * the work, the acceleration class and the major version of the tool. The image and the versions of a
 * runtime may differ: they are often the very change that is judged, and are said in a remark.
 */
import type { Refusal } from '../model/analysis.ts';
import type { MetricDeclaration } from '../model/metric.ts';
import type { CellRecord } from '../model/record.ts';
import { conditionsOf, decisiveIdentity, hostDifferences, majorOf } from '../bench/record/comparable.ts';
import { imageFacts } from '../bench/scenario/image-facts.ts';
import type { Remark } from './model.ts';
import type { Run } from './runs.ts';

/** Differences that forbid a comparison of plain values, one sentence each; empty: none. */
export function differingHosts(base: readonly Run[], head: readonly Run[]): string[] {
  const hashes = (runs: readonly Run[]) => new Set(runs.map(({ ref }) => ref.host.hash));
  const [before, after] = [hashes(base), hashes(head)];
  if (before.size === after.size && [...before].every((hash) => after.has(hash))) return [];
  const shared = [...before].filter((hash) => after.has(hash));
  const only = (runs: readonly Run[]) => runs.filter(({ ref }) => !shared.includes(ref.host.hash));
  const [one, other] = [only(base), only(head)];
  const fields = hostDifferences([...one, ...other].map(({ record }) => record.header.host)).map(
    ({ key, values }) => `${key}: ${[...new Set(values.map((value) => value ?? 'unknown'))].join(' | ')}`,
  );
  const named = (runs: readonly Run[]) => [...new Set(runs.map(({ ref }) => ref.host.name))].join(', ');
  const sides = [
    ...(one.length > 0 ? [`base alone has ${named(one)}`] : []),
    ...(other.length > 0 ? [`head alone has ${named(other)}`] : []),
  ];
  return [`host: ${sides.join('; ')}${fields.length > 0 ? `; differing facts: ${fields.join('; ')}` : ''}`];
}

/** Major versions of the tool on both sides, if they differ. */
export function differingTools(base: readonly Run[], head: readonly Run[]): string[] {
  const majors = (runs: readonly Run[]) =>
    [
      ...new Set(
        runs
          .map(({ record }) => record.header.tool)
          .map(({ name, version }) => `${name} ${majorOf(version)}`),
      ),
    ].sort();
  const [before, after] = [majors(base).join(', '), majors(head).join(', ')];
  return before === after ? [] : [`tool: major version ${before} in base, ${after} in head`];
}

/** One cell as one run has it. */
export interface CellOf {
  readonly run: Run;
  readonly cell: CellRecord;
}

/** Why this cell's numbers on the two sides are not numbers of one thing. */
export function cellRefusals(base: readonly CellOf[], head: readonly CellOf[]): Refusal[] {
  const refuse = refusing(base, head);
  const size = ({ cell: { shape } }: CellOf) => `${shape.cpus} CPUs and ${shape.memoryBytes} bytes`;
  return [
    ...refuse('acceleration class', ({ cell }) => cell.acceleration.class),
    ...refuse('the kind of runner', ({ cell }) => cell.runnerKind),
    ...refuse('the shape', size),
    ...workRefusals(base, head, refuse),
  ];
}

/** Why this one metric is not the same on both sides, though its cell is. */
export function metricRefusals(
  base: readonly CellOf[],
  head: readonly CellOf[],
  metric: MetricDeclaration,
): Refusal[] {
  const refuse = refusing(base, head);
  const titles = new Set([...base, ...head].flatMap(({ cell }) => [...conditionsOf(cell, metric).keys()]));
  return [...titles].flatMap((title) =>
    refuse(title, ({ cell }) => conditionsOf(cell, metric).get(title) ?? 'not recorded'),
  );
}

type Refuse = (what: string, of: (one: CellOf) => string) => Refusal[];

function refusing(base: readonly CellOf[], head: readonly CellOf[]): Refuse {
  return (what, of) => {
    // Mixed within one side is as bad as differing between them.
    if (new Set([...base, ...head].map(of)).size === 1) return [];
    const values = (side: readonly CellOf[]) => [...new Set(side.map(of))].sort().join(' and ');
    const [before, after] = [values(base), values(head)];
    return [
      {
        rule: 'C26',
        message: `${what} differs: ${before} in base, ${after} in head.`,
        remedy: 'Compare runs that agree on it, or measure both again under the same conditions.',
      },
    ];
  };
}

/**
 * Work is the same if its digests are; where a record has none, if the whole scenario is the same. What an image says of
 * its own service is no part of it, but was one in records that do not hold it as facts: those are the same where their
 * scenarios say the same.
 */
function workRefusals(base: readonly CellOf[], head: readonly CellOf[], refuse: Refuse): Refusal[] {
  const all = [...base, ...head];
  if (all.every(({ cell }) => cell.workDigest !== undefined)) {
    const isBound = all.some(holdsImageInDigest);
    if (isBound && new Set(all.map(({ run }) => writtenOf(run))).size === 1) return [];
    return refuse('the work of a launch (workload digest)', ({ cell }) =>
      (cell.workDigest ?? '').slice(0, 12),
    );
  }
  return refuse('the scenario (these records have no digest of the work itself)', ({ run }) =>
    run.record.header.scenario.hash.slice(0, 12),
  );
}

/** A service of the image's own, in a record without facts of the image. */
function holdsImageInDigest({ run, cell }: CellOf): boolean {
  if (imageFacts.some(([key]) => key in cell.identity)) return false;
  const { text } = run.record.header.scenario;
  // Services that tare knows are named by a word; one of the image's own is described.
  return /\bservice:[ \t]*(\{|#.*$|$)/m.test(text);
}

/** What a scenario says, but for its image and for how often it is done. */
function writtenOf(run: Run): string {
  const { text, overrides } = run.record.header.scenario;
  const apart = /^(image|blocks|description|seed)\s*[:=]/;
  const lines = [...text.split('\n'), ...overrides.filter((one) => !apart.test(one))];
  return lines.filter((line) => !apart.test(line)).join('\n');
}

/** What else is not the same, and may be what is being judged. */
export function cellRemarks(base: readonly CellOf[], head: readonly CellOf[]): Remark[] {
  const differing = (of: (one: CellOf) => string | undefined): [string, string] | null => {
    const values = (side: readonly CellOf[]) =>
      [...new Set(side.map((one) => of(one) ?? 'unknown'))].sort().join(' and ');
    return values(base) === values(head) ? null : [values(base), values(head)];
  };
  const image = differing(({ run }) => run.record.header.imageDigest.replace(/^sha256:/, '').slice(0, 12));
  const command = differing(({ cell }) => cell.identity['command'] ?? '');
  const options = differing(({ cell }) => JSON.stringify(cell.options));
  return [
    ...(image === null
      ? []
      : [{ code: 'image', message: `Image ${image[0]} in base, ${image[1]} in head.` }]),
    ...decisiveIdentity([...base, ...head].map(({ cell }) => cell)).flatMap((key) => {
      const found = differing(({ cell }) => cell.identity[key]);
      if (found === null) return [];
      return [{ code: 'identity', message: `${key}: ${found[0]} in base, ${found[1]} in head.` }];
    }),
    ...imageFacts.flatMap(([key, title]): Remark[] => {
      const known = [...base, ...head].every(({ cell }) => cell.identity[key] !== undefined);
      const found = known ? differing(({ cell }) => cell.identity[key]) : null;
      if (found === null) return [];
      const [before, after] = found.map((value) => (value === '' ? 'none' : value)) as [string, string];
      const message =
        key === 'image.environment'
          ? `Image's environment changed: ${changedNames(found[0], found[1])}.`
          : `Image's ${title} changed: ${before} -> ${after}.`;
      return [{ code: 'image-facts', message }];
    }),
    ...(command === null
      ? []
      : [{ code: 'command', message: `Command ${command[0]} in base, ${command[1]} in head.` }]),
    ...(options === null
      ? []
      : [{ code: 'options', message: `Runner options ${options[0]} in base, ${options[1]} in head.` }]),
  ];
}

/** "FEATURE (changed), MODE (added)": by names alone, as values may be secrets. */
function changedNames(before: string, after: string): string {
  const read = (text: string) =>
    new Map(text.split(' ').flatMap((part) => (part === '' ? [] : [part.split('=') as [string, string]])));
  const [old, now] = [read(before), read(after)];
  const words = [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    if (old.get(name) === now.get(name)) return [];
    return [`${name} (${!old.has(name) ? 'added' : !now.has(name) ? 'removed' : 'changed'})`];
  });
  return words.join(', ');
}
