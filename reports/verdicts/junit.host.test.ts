/** The JUnit report against a schema, as another program reads both. Skipped aloud where xmllint is missing. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GateReport } from '../../verdicts/model.ts';
import { renderGateJunit } from './index.ts';
import { gateExample } from './testing/examples.ts';
import { hostileGate, hostileLabels } from './testing/hostile.ts';

const schema = path.join(import.meta.dirname, 'fixtures', 'junit.xsd');
const validate = (document: string) =>
  spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, '-'], {
    input: document,
    encoding: 'utf8',
  });
const usable = validate('').error === undefined;
if (!usable) process.stderr.write('skipped: JUnit against its schema, no xmllint (Debian: libxml2-utils)\n');

describe.skipIf(!usable)('JUnit against its schema', () => {
  test.each<readonly [string, GateReport]>([
    ['every state', gateExample()],
    ['no checks', gateExample({ checks: [] })],
    ['no runs', gateExample({ base: [], head: [] })],
    ...hostileLabels.map((label) => [JSON.stringify(label.slice(0, 30)), hostileGate(label)] as const),
  ])('%s is valid', (_name, report) => {
    const { status, stderr } = validate(renderGateJunit(report));
    expect(stderr.trim()).toBe('- validates');
    expect(status).toBe(0);
  });

  test.each([
    ['an attribute of its own', (text: string) => text.replace('<testcase ', '<testcase level="warn" ')],
    [
      'output before the cases',
      (text: string) => text.replace('</properties>', '</properties><system-out></system-out>'),
    ],
    ['a zone in the time', (text: string) => text.replace(/timestamp="([^"]*)"/, 'timestamp="$1Z"')],
  ])('%s is not', (_name, spoil) => {
    expect(validate(spoil(renderGateJunit(gateExample()))).status).not.toBe(0);
  });
});
