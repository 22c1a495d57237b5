/**
 * What `npm run demo` and `npm test` do first on a fresh clone: installs the locked development packages, the
 * pinned Node among them, when they are missing or not those of package-lock.json. Plain JavaScript, because
 * it runs on whatever Node the machine has; takes a few milliseconds when there is nothing to do.
 */
import { spawnSync } from 'node:child_process';
import console from 'node:console';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

// Not import.meta.dirname: Node before 20.11 has none, and this file must get far enough to say so.
const root = fileURLToPath(new URL('..', import.meta.url));

const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;

/** Every package npm has put there is the locked one, and none that must be there is missing. */
function isCurrent() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  if (!existsSync(join(root, 'node_modules/.bin/node'))) return false;
  const wanted = read('package-lock.json');
  const installed = read('node_modules/.package-lock.json');
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || installed[path]?.version === version || (optional && installed[path] === undefined),
  );
}

if (!isCurrent()) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    // The installed one runs everything else; this one has only to get through npm ci.
    console.error(
      `Node ${process.version} is older than 20: if this fails, install Node 22 or newer (nodejs.org)`,
    );
  }
  console.error('Installing the development packages (npm ci) ...');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0 || !isCurrent()) {
    console.error(
      'npm ci did not bring the packages of package-lock.json in place.\n' +
        'Check that npm reaches its registry (npm ping), then run: npm ci',
    );
    process.exit(1);
  }
}
