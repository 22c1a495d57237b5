/** Which formats can be imported, and how a file is recognised as one of them. */
import { createHash } from 'node:crypto';
import { UserError } from '../../model/errors.ts';
import { readBenchmarkJs } from './formats/benchmark-js.ts';
import { readCriterion } from './formats/criterion.ts';
import { readCustom, unitsTell } from './formats/custom.ts';
import { readFio } from './formats/fio.ts';
import { readGo } from './formats/go.ts';
import { readGoogleBenchmark } from './formats/google-benchmark.ts';
import { readHyperfine } from './formats/hyperfine.ts';
import { readJmh } from './formats/jmh.ts';
import { readK6 } from './formats/k6.ts';
import { readKubeBurner } from './formats/kube-burner.ts';
import { readPerfkit } from './formats/perfkit.ts';
import { readPytest } from './formats/pytest-benchmark.ts';
import { readSysbench } from './formats/sysbench.ts';
import { importKinds, type ImportKind } from './kinds.ts';
import type { Directions, ImportFile, ParsedImport } from './parsed.ts';

const readers: Readonly<Record<ImportKind, (file: ImportFile, directions: Directions) => ParsedImport>> = {
  hyperfine: readHyperfine,
  fio: readFio,
  sysbench: readSysbench,
  go: readGo,
  'pytest-benchmark': readPytest,
  criterion: readCriterion,
  'google-benchmark': readGoogleBenchmark,
  jmh: readJmh,
  k6: readK6,
  'kube-burner': readKubeBurner,
  perfkit: readPerfkit,
  'benchmark.js': readBenchmarkJs,
  custom: (file, directions) => readCustom(file, null, directions),
  customSmallerIsBetter: (file) => readCustom(file, 'lower'),
  customBiggerIsBetter: (file) => readCustom(file, 'higher'),
};

/** By what only that format has. */
const signs: readonly (readonly [ImportKind, RegExp])[] = [
  ['sysbench', /^sysbench \d|^Threads fairness:/m],
  ['fio', /"fio version"\s*:|^[2-5];fio-|^2;[^;\n]+;\d+;\d+;\d+;|: \(groupid=\d+, jobs=\d+\): err=/m],
  ['perfkit', /"product_name"\s*:\s*"PerfKitBenchmarker"|"run_uri"\s*:/],
  ['kube-burner', /"metricName"\s*:\s*"(\w+Latency(Quantiles)?Measurement|jobSummary)"/],
  ['kube-burner', /"metricName"\s*:[\s\S]*"uuid"\s*:|"uuid"\s*:[\s\S]*"metricName"\s*:/],
  ['jmh', /"primaryMetric"\s*:/],
  ['google-benchmark', /"context"\s*:\s*\{[\s\S]*"benchmarks"\s*:/],
  ['pytest-benchmark', /"benchmarks"\s*:[\s\S]*"stats"\s*:|"machine_info"\s*:[\s\S]*"benchmarks"\s*:/],
  [
    'k6',
    /"k6Version"\s*:|"root_group"\s*:|"metrics"\s*:[\s\S]*"(http_reqs|iterations|iteration_duration|vus|data_sent)"/,
  ],
  ['hyperfine', /"results"\s*:\s*\[\s*(\]|\{[\s\S]*"command"\s*:)/],
  ['criterion', /"(median_abs_dev|sampling_mode)"\s*:|"mean"\s*:\s*\{\s*"confidence_interval"\s*:/],
  ['criterion', /\btime:\s+\[[\d.]+ \S+ [\d.]+ |^test .+ \.\.\. bench: +[\d,]+/m],
  ['benchmark.js', / ops\/sec\b.*\(\d+ runs? sampled\)/],
  ['go', /^(Benchmark\S+\s+\d+\s|\s*--- FAIL: Benchmark|goos: |pkg: )|^\{"(Time|Action)":/m],
  ['go', /Benchmark(?![a-z])\S*\s+\d+\s+[\d.]+ ns\/op/],
];

/** Known forms that hold too little, by their own signs: what each is, and what to export instead. */
const refused: readonly (readonly [RegExp, string, string])[] = [
  [
    /^(\| *)?command[,|].*mean/im,
    "hyperfine's table, which holds no single runs",
    'export with --export-json',
  ],
  [
    /^\{"type":"(Metric|Point)"/m,
    "k6's stream of points",
    'export a summary: --summary-export FILE, or handleSummary',
  ],
  [/^"?Benchmark"?,"?Mode"?,/m, "JMH's CSV, which holds no forks", 'run JMH with -rf json'],
  [/^Benchmark +(\(.*\) +)*Mode +Cnt +Score/m, "JMH's text, which holds no forks", 'run JMH with -rf json'],
  [/^name,iterations,real_time,cpu_time/m, "Google Benchmark's CSV", 'run it with --benchmark_format=json'],
  [
    /^Benchmark +Time +CPU +Iterations/m,
    "Google Benchmark's text, which is rounded",
    'run it with --benchmark_format=json',
  ],
  [/^group,function,value,throughput_num/m, "Criterion's raw.csv", 'give the folder target/criterion'],
];

/** Colours, as some tools print them into files too. */
const colours = new RegExp(String.raw`\u001b\[[0-9;]*[A-Za-z]`, 'g');

function plain(source: ImportFile): ImportFile {
  return { ...source, text: source.text.replaceAll(colours, '') };
}

/**
 * What a text is.
 * @throws UserError where that cannot be told
 */
export function recognise(source: ImportFile): ImportKind {
  if (source.parts !== undefined) return 'criterion';
  const { file, text } = plain(source);
  const found = signs.find(([, sign]) => sign.test(text));
  if (found !== undefined) return found[0];
  const other = refused.find(([sign]) => sign.test(text));
  if (other !== undefined) throw new UserError(`${file}: is ${other[1]}`, other[2]);
  if (/^\s*\[/.test(text) && /"value"\s*:/.test(text)) {
    if (unitsTell(text)) return 'custom';
    throw new UserError(
      `${file}: a list of names and values does not say which way is better`,
      'say it with --from customSmallerIsBetter or --from customBiggerIsBetter',
    );
  }
  throw new UserError(
    `${file}: ${text.trim() === '' ? 'is empty' : `not recognised: ${JSON.stringify(text.trimStart().slice(0, 40))}`}`,
    `name its format with --from: ${importKinds.join(', ')}`,
  );
}

/** Reads one file; by default as what it is recognised as. @throws UserError naming file, line or field */
export function parseImport(
  source: ImportFile,
  kind: ImportKind = recognise(source),
  directions: Directions = {},
): ParsedImport {
  return readers[kind](plain(source), directions);
}

/** What makes two files the same. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
