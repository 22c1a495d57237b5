import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'tare-main-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('ends at once by Ctrl-C where a command only computes, however busy it is', async () => {
  // A pipe that nobody writes to keeps the event loop as busy as a long computation would.
  const pipe = join(folder, 'policy.yaml');
  execFileSync('mkfifo', [pipe]);
  const files = ['docs/sizing/apps.yaml', '--hosts', 'docs/sizing/hosts.yaml', '--policy', pipe];
  const child = spawn(process.execPath, ['cli/main.ts', 'size', ...files], { cwd: root, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const writer = await open(pipe, 'w');
  child.kill('SIGINT');
  expect(await ended).toEqual([null, 'SIGINT']);
  await writer.close();
});
