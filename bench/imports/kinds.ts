/** Ways to read a file of another tool, as `--from` names them; apart, so that help costs no reader. */
export const importKinds = [
  'hyperfine',
  'fio',
  'sysbench',
  'go',
  'pytest-benchmark',
  'customSmallerIsBetter',
  'customBiggerIsBetter',
] as const;

export type ImportKind = (typeof importKinds)[number];
