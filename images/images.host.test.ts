/**
 * Images made for real from this distribution's packages: reproducible, runnable, made without root, and
 * with forms that hold what the manifest says.
 */
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runTool } from '../host/exec.ts';
import { ensureBuiltinImage, ensureMiniImage } from './builtin.ts';
import { ensureDisk } from './disks/disk.ts';
import { ensureKernel } from './kernel.ts';
import { parseManifest, summarizeTree } from './tree.ts';

let folder: string;
const before = process.env['TARE_CACHE_DIR'];
const isRoot = process.geteuid?.() === 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tare-images-'));
  await chmod(folder, 0o777);
  process.env['TARE_CACHE_DIR'] = join(folder, 'cache');
});
afterAll(async () => {
  if (before === undefined) delete process.env['TARE_CACHE_DIR'];
  else process.env['TARE_CACHE_DIR'] = before;
  await rm(folder, { recursive: true, force: true });
});

/** What debugfs says about a path in a disk. */
async function inDisk(disk: string, path: string): Promise<string> {
  return (await runTool(['debugfs', '-R', `stat ${path}`, disk], { timeoutSeconds: 30 })).stdout;
}

describe('the built-in image', () => {
  test('holds runnable programs, no set-user-id file, and is found again without a build', async () => {
    const image = await ensureBuiltinImage(() => undefined);
    expect(Object.keys(image.programs)).toEqual(
      expect.arrayContaining(['busybox', 'sysbench', 'stress-ng', 'fio', 'redis-server', 'nginx']),
    );
    expect(image.treeBytes).toBeLessThan(150e6);
    const entries = parseManifest(await readFile(image.manifest, 'utf8'));
    expect(entries.filter((entry) => entry.mode !== null && (entry.mode & 0o6000) !== 0)).toEqual([]);
    expect((await summarizeTree(image.rootfs)).digest).toBe(image.digest);
    const paths = new Set(entries.map((entry) => entry.path));
    for (const files of Object.values(image.closure)) {
      for (const file of files) expect(paths).toContain(file);
    }
    const lines: string[] = [];
    expect(await ensureBuiltinImage((line) => lines.push(line))).toEqual(image);
    expect(lines).toEqual([]);
  });

  test('its programs start with its own loader and libraries alone', async () => {
    const image = await ensureBuiltinImage(() => undefined);
    const loader = image.closure['sysbench']?.find((file) => /\/ld-linux|\/ld\.so/.test(file)) ?? '';
    const versions = {
      sysbench: '--version',
      'stress-ng': '--version',
      fio: '--version',
      'redis-server': '-v',
      nginx: '-v',
    };
    for (const [name, option] of Object.entries(versions)) {
      const program = join(image.rootfs, image.programs[name] ?? '');
      const libraries = [
        ...new Set((image.closure[name] ?? []).map((file) => join(image.rootfs, file, '..'))),
      ].join(':');
      const argv = [
        join(image.rootfs, loader),
        '--inhibit-cache',
        '--library-path',
        libraries,
        program,
        option,
      ];
      const result = await runTool(argv, { timeoutSeconds: 30 });
      expect({ name, exitCode: result.exitCode, stderr: name === 'nginx' ? '' : result.stderr }).toEqual({
        name,
        exitCode: 0,
        stderr: '',
      });
    }
  });

  test('its disk is a sound file system of about its size', async () => {
    const image = await ensureBuiltinImage(() => undefined);
    const disk = await ensureDisk(image);
    const checked = await runTool(['e2fsck', '-fn', disk], { timeoutSeconds: 60 });
    expect(checked.exitCode).toBe(0);
    expect(await inDisk(disk, image.programs['fio'] ?? '')).toContain('Mode:  0755');
  });
});

describe('without root', () => {
  test("the same image and disk come out, and inside everything is root's", async () => {
    const reference = await ensureMiniImage();
    const cache = join(folder, 'unprivileged');
    const script = `
      const { ensureMiniImage } = await import(${JSON.stringify(join(import.meta.dirname, 'builtin.ts'))});
      const { ensureDisk } = await import(${JSON.stringify(join(import.meta.dirname, 'disks/disk.ts'))});
      const image = await ensureMiniImage();
      console.log(JSON.stringify({ digest: image.digest, uid: process.getuid(), disk: await ensureDisk(image) }));
    `;
    const asUser = isRoot ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    const result = await runTool([...asUser, process.execPath, '--input-type=module', '-e', script], {
      timeoutSeconds: 200,
      environment: { TARE_CACHE_DIR: cache, HOME: folder },
    });
    expect(result.stderr).toBe('');
    const made = JSON.parse(result.stdout) as { digest: string; uid: number; disk: string };
    expect(made.uid).not.toBe(0);
    expect(made.digest).toBe(reference.digest);
    for (const path of ['/', '/usr/bin/busybox', '/bin', '/tmp']) {
      expect(await inDisk(made.disk, path)).toMatch(/User:\s+0\s+Group:\s+0\b/);
    }
    expect((await runTool(['e2fsck', '-fn', made.disk], { timeoutSeconds: 60 })).exitCode).toBe(0);
  });
});

describe('a guest kernel', () => {
  test('is unpacked into the cache and found again', async () => {
    const kernel = await ensureKernel(() => undefined);
    expect(kernel.release).toMatch(/^\d+\.\d+/);
    expect(await ensureKernel(() => undefined)).toEqual(kernel);
    expect(await readdir(join(folder, 'cache', 'tmp'))).toEqual([]);
    const named = await ensureKernel(() => undefined, { path: kernel.vmlinuz });
    expect(named).toEqual({ ...kernel, source: 'path' });
  });

  test('a path that cannot be read is a user error', async () => {
    await expect(ensureKernel(() => undefined, { path: '/no/such/kernel' })).rejects.toMatchObject({
      code: 2,
    });
  });
});
