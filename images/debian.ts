/**
 * Debian packages as a source of files: downloaded by apt into the cache and unpacked, never installed.
 * apt is given an empty package status, so a closure is the same whatever this machine has installed, and
 * folders of our own, so it needs neither root nor a lock; only the package lists are the system's.
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, exitCode } from '../model/errors.ts';
import { runTool } from '../host/exec.ts';

export interface DownloadedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly file: string;
}

const tries = '3';

/** apt's options for working in `folder` without root. */
async function aptOptions(folder: string): Promise<string[]> {
  await mkdir(join(folder, 'archives', 'partial'), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const settings = {
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': join(folder, 'archives'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': '0',
    'Acquire::Retries': tries,
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** Runs one of Debian's tools; a failure becomes an error that says how to fix it. */
async function debian(argv: readonly string[], purpose: string, cwd?: string): Promise<string> {
  const result = await runTool(argv, {
    timeoutSeconds: 900,
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.exitCode === 0) return result.stdout;
  if (result.exitCode === 127) {
    throw new UserError(
      `${purpose}: this host has no ${argv[0] ?? ''}`,
      'images are assembled on Debian or Ubuntu, with apt and dpkg; on another host, copy the cache folder ' +
        '(~/.cache/tare, or $TARE_CACHE_DIR) from one of those',
      exitCode.hostCannot,
    );
  }
  throw aptError(purpose, result.stderr.trim().slice(-2000) || `exit code ${String(result.exitCode)}`);
}

/** What apt said, and the command that most likely fixes it. */
export function aptError(purpose: string, text: string): UserError {
  const hint = /Unable to locate package|has no installation candidate|No packages found/.test(text)
    ? 'refresh the package lists: sudo apt-get update (the release must be Debian 11 or Ubuntu 22.04 or later)'
    : /Temporary failure|Could not resolve|Could not connect|Failed to fetch|404 {2}Not Found/.test(text)
      ? 'check the network, then: sudo apt-get update'
      : 'see the message above; `sudo apt-get update` refreshes the package lists';
  return new UserError(`${purpose}: ${text}`, hint, exitCode.hostCannot);
}

/** Downloads packages (with everything they depend on, if asked) into `folder`. */
export async function downloadPackages(
  names: readonly string[],
  folder: string,
  options: { readonly closure: boolean },
): Promise<DownloadedPackage[]> {
  const purpose = `packages ${names.join(' ')} could not be downloaded`;
  const settings = await aptOptions(folder);
  const archives = join(folder, 'archives');
  if (options.closure) {
    await debian(['apt-get', ...settings, '-qq', '-y', '--download-only', 'install', ...names], purpose);
  } else {
    // `apt-get download` ignores the archive folder and writes to the current one.
    await debian(['apt-get', ...settings, '-qq', 'download', ...names], purpose, archives);
  }
  const files = (await readdir(archives)).filter((name) => name.endsWith('.deb')).toSorted();
  if (files.length === 0) throw aptError(purpose, 'No packages found');
  return await Promise.all(files.map((name) => describePackage(join(archives, name))));
}

async function describePackage(file: string): Promise<DownloadedPackage> {
  const text = await debian(
    ['dpkg-deb', '--show', '--showformat=${Package}\n${Version}\n${Architecture}\n', file],
    `package ${file} is unreadable`,
  );
  const [name = '', version = '', architecture = ''] = text.split('\n');
  return { name, version, architecture, file };
}

/** Unpacks one package over `folder`. */
export async function unpackPackage(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await debian(['dpkg-deb', '--extract', file, folder], `package ${file} could not be unpacked`);
}

/** The one package a meta package stands for, e.g. `linux-image-cloud-amd64` -> `linux-image-6.1.0-...`. */
export async function metaPackageTarget(name: string, pattern: RegExp): Promise<string> {
  const purpose = `package ${name} could not be resolved`;
  const text = await debian(['apt-cache', 'depends', '--important', name], purpose);
  const target = text
    .split('\n')
    .map((line) => /Depends: (\S+)/.exec(line)?.[1] ?? '')
    .find((candidate) => pattern.test(candidate));
  if (target === undefined) throw aptError(purpose, 'No packages found');
  return target;
}

export interface Distribution {
  /** e.g. `debian-12`. */
  readonly id: string;
  /** dpkg's name of this machine's architecture. */
  readonly architecture: string;
}

/** Which release the package lists belong to; keys what is cached. */
export async function readDistribution(): Promise<Distribution> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? 'unknown';
  const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
  return {
    id: `${field('ID')}-${field('VERSION_ID')}`,
    architecture: architectures[process.arch] ?? process.arch,
  };
}
