/**
 * `npm run build`: the published form. dist/ repeats the layout of the sources (compiled files and, beside them,
 * everything that is not TypeScript), so that code finds its assets by the same relative paths in both forms.
 */
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { clientScript } from '../reports/formats/html/assets.ts';
import { bundleClient } from '../reports/sizing/bundle.ts';
import { root, run, tool } from './process.ts';

const folders = [
  'model',
  'bench',
  'host',
  'images',
  'runners',
  'verdicts',
  'sizing',
  'guidance',
  'reports',
  'cli',
  'scenarios',
];
const out = join(root, 'dist');

/** Files that are neither code nor material of tests, relative to the checkout. */
function assets(): readonly string[] {
  return folders
    .flatMap((folder) =>
      globSync(`${folder}/**/*.*`, { cwd: root, exclude: (path) => /(fixtures|__snapshots__)$/.test(path) }),
    )
    .filter((path) => extname(path) !== '.ts');
}

rmSync(out, { recursive: true, force: true });
const compiled = await run(tool('typescript/bin/tsc', '-p', 'tsconfig.build.json'), { show: true });
if (compiled.code !== 0) process.exit(1);

for (const path of assets()) {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  cpSync(join(root, path), join(out, path));
}

// The page's script is the browser's, and is put into reports as text: stripped of types, not compiled.
writeFileSync(join(out, 'reports/formats/html/page/client.js'), clientScript());

// So is that of a sizing's page, with the sizing in it.
writeFileSync(join(out, 'reports/sizing/page/client.js'), await bundleClient());

// What code reads as ../package.json in a checkout.
const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  string,
  unknown
>;
writeFileSync(join(out, 'package.json'), `${JSON.stringify({ name, version, type })}\n`);

const main = join(out, 'cli/main.js');
const code = readFileSync(main, 'utf8');
if (!code.startsWith('#!')) writeFileSync(main, `#!/usr/bin/env node\n${code}`);
chmodSync(main, 0o755);
