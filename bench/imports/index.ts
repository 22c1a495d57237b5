/** Which formats can be imported, and how a file is recognised as one of them. */
import { createHash } from 'node:crypto';
import { UserError } from '../../model/errors.ts';
import { readCustom } from './formats/custom.ts';
import { readFio } from './formats/fio.ts';
import { readGo } from './formats/go.ts';
import { readHyperfine } from './formats/hyperfine.ts';
import { importKinds, type ImportKind } from './kinds.ts';
import type { Directions, ImportFile, ParsedImport } from './parsed.ts';
import { readPytest } from './formats/pytest-benchmark.ts';
import { readSysbench } from './formats/sysbench.ts';

const readers: Readonly<Record<ImportKind, (file: ImportFile, directions: Directions) => ParsedImport>> = {
  hyperfine: readHyperfine,
  fio: readFio,
  sysbench: readSysbench,
  go: readGo,
  'pytest-benchmark': readPytest,
  customSmallerIsBetter: (file) => readCustom(file, 'lower'),
  customBiggerIsBetter: (file) => readCustom(file, 'higher'),
};

/** By what only that format has. */
const signs: readonly (readonly [ImportKind, RegExp])[] = [
  ['sysbench', /^sysbench \d/m],
  ['fio', /"fio version"\s*:/],
  ['pytest-benchmark', /"benchmarks"\s*:[\s\S]*"stats"\s*:|"machine_info"\s*:[\s\S]*"benchmarks"\s*:/],
  ['hyperfine', /"results"\s*:\s*\[\s*(\]|\{[\s\S]*"command"\s*:)/],
  ['go', /^(Benchmark\S+\s+\d+\s|\s*--- FAIL: Benchmark|goos: |pkg: )/m],
];

/**
 * What a text is.
 * @throws UserError where that cannot be told
 */
export function recognise({ file, text }: ImportFile): ImportKind {
  const found = signs.find(([, sign]) => sign.test(text));
  if (found !== undefined) return found[0];
  if (/^\s*\[/.test(text) && /"value"\s*:/.test(text)) {
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
  return readers[kind](source, directions);
}

/** What makes two files the same. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
