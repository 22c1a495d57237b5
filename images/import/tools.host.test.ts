/**
 * Images made and saved by the tools people use (umoci, skopeo, podman): what is imported is the tree that umoci
 * unpacks, entry for entry, in whatever form the image comes, with its configuration.
 */
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import { runTool } from '../../host/exec.ts';
import type { Image } from '../image.ts';
import { parseManifest, summarizeTree } from '../tree.ts';
import { createWorkbench, type Workbench } from './testing/workbench.ts';

const isRoot = process.geteuid?.() === 0;
const rootless = isRoot ? [] : ['--rootless'];
let bench: Workbench;
let work: string;
const missing: string[] = [];

async function must(...argv: string[]): Promise<string> {
  const result = await runTool(argv, { timeoutSeconds: 200 });
  if (result.exitCode !== 0) throw new Error(`${argv.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

function need(context: TestContext, ...tools: readonly string[]): void {
  const absent = tools.filter((tool) => missing.includes(tool));
  if (absent.length > 0) context.skip(`not installed: ${absent.join(', ')}`);
}

const layout = (): string => join(work, 'layout');
/** What umoci itself makes of the image. */
const reference = (): string => join(work, 'reference/rootfs');

beforeAll(async () => {
  bench = createWorkbench();
  work = mkdtempSync(join(tmpdir(), 'tare-tools-'));
  for (const tool of ['umoci', 'skopeo', 'podman']) {
    if ((await runTool([tool, '--version'], { timeoutSeconds: 30 })).exitCode === 127) missing.push(tool);
  }
  // Of podman and skopeo alike: a store of our own.
  writeFileSync(
    join(work, 'storage.conf'),
    `[storage]\ndriver = "vfs"\ngraphroot = "${join(work, 'store')}"\nrunroot = "${join(work, 'run')}"\n`,
  );
  process.env['CONTAINERS_STORAGE_CONF'] = join(work, 'storage.conf');
  if (!missing.includes('umoci')) await makeLayout();
});

afterAll(() => {
  delete process.env['CONTAINERS_STORAGE_CONF'];
  bench.close();
  rmSync(work, { recursive: true, force: true });
});

/** Two layers: one with all sorts of entries, one that removes, replaces and links across. */
async function makeLayout(): Promise<void> {
  const tagged = `${layout()}:app`;
  await must('umoci', 'init', '--layout', layout());
  await must('umoci', 'new', '--image', tagged);
  await must('umoci', 'unpack', ...rootless, '--image', tagged, join(work, 'bundle'));
  const root = join(work, 'bundle/rootfs');
  for (const folder of ['etc', 'usr/bin', 'gone/deep', 'home/user'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/user:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nlog:x:4:app\n');
  writeFileSync(join(root, 'usr/bin/su'), 'su');
  chmodSync(join(root, 'usr/bin/su'), 0o4755);
  linkSync(join(root, 'usr/bin/su'), join(root, 'usr/bin/su-too'));
  symlinkSync('usr/bin', join(root, 'bin'));
  writeFileSync(join(root, 'gone/deep/file'), 'gone');
  writeFileSync(join(root, 'replaced'), 'replaced');
  writeFileSync(join(root, 'holes'), 'x');
  truncateSync(join(root, 'holes'), 3_000_000);
  writeFileSync(join(root, `home/user/${'long name '.repeat(20)} "é"`), 'long');
  if (isRoot) chownSync(join(root, 'home/user'), 1000, 1001);
  await must('umoci', 'repack', '--image', tagged, join(work, 'bundle'));
  rmSync(join(work, 'bundle'), { recursive: true });
  await must('umoci', 'unpack', ...rootless, '--image', tagged, join(work, 'bundle'));
  rmSync(join(root, 'gone'), { recursive: true });
  rmSync(join(root, 'replaced'), { recursive: true });
  symlinkSync('now a link', join(root, 'replaced'));
  linkSync(join(root, 'usr/bin/su'), join(root, 'usr/bin/su-three'));
  await must('umoci', 'repack', '--image', tagged, join(work, 'bundle'));
  await must(
    'umoci',
    'config',
    '--image',
    tagged,
    '--config.entrypoint',
    '/usr/bin/su',
    '--config.cmd',
    '-l',
    '--config.user',
    'app',
    '--config.env',
    'A=b c',
    '--config.workingdir',
    '/home/user',
    '--config.exposedports',
    '80/tcp',
  );
  await must('umoci', 'unpack', ...rootless, '--image', tagged, join(work, 'reference'));
}

async function expectSame(image: Image): Promise<void> {
  const entries = parseManifest(readFileSync(image.manifest, 'utf8'));
  const expected = parseManifest((await summarizeTree(reference())).manifest);
  const bare = entries.map((entry) => ({ ...entry, uid: 0, gid: 0 }));
  expect(bare).toEqual(isRoot ? expected : expected.map((entry) => ({ ...entry, uid: 0, gid: 0 })));
  expect(entries.some(({ path }) => path.startsWith('/gone'))).toBe(false);
  if (isRoot) {
    const listing = (root: string) =>
      must('find', root, '-mindepth', '1', '-printf', '%P %y %m %U:%G %s %n %l\n');
    const lines = async (root: string) =>
      (await listing(root))
        .split('\n')
        .filter((line) => !/^[^\n]* d /.test(line))
        .toSorted();
    expect(await lines(image.rootfs)).toEqual(await lines(reference()));
  }
  expect(image.config).toMatchObject({
    entrypoint: ['/usr/bin/su'],
    command: ['-l'],
    user: 'app',
    identity: { uid: 1000, gid: 1001, groups: [4], home: '/home/user' },
    workingFolder: '/home/user',
    ports: [{ port: 80, protocol: 'tcp' }],
  });
  expect(image.config?.environment).toMatchObject({ A: 'b c' });
}

test('a layout made by umoci', async (context) => {
  need(context, 'umoci');
  await expectSame(await bench.importImage(`oci:${layout()}:app`));
});

test.for(['docker-archive', 'oci-archive', 'dir'])('copied by skopeo, as %s', async (form, context) => {
  need(context, 'umoci', 'skopeo');
  const target = join(work, form);
  await must(
    'skopeo',
    'copy',
    '--quiet',
    `oci:${layout()}:app`,
    `${form}:${target}${form === 'dir' ? '' : ':app:1'}`,
  );
  await expectSame(await bench.importImage(`${form}:${target}`));
  if (form !== 'dir') await expectSame(await bench.importImage(target));
});

test('kept and saved by podman, in its three forms, and straight out of its store', async (context) => {
  need(context, 'umoci', 'skopeo', 'podman');
  const name = 'localhost/app:1';
  await must('skopeo', 'copy', '--quiet', `oci:${layout()}:app`, `containers-storage:${name}`);
  for (const form of ['docker-archive', 'oci-archive', 'oci-dir']) {
    const target = join(work, `podman-${form}`);
    await must('podman', 'save', '--quiet', '--format', form, '-o', target, name);
    const image = await bench.importImage(target);
    await expectSame(image);
    if (form !== 'oci-dir') expect(image.name).toContain('app:1');
  }
  const before = bench.lines.length;
  await expectSame(await bench.importImage(`containers-storage:${name}`));
  const copied = bench.lines.length;
  expect(copied).toBeGreaterThan(before);
  await expectSame(await bench.importImage(`containers-storage:${name}`));
  expect(bench.lines).toHaveLength(copied);
});

test("an image that podman does not have is podman's or skopeo's reason", async (context) => {
  need(context, 'skopeo');
  await expect(bench.importImage('containers-storage:localhost/none:1')).rejects.toThrow(
    /cannot be copied: (skopeo|podman) ended with/,
  );
});
