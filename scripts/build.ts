/**
 * `npm run build`: the published form. dist/ repeats the layout of the sources (compiled files and, beside them,
 * everything that is not TypeScript), so that code finds its assets by the same relative paths in both forms.
 */
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { bundleClient } from '../reports/formats/html/bundle.ts';
import { reportPage } from '../reports/formats/html/report-page.ts';
import { sizingPage } from '../reports/sizing/page.ts';
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

// Scripts of pages are the browser's: bundled with all they import, and put into reports as text.
for (const page of [reportPage, sizingPage]) {
  writeFileSync(join(out, relative(root, page), 'client.js'), await bundleClient(page));
}

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
