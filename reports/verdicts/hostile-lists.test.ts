/** Labels that try to break out, in what the gate's checks of itself and calibration print and write. */
import { expect, test } from 'vitest';
import type { MetricDeclaration } from '../../model/metric.ts';
import { policyFrom, type Calibration } from '../../verdicts/calibrate.ts';
import { parsePolicy } from '../../verdicts/policy.ts';
import * as formats from './index.ts';
import { keyOf, memoryMetric } from './testing/examples.ts';
import { hostileGate, hostileLabels } from './testing/hostile.ts';

// eslint-disable-next-line no-control-regex
const invisible = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/;
const command = /^\s*::|##\w*\[/m;

const keyWith = (label: string) =>
  keyOf({ metric: label, scenario: label, workload: label, shape: label, runner: label });

function calibrationOf(label: string): Calibration {
  const [run] = hostileGate(label).head;
  const metric: MetricDeclaration = { ...memoryMetric, id: label };
  return {
    blocks: { ran: 30, voided: 0, rules: [] },
    runs: run === undefined ? [] : [run],
    rows: [
      {
        key: keyWith(label),
        metric,
        runs: 2,
        launches: 30,
        median: 1,
        within: 0.05,
        between: 0.02,
        cautious: 0.04,
        falseAlarms: 0,
        comparisons: 10,
        detectable: 0.04,
        limit: 0.1,
        refusal: null,
      },
    ],
  };
}

test.each(hostileLabels.map((label, at) => [at, label] as const))(
  'power, proof and calibration take one clean line a label (%i)',
  (_at, label) => {
    const policy = { file: label, name: label };
    const place = { key: keyWith(label), level: 'error', source: `${label}:3`, limit: 0.1 } as const;
    const sight = { ...place, unit: 'launch', n: 9, sees: 0.2, needed: 40, note: label } as const;
    const power = { policy, planned: { blocks: 9, runs: 1, cells: null }, sights: [sight], sharp: false };
    const checked = {
      kind: 'change',
      unchanged: 'pass',
      injected: 'fail',
      factor: 1.1,
      line: label,
    } as const;
    const proof = { policy, proofs: [{ ...place, ...checked }], proven: true };
    const texts = [
      formats.renderPowerText(power),
      formats.renderProofText(proof),
      formats.renderCalibrationText(calibrationOf(label)),
    ];
    for (const text of texts) {
      expect(text).not.toMatch(invisible);
      expect(text).not.toMatch(command);
    }
    expect(texts.map((text) => text.trimEnd().split('\n').length)).toEqual([2, 2, 4]);
    for (const [text, value] of [
      [formats.renderPowerJson(power), power],
      [formats.renderProofJson(proof), proof],
    ] as const) {
      expect(JSON.parse(text)).toMatchObject(JSON.parse(JSON.stringify(value)) as object);
      expect(text).not.toMatch(command);
    }
  },
);

test.each(hostileLabels.filter((label) => label !== '').map((label, at) => [at, label] as const))(
  'a policy that calibration writes is read with the names it was written of (%i)',
  (_at, label) => {
    const [rule] = parsePolicy(policyFrom(calibrationOf(label), label), 'gate.yaml').rules;
    expect(rule).toMatchObject({ limit: 0.1, patterns: { metric: label, workload: label, runner: label } });
  },
);
