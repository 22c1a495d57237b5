/** The program without root, as on a laptop or in a CI job: no cgroups, so nobody counts an instance's CPU. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRecord } from '../bench/record/record.ts';
import { createRuler } from '../host/cgroup/cgroup.ts';
import { runTool } from '../host/exec.ts';
import { cacheFolder } from '../images/cache.ts';
import { ensureBuiltinImage } from '../images/builtin.ts';

const isRoot = process.getuid?.() === 0;

test('a quick run without cgroups keeps its blocks, and says once that foreign load is not known', async ({
  skip,
}) => {
  skip(!isRoot && createRuler().usable, 'this user has cgroups of their own');
  const folder = mkdtempSync(join(tmpdir(), 'tare-unprivileged-'));
  try {
    await ensureBuiltinImage(() => undefined);
    // Root's own cache may lie where no other user can look.
    const cache = join(folder, 'cache');
    for (const argv of [
      ['mkdir', cache],
      ['cp', '-r', join(cacheFolder(), 'images'), join(cacheFolder(), 'index'), cache],
      ...(isRoot ? [['chown', '-R', '65534:65534', folder]] : []),
    ]) {
      expect((await runTool(argv, { timeoutSeconds: 120 })).stderr).toBe('');
    }
    chmodSync(folder, 0o755);
    const out = join(folder, 'record');
    const asUser = isRoot ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    const words = ['run', 'quick', '--runners', 'process,namespace', '--out', out, '--set', 'blocks=2'];
    const program = [process.execPath, join(import.meta.dirname, 'main.ts'), ...words, '--set', 'warmup=0'];
    const ran = await runTool([...asUser, ...program], {
      timeoutSeconds: 300,
      cwd: folder,
      environment: { TARE_CACHE_DIR: cache, HOME: folder, CI: 'true' },
    });
    expect(ran.exitCode, ran.stderr).toBe(0);
    const { trials, voided } = readRecord(out);
    expect(trials.length).toBeGreaterThan(0);
    // Some of these launches keep a CPU busy for a second, of their own work.
    expect(trials.map(({ drift }) => drift?.foreignCores)).toEqual(trials.map(() => null));
    expect(voided.filter(({ rule }) => rule === 'foreign-load')).toEqual([]);
    expect(ran.stdout.match(/Load from other programs is not known/g) ?? []).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);
