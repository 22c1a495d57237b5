/**
 * `npm run build`: the published form. dist/ repeats the layout of the sources (compiled files and, beside them,
 * everything that is not TypeScript), so that code finds its assets by the same relative paths in both forms.
 */
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
const { name, version, type, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly engines: { readonly node: string };
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify({ name, version, type })}\n`);

/**
 * What `tare` starts: it has to be understood by every Node that a user may have, and says which one it takes
 * before anything newer is loaded.
 */
function launcher(needed: string): string {
  const [major = '0', minor = '0'] = needed.split('.');
  return `#!/usr/bin/env node
var has = process.versions.node.split('.').map(Number);
if (has[0] > ${major} || (has[0] === ${major} && has[1] >= ${minor})) {
  await import('./program.js');
} else {
  process.stderr.write(
    'tare: needs Node.js ${needed} or newer, this is ' + process.versions.node + '\\n' +
      '      install a newer Node.js (https://nodejs.org), or start tare with one that is installed elsewhere\\n',
  );
  process.exitCode = 3;
}
`;
}

const main = join(out, 'cli/main.js');
renameSync(main, join(out, 'cli/program.js'));
writeFileSync(main, launcher(engines.node.replace(/^>=/, '')));
chmodSync(main, 0o755);
