/** Two entries that differ in anything printed are two benchmarks; entries equal in all are launches of one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, launchesTogether, optionsOf, type Options } from './identity.ts';
import { imported, launchCounts } from './testing/imported.ts';

const word = fc.oneof(
  fc.stringMatching(/^[a-z0-9/ =,"[\]#.-]{1,12}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
  fc.string({ minLength: 150, maxLength: 300 }),
);
const name = word.filter(
  (text) => identityOf(`x${text}`, [], '') !== '' && text.trim() !== '' && !/^[\p{C}\p{Z}\s]*$/u.test(text),
);
const options = fc.array(fc.tuple(word, fc.oneof(fc.constant(''), word)), { maxLength: 4 });

const same = (a: readonly [string, Options], b: readonly [string, Options]) =>
  JSON.stringify([a[0].trim(), a[1]]) === JSON.stringify([b[0].trim(), b[1]]);

describe('an identity', () => {
  it('is the same text for the same entries alone', () => {
    fc.assert(
      fc.property(name, options, name, options, fc.boolean(), (one, first, other, second, isNear) => {
        const near: readonly [string, Options] = isNear ? [one, second] : [other, second];
        fc.pre(!same([one, first], near));
        expect(identityOf(one, first, '')).not.toBe(identityOf(near[0], near[1], ''));
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be forged by a name that looks like options', () => {
    expect(identityOf('disk [bs=4k]', [], '')).not.toBe(identityOf('disk', [['bs', '4k']], ''));
    expect(identityOf('disk', [['bs', '4k, rw=read']], '')).not.toBe(
      identityOf(
        'disk',
        [
          ['bs', '4k'],
          ['rw', 'read'],
        ],
        '',
      ),
    );
    expect(identityOf('a  b', [], '')).not.toBe(identityOf('a b', [], ''));
    expect(identityOf(`${'x'.repeat(300)}a`, [], '')).not.toBe(identityOf(`${'x'.repeat(300)}b`, [], ''));
  });

  it('does not depend on the order of an object', () => {
    expect(optionsOf({ b: 1, a: 'x' })).toEqual(optionsOf({ a: 'x', b: 1 }));
  });

  it('keeps launches in their order', () => {
    const launch = (failure: string) => ({ values: [], failure });
    const entries = ['a', 'b', 'a'].map((each, at) => ({ name: each, launch: launch(String(at)) }));
    expect(launchesTogether(entries).map(({ launches }) => launches.map(({ failure }) => failure))).toEqual([
      ['0', '2'],
      ['1'],
    ]);
  });
});

const plainWord = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const jobOptions = fc.dictionary(
  plainWord.filter((key) => key !== 'name'),
  plainWord,
  { maxKeys: 3, noNullPrototype: true },
);

describe('in files', () => {
  const fio = (all: readonly Readonly<Record<string, string>>[]) =>
    JSON.stringify({
      'fio version': 'fio-3.36',
      jobs: all.map((each, groupid) => ({
        jobname: 'disk',
        groupid,
        error: 0,
        'job options': each,
        read: { iops: groupid + 1, bw_bytes: 1, total_ios: 1 },
      })),
    });

  it('fio: jobs one after another with equal options are launches, with others benchmarks', () => {
    fc.assert(
      fc.property(fc.array(jobOptions, { minLength: 1, maxLength: 6 }), (all) => {
        expect(launchCounts(imported([fio(all)]))).toEqual(countEqual(all.map((each) => optionsOf(each))));
      }),
    );
  });

  const sysbench = (head: readonly string[]) =>
    [
      'sysbench 1.0.20 (using system LuaJIT 2.1.0)',
      '',
      'Running the test with following options:',
      ...head,
      'Threads started!',
      '',
      'CPU speed:',
      '    events per second:  100.00',
      '',
      'Threads fairness:',
      '    events (avg/stddev):           1.0/0.00',
      '',
    ].join('\n');
  /** At most one line of each option, in the order that sysbench prints them. */
  const head = fc
    .tuple(
      fc.option(
        fc.integer({ min: 1, max: 3 }).map((threads) => `Number of threads: ${threads}`),
        { nil: '' },
      ),
      fc.option(fc.constantFrom('Validation checks: on.', 'Target transaction rate: 5/sec'), { nil: '' }),
      fc.option(
        fc.integer({ min: 1, max: 3 }).map((limit) => `Prime numbers limit: ${limit}`),
        { nil: '' },
      ),
      fc.option(
        fc.integer({ min: 1, max: 3 }).map((size) => `Block size ${size}KiB`),
        { nil: '' },
      ),
      fc.option(fc.constantFrom('Doing random read test', 'Doing sequential read test'), { nil: '' }),
      fc.option(fc.constantFrom('  operation: read', '  operation: write'), { nil: '' }),
    )
    .map((lines) => lines.filter((line) => line !== ''));

  it('sysbench: every printed option counts', () => {
    fc.assert(
      fc.property(fc.array(head, { minLength: 1, maxLength: 5 }), (heads) => {
        const record = imported([heads.map(sysbench).join('')]);
        expect(launchCounts(record)).toEqual(countEqual(heads));
      }),
    );
  });

  it('hyperfine: commands of one name are told apart by their parameters', () => {
    const parameters = fc.uniqueArray(jobOptions, {
      minLength: 1,
      maxLength: 5,
      selector: (each) => JSON.stringify(optionsOf(each)),
    });
    fc.assert(
      fc.property(parameters, (all) => {
        const text = JSON.stringify({
          results: all.map((each) => ({ command: 'run', times: [1, 2], parameters: each })),
        });
        expect(launchCounts(imported([text]))).toEqual(all.map(() => 2));
      }),
    );
  });

  it('JMH: mode, threads and parameters count', () => {
    const entry = fc.record({
      mode: fc.constantFrom('avgt', 'sample', 'ss'),
      threads: fc.integer({ min: 1, max: 3 }),
      params: jobOptions,
    });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (all) => {
        const text = JSON.stringify(
          all.map((each) => ({
            ...each,
            benchmark: 'org.example.B.m',
            forks: 1,
            primaryMetric: { score: 1, scoreUnit: 'us/op', rawData: [[1, 2]] },
          })),
        );
        const keys = all.map((each) => [each.mode, each.threads, optionsOf(each.params)]);
        expect(launchCounts(imported([text]))).toEqual(countEqual(keys));
      }),
    );
  });
});

/** How often each distinct value stands there, in the order of first sight. */
function countEqual(values: readonly unknown[]): number[] {
  const counts = new Map<string, number>();
  for (const value of values.map((each) => JSON.stringify(each)))
    counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()];
}
