/**
 * Tare for the tests of CI pipelines: `run` writes a built record instead of measuring, and says so; every other
 * command is the real one. SLOWER multiplies the start of the namespaces in records from then on.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { world } from '../../verdicts/testing/worlds.ts';

const words = process.argv.slice(2);
if (words[0] === 'run') {
  const folder = words[words.indexOf('--out') + 1] ?? '';
  const id = 1 + (createHash('sha256').update(folder).digest()[0] ?? 0);
  const { record } = world({ id, slower: Number(process.env['SLOWER'] ?? 1) });
  mkdirSync(folder, { recursive: true });
  const lines = [
    record.header,
    ...record.trials,
    ...record.voided,
    ...(record.end === null ? [] : [record.end]),
  ];
  writeFileSync(join(folder, 'record.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  console.error(`stand-in: ${folder} holds made-up numbers`);
} else {
  const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
  process.exitCode = spawnSync(process.execPath, [main, ...words], { stdio: 'inherit' }).status ?? 70;
}
