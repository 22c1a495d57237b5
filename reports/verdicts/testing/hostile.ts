/** The example reports with a label of your choice in every place where words from outside can stand. */
import type { ChangeReport, GateReport, RowKey, RunRef } from '../../../verdicts/model.ts';
import { changeExample, fleetExample, gateExample } from './examples.ts';

/** The example with `label` in every place that holds words from outside. */
export function hostileChange(label: string): ChangeReport {
  const plain = changeExample();
  const key = (old: RowKey): RowKey => ({
    ...old,
    scenario: label,
    workload: label,
    shape: label,
    runner: label,
    reference: old.reference === null ? null : label,
  });
  return {
    ...plain,
    base: plain.base.map((run) => hostileRun(run, label)),
    head: plain.head.map((run) => hostileRun(run, label)),
    rows: plain.rows.map((row) => ({
      ...row,
      key: { ...key(row.key), metric: label },
      metric: { ...row.metric, id: label, title: label, definition: label },
      refusals: row.refusals.map(({ rule }) => ({ rule, message: label, remedy: label })),
      remarks: [{ code: label, message: label }],
    })),
    missing: plain.missing.map((row) => ({ ...row, key: { ...key(row.key), metric: label } })),
    remarks: [{ code: label, message: label }],
    fleet: fleetExample(label),
  };
}

export function hostileGate(label: string): GateReport {
  const plain = gateExample();
  return {
    ...plain,
    policy: { file: label, name: label },
    base: plain.base.map((run) => hostileRun(run, label)),
    head: plain.head.map((run) => hostileRun(run, label)),
    checks: plain.checks.map((check) => ({
      ...check,
      key: {
        metric: label,
        scenario: label,
        workload: label,
        shape: label,
        runner: label,
        reference: check.key.reference === null ? null : label,
      },
      metric: check.metric === null ? null : { ...check.metric, id: label, title: label, definition: label },
      line: label,
      source: `${label}:12`,
      implausible: check.implausible === null ? null : label,
      remarks: [{ code: label, message: label }],
    })),
    power: [label],
    remarks: [{ code: label, message: label }],
    fleet: fleetExample(label),
  };
}

function hostileRun(run: RunRef, label: string): RunRef {
  return {
    ...run,
    runId: label,
    path: label,
    startedAt: label,
    scenario: label,
    tool: label,
    host: { name: label, hash: label },
    importedFrom: label,
  };
}

/** Labels that have broken out of some format somewhere. */
export const hostileLabels: readonly string[] = [
  `</script><script>window.broken=1</script>"><img src=x onerror="window.broken=2">`,
  ']]></failure><failure message="x">&amp;&#0;',
  'nul\u0000 bell\u0007 escape\u001b[31m c1\u009b31m del\u007f \uffff\ufffe',
  'over\u202Eride\u2066 mark\u200f',
  'line\nbreak\r\nand\u2028separator\u2029and\u0085next',
  '\n::error file=a,line=1::injected',
  '::set-output name=verdict::pass',
  '##[error]injected ##vso[task.complete result=Succeeded]',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1+1',
  '＝1+1',
  '`code` |pipe| **bold** [link](https://a.example) ![image](http://a.example) <!-- comment --> @mention #123 GH-1 www.a.example',
  '--> <!-- tare-gate --> -->',
  '"quoted", \'twice\' \\ backslash \\',
  '# EOF',
  '{{client}} $& $1 ${{ github.token }}',
  'lone \ud800 surrogate',
  'x'.repeat(5000),
  '',
  ' ',
];
