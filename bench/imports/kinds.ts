/** Ways to read a file of another tool, as `--from` names them; apart, so that help costs no reader. */

/** What each is; `tare import --help` prints it, docs/imports.md tells what is read of it. */
export const importFormats = {
  hyperfine: 'hyperfine --export-json: each run is a launch',
  fio: 'fio --output-format=json, fio 2 and 3, clients too: each job is a launch',
  sysbench: 'what sysbench 0.4 to 1.1 prints: each run is a launch',
  go: 'go test -bench, plain or -json: each test binary is a launch',
  'pytest-benchmark': 'pytest --benchmark-json: a file is a launch',
  criterion: 'cargo bench text, estimates.json or the folder target/criterion: a file or folder is a launch',
  'google-benchmark': '--benchmark_format=json: a file is a launch, repetitions are turns in it',
  jmh: 'JMH -rf json: each fork is a launch',
  k6: 'k6 handleSummary or --summary-export: a file is a launch',
  'kube-burner': 'local indexer JSON of latencies: each uuid is a launch',
  perfkit: 'PerfKit Benchmarker JSON samples: each run_uri is a launch',
  'benchmark.js': '"x ops/sec" lines: a file is a launch',
  custom: 'a list of { name, unit, value } whose units tell which way is better',
  customSmallerIsBetter: 'such a list: lower is better',
  customBiggerIsBetter: 'such a list: higher is better',
} as const;

export type ImportKind = keyof typeof importFormats;

export const importKinds = Object.keys(importFormats) as ImportKind[];

/** Names of the files that are read, below `new`: `base` is an older run and `change` no time. */
export const criterionFiles: ReadonlySet<string> = new Set([
  'estimates.json',
  'sample.json',
  'benchmark.json',
]);
