/** The OCI runner keeps the contract. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createRuler } from '../../host/cgroup/cgroup.ts';
import type { Resource } from '../../host/lease.ts';
import type { Image } from '../../images/image.ts';
import { describeRunner } from '../testing/conformance.ts';
import { makeTinyImage } from '../testing/tiny-image.ts';
import type { Context } from '../runner.ts';
import { oci as runner } from './index.ts';
import { findRuntime } from './probe.ts';

const folder = await mkdtemp(join(tmpdir(), 'tare-image-'));
let made: Promise<Image> | null = null;
afterAll(() => rm(folder, { recursive: true, force: true }));

for (const runtime of ['runc', 'crun']) {
  describeRunner(`oci, ${runtime}`, {
    runner,
    options: { runtime },
    image: () => (made ??= makeTinyImage(folder)),
  });
}
describeRunner('oci, runc with seccomp', {
  runner,
  options: { runtime: 'runc', seccomp: true },
  image: () => (made ??= makeTinyImage(folder)),
});

describe('the probe', () => {
  const owned = new Set<string>();
  const announced: Resource[] = [];
  const workDir = join(folder, 'work');
  const lease = {
    runId: `probe-test-${process.pid}`,
    own: (resource: Resource) => void (announced.push(resource), owned.add(JSON.stringify(resource))),
    release: (resource: Resource) => void owned.delete(JSON.stringify(resource)),
  };
  const context: Context = { signal: AbortSignal.timeout(60_000), now: () => 0, workDir, lease };

  test("works with a runtime at any path and leaves nothing of this run's", async () => {
    const place = join(folder, "it's a $(runtime)");
    await mkdir(place);
    await symlink((await findRuntime('runc'))!, join(place, 'runc'));
    const found = await runner.probe(
      { runtime: join(place, 'runc'), seccomp: false, network: 'none', loopDirect: true },
      context,
    );
    expect(found).toMatchObject({ usable: true });
    expect([...owned]).toEqual([]);
    expect(await readdir(workDir)).toEqual([]);
  });

  test('announces group, container and folder before a runtime that fails, and removes them', async () => {
    const place = join(folder, 'failing');
    await mkdir(place);
    const script = '#!/bin/sh\ncp config.json "${0%/*}/" && echo "sorry, not today" >&2 && exit 1\n';
    await writeFile(join(place, 'runc'), script);
    await chmod(join(place, 'runc'), 0o755);
    announced.length = 0;
    const found = await runner.probe(
      { runtime: join(place, 'runc'), seccomp: false, network: 'none', loopDirect: true },
      context,
    );
    expect(found).toMatchObject({ usable: false, reason: 'sorry, not today' });
    const { linux } = JSON.parse(await readFile(join(place, 'config.json'), 'utf8')) as {
      linux: { cgroupsPath?: string };
    };
    const ruler = createRuler();
    expect(announced.map(({ kind }) => kind)).toEqual([
      'folder',
      'command',
      ...(ruler.usable ? ['group'] : []),
    ]);
    expect([...owned]).toEqual([]);
    expect(announced.filter((one) => one.kind === 'folder' && existsSync(one.path))).toEqual([]);
    if (!ruler.usable) return;
    const path = `tare/${lease.runId}/`;
    expect(linux.cgroupsPath).toContain(path);
    for (const one of announced) {
      if (one.kind !== 'group') continue;
      expect(one.path.startsWith(path)).toBe(true);
      expect(ruler.existingGroup(one.path).exists()).toBe(false);
    }
  });
});
