/**
 * benchmark.js' text: "name x 1,234 ops/sec ±0.50% (90 runs sampled)". A line sums up its samples, and nothing
 * tells where a process ends: lines of one name in a file are turns of one launch.
 */
import { UserError } from '../../../model/errors.ts';
import { createGaps } from '../gaps.ts';
import { identityOf } from '../identity.ts';
import { notNegative, unknownHost } from '../parsed.ts';
import type { ImportFile, ImportMetric, ParsedImport } from '../parsed.ts';

const rate: ImportMetric = {
  id: 'import.rate',
  title: 'Per second',
  unit: '1/s',
  better: 'higher',
  definition: 'Operations per second, a mean over the runs sampled, as benchmark.js printed it.',
  threshold: 0.05,
};

export function readBenchmarkJs({ file, text }: ImportFile): ParsedImport {
  const gaps = createGaps();
  const byName = new Map<string, number[]>();
  text.split(/\r\n|\r|\n/).forEach((line, at) => {
    // The sign before the percentage is often lost to another encoding.
    const match = /^\s*(.+) x ([\d,]+(?:\.\d+)?) ops\/sec\b.*\(\d+ runs? sampled\)/.exec(line);
    const place = `${file}:${at + 1}`;
    if (match === null) {
      if (/\bops\/sec\b/.test(line)) {
        gaps.add(
          'lines with ops/sec of another form',
          place,
          'benchmark.js prints "name x 1,234 ops/sec ±0.50% (90 runs sampled)"',
        );
      }
      return;
    }
    const name = identityOf(match[1] ?? '', [], place);
    const value = notNegative(Number((match[2] ?? '').replaceAll(',', '')), place, 'a rate');
    byName.set(name, [...(byName.get(name) ?? []), value]);
  });
  const notUnderstood = gaps.list();
  if (byName.size === 0) {
    throw new UserError(
      `${file}: no line of benchmark.js, such as "name x 1,234 ops/sec ±0.50% (90 runs sampled)"`,
      'give what the suite printed for each cycle, String(event.target)',
    );
  }
  const repeated = [...byName].filter(([, values]) => values.length > 1).length;
  return {
    tool: 'benchmark.js',
    version: null,
    at: null,
    host: unknownHost,
    unit: 'iteration',
    benchmarks: [...byName].map(([name, values]) => ({
      name,
      launches: [{ values: [{ metric: rate, values }], failure: null }],
    })),
    remarks: [
      'each line is a mean over its samples',
      ...(repeated === 0
        ? []
        : [
            `several lines of one name are taken for one launch (${repeated}): put each run into a file of its own`,
          ]),
    ],
    notUnderstood,
  };
}
