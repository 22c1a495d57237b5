/**
 * Brings a machine to where every runner can be tried: Debian packages by name, the built-in image, the guest
 * kernel. Idempotent, and quick when there is nothing to do. What it may not or cannot do, it says in one
 * paragraph with the exact command, and goes on: the runners that work still work.
 */
import { accessSync, constants, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { messageOf, UserError } from '../model/errors.ts';
import { ensureBuiltinImage } from '../images/builtin.ts';
import { ensureKernel } from '../images/kernel.ts';
import { run } from './process.ts';

/** A Debian package and the commands that show it is there, whoever installed it. */
interface Package {
  readonly name: string;
  readonly commands: readonly string[];
}

const needed: readonly Package[] = [
  { name: 'qemu-system-x86', commands: ['qemu-system-x86_64'] },
  { name: 'util-linux', commands: ['unshare', 'setpriv', 'flock', 'taskset'] },
  { name: 'runc', commands: ['runc'] },
  { name: 'crun', commands: ['crun'] },
  { name: 'busybox-static', commands: [] },
  { name: 'xz-utils', commands: ['xz'] },
  { name: 'e2fsprogs', commands: ['mke2fs', 'debugfs'] },
  { name: 'mount', commands: ['losetup'] },
  { name: 'iproute2', commands: ['ip'] },
  { name: 'slirp4netns', commands: ['slirp4netns'] },
];

const neededForTests: readonly Package[] = [
  { name: 'chromium', commands: ['chromium'] },
  { name: 'fonts-dejavu-core', commands: [] },
  // Other people's tools for images, against which imports are compared.
  { name: 'skopeo', commands: ['skopeo'] },
  { name: 'erofs-utils', commands: ['mkfs.erofs'] },
  { name: 'umoci', commands: ['umoci'] },
  { name: 'podman', commands: ['podman'] },
  { name: 'docker.io', commands: ['dockerd'] },
  { name: 'containerd', commands: ['containerd'] },
  { name: 'docker-registry', commands: ['docker-registry'] },
  { name: 'attr', commands: ['setfattr'] },
  // The schema that JUnit reports are held against.
  { name: 'libxml2-utils', commands: ['xmllint'] },
];

/** Does all of it; lines for people go to `say`. Returns false when something is missing in the end. */
export async function setUp(
  say: (line: string) => void,
  { forTests = false }: { readonly forTests?: boolean } = {},
): Promise<boolean> {
  const packagesThere = await installPackages([...needed, ...(forTests ? neededForTests : [])], say);
  const imagesThere = await prepareImages(say);
  return packagesThere && imagesThere;
}

async function installPackages(packages: readonly Package[], say: (line: string) => void): Promise<boolean> {
  const missing = await findMissing(packages);
  if (missing.length === 0) return true;
  const names = missing.map(({ name }) => name);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', ...names];
  if (!onPath('apt-get')) {
    say(`Missing, and this host has no apt-get to bring it: ${names.join(', ')} (names of Debian packages).`);
    return false;
  }
  if (process.getuid?.() !== 0) {
    say(`Missing: ${names.join(', ')}. Only root may install packages. Please run:`);
    say(`  sudo apt-get update && sudo ${install.join(' ')}`);
    return false;
  }
  say(`Installing ${names.join(', ')} ...`);
  const quiet = ['-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=2'];
  let output = '';
  for (const argv of [['apt-get', 'update'], install]) {
    const { code, stdout, stderr } = await run([...argv, ...quiet], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    output += `$ ${argv.join(' ')}\n${stdout}${stderr}`;
    if (code === 0) continue;
    const log = join(mkdtempSync(join(tmpdir(), 'tare-setup-')), 'apt.log');
    writeFileSync(log, output);
    say(output.trimEnd().split('\n').slice(-15).join('\n'));
    say(`\`${argv.join(' ')}\` failed (all of its output: ${log}). Is a Debian mirror within reach?`);
    say(`Once it is, run: ${install.join(' ')}`);
    return false;
  }
  return true;
}

/** Packages neither installed by dpkg nor present by their commands. */
async function findMissing(packages: readonly Package[]): Promise<readonly Package[]> {
  const installed = new Set<string>();
  if (onPath('dpkg-query')) {
    const format = '${Package} ${db:Status-Status}\n';
    const query = await run(['dpkg-query', '-W', '-f', format, ...packages.map(({ name }) => name)]);
    for (const line of query.stdout.split('\n')) {
      const [name = '', state] = line.split(' ');
      if (state === 'installed') installed.add(name);
    }
  }
  return packages.filter(
    ({ name, commands }) => !installed.has(name) && !(commands.length > 0 && commands.every(onPath)),
  );
}

/** Administration folders too: they are not on everybody's PATH, but tools that are there count. */
function onPath(command: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Image and kernel, downloaded on first use. Package lists may be missing or old on a machine just made. */
async function prepareImages(say: (line: string) => void): Promise<boolean> {
  const prepare = async () => {
    await ensureBuiltinImage(say);
    await ensureKernel(say);
  };
  try {
    await prepare().catch(async (error: unknown) => {
      const mayUpdate = process.getuid?.() === 0 && onPath('apt-get');
      if (!mayUpdate || (await run(['apt-get', 'update', '-q'])).code !== 0) throw error;
      await prepare();
    });
    return true;
  } catch (error) {
    say(messageOf(error));
    if (error instanceof UserError) say(`How to fix: ${error.hint}`);
    return false;
  }
}

if (import.meta.main) {
  const complete = await setUp((line) => console.log(line));
  console.log(complete ? 'Ready.' : 'Ready as far as this host allows; see above.');
}
