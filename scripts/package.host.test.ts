/**
 * The published package, as a stranger gets it: packed, installed into an empty folder with what it needs at run
 * time only, and used as compiled JavaScript; on this Node and on the oldest one it promises to run on.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, run } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'tare-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const npm = ['npm', '--no-audit', '--no-fund', '--loglevel=error'];
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly engines: { readonly node: string };
};
const oldest = manifest.engines.node.replace(/^>=/, '');
let packed: readonly string[] = [];

/** The installed command on a given Node. */
function tare(node: string, ...args: readonly string[]) {
  return run([node, join(folder, 'node_modules/.bin/tare'), ...args], {
    cwd: folder,
    env: { PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`, NODE_OPTIONS: '' },
  });
}

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const pack = await run([...npm, 'pack', '--json', '--pack-destination', folder], { cwd: root });
  expect(pack.code, pack.stderr).toBe(0);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  packed = (await run(['tar', '-tzf', join(folder, tarball)])).stdout.trim().split('\n');
  const install = await run([...npm, 'install', '--omit=dev', join(folder, tarball)], { cwd: folder });
  expect(install.code, install.stderr).toBe(0);
});

describe('the package', () => {
  it('holds compiled code and its assets, and no sources, tests or tools', () => {
    expect(packed).toContain('package/dist/cli/main.js');
    expect(packed).toContain('package/dist/runners/agent.sh');
    expect(packed).toContain('package/dist/scenarios/quick.yaml');
    expect(packed).toContain('package/dist/reports/formats/html/page/client.js');
    expect(packed).toContain('package/dist/reports/sizing/page/client.js');
    expect(packed).toContain('package/LICENSE');
    expect(packed.filter((path) => /\.ts$|\.test\.|fixtures|\/scripts\//.test(path))).toEqual([]);
    expect(packed).toContain('package/docs/sizing/policy.yaml');
  });

  it('brings no development package along', () => {
    const installed = readdirSync(join(folder, 'node_modules'));
    for (const name of ['vitest', 'typescript', 'eslint', 'playwright-core', 'node', 'rolldown']) {
      expect(installed).not.toContain(name);
    }
  });

  it('misses no file that code finds by a relative path', () => {
    const assets = packed
      .filter((path) => !path.endsWith('.js'))
      .map((path) => path.replace(/^package\//, ''));
    for (const path of assets) expect(existsSync(join(folder, 'node_modules/tare-bench', path))).toBe(true);
  });
});

describe('a Node that is too old', () => {
  it.each([[['advise', 'x']], [['run', 'smoke']], [['--help']]])(
    'is told by %j which one is needed',
    async (words) => {
      const said = await tare(await olderNode('20.20.2'), ...words);
      expect(said.code).toBe(3);
      expect(said.stderr).toContain(`needs Node.js ${oldest} or newer, this is 20.20`);
      expect(said.stderr).not.toContain('bug');
    },
  );
});

describe('the documents in the package', () => {
  it('link only to what is in it', () => {
    const pages = packed.filter((path) => path.endsWith('.md'));
    expect(pages).toContain('package/docs/own-image.md');
    const broken = pages.flatMap((path) => {
      const text = readFileSync(
        join(folder, 'node_modules/tare-bench', path.replace('package/', '')),
        'utf8',
      );
      return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => join(dirname(path), target).replace(/\/$/, ''))
        .filter((target) => !packed.some((file) => file === target || file.startsWith(`${target}/`)))
        .map((target) => `${path}: ${target}`);
    });
    expect(broken).toEqual([]);
  });
});

describe.each([
  ['this Node', () => Promise.resolve(process.execPath)],
  [`Node ${oldest}`, () => olderNode(oldest)],
])('the package on %s', (_, find) => {
  let node = '';
  beforeAll(async () => {
    node = await find();
  });

  it('shows help and version', async () => {
    const help = await tare(node, '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('tare run');
    const version = await tare(node, '--version');
    expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('runs the smoke scenario to a report, and makes the report again', async () => {
    const out = mkdtempSync(join(folder, 'smoke-'));
    const smoke = await tare(node, 'run', 'smoke', '--out', join(out, 'record'));
    expect(smoke.code, smoke.stderr).toBe(0);
    const page = smoke.stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/i);
    const again = await tare(node, 'report', join(out, 'record'), '--html', join(out, 'again.html'));
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(join(out, 'again.html'), 'utf8')).toBe(readFileSync(page, 'utf8'));
  });

  it('sizes a demand to a page that carries the code', async () => {
    const inputs = ['apps.yaml', '--hosts', 'hosts.yaml', '--policy', 'policy.yaml'].map((name) =>
      name.endsWith('.yaml') ? join(root, 'docs/sizing', name) : name,
    );
    const page = join(folder, 'sizing.html');
    const sized = await tare(node, 'size', ...inputs, '--seconds', '0', '--no-analysis', '--html', page);
    expect(sized.code, sized.stderr).toBe(0);
    expect(readFileSync(page, 'utf8')).toContain('id="tare-sizing"');
  });

  it('says what this host can do', async () => {
    const doctor = await tare(node, 'doctor');
    expect(doctor.code, doctor.stderr).toBe(0);
    expect(doctor.stdout).toMatch(/qemu/);
  });
});

/** Node's binary alone, from the registry's package for this platform: nothing of it is run at installation. */
async function olderNode(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const [major = '', minor = ''] = version.split('.');
  const install = await run([
    ...npm,
    'install',
    '--no-save',
    '--prefix',
    join(folder, 'old'),
    `${name}@${major}.${minor}`,
  ]);
  expect(install.code, install.stderr).toBe(0);
  return join(folder, 'old/node_modules', name, 'bin/node');
}
