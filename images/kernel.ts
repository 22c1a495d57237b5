/**
 * The guest kernel: Debian's cloud kernel, unpacked from its package into the cache and never installed,
 * or one the user names. Modules matter because a stock kernel keeps its virtio drivers outside the image;
 * a kernel without a modules folder is taken to have them built in.
 */
import { existsSync } from 'node:fs';
import { access, constants, open, readFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError, exitCode, messageOf } from '../model/errors.ts';
import { cacheFolder, publish, readCached, withTemporaryFolder, writeCached } from './cache.ts';
import { downloadPackages, metaPackageTarget, readDistribution, unpackPackage } from './debian.ts';
import { hashFile } from './tree.ts';

export interface Kernel {
  readonly vmlinuz: string;
  /** e.g. `6.1.0-56-cloud-amd64`. */
  readonly release: string;
  /** Folder holding `kernel/` and `modules.builtin`; null: no modules at hand. */
  readonly modulesFolder: string | null;
  /** sha256 (hex) of vmlinuz. */
  readonly digest: string;
  readonly source: 'package' | 'path' | 'host';
}

export interface KernelOptions {
  /** A kernel of the user's own; its modules are looked for beside it and in /lib/modules. */
  readonly path?: string;
}

/** The kernel to boot: the named one, else Debian's cloud kernel, else the host's own if it can be read. */
export async function ensureKernel(
  report: (line: string) => void,
  options: KernelOptions = {},
): Promise<Kernel> {
  if (options.path !== undefined) return await kernelAt(options.path, 'path');
  try {
    return await packagedKernel(report);
  } catch (error) {
    const own = await hostKernel();
    if (own === null) throw error;
    report(`kernel: using this host's own ${own.release} (${messageOf(error).split('\n')[0] ?? ''})`);
    return own;
  }
}

async function packagedKernel(report: (line: string) => void): Promise<Kernel> {
  const { id, architecture } = await readDistribution();
  const index = join(cacheFolder(), 'index', `kernel-${id}-${architecture}.json`);
  const known = await readCached(index);
  if (typeof known === 'object' && known !== null && 'folder' in known && typeof known.folder === 'string') {
    const kernel = await unpackedKernel(join(cacheFolder(), 'kernels', known.folder)).catch(() => null);
    if (kernel !== null) return kernel;
  }
  const meta = id.startsWith('ubuntu') ? 'linux-image-kvm' : `linux-image-cloud-${architecture}`;
  report(`kernel: downloading ${meta}`);
  const name = await metaPackageTarget(meta, /^linux-image-(unsigned-)?\d/);
  const wanted = id.startsWith('ubuntu') ? [name, name.replace('linux-image-', 'linux-modules-')] : [name];
  return await withTemporaryFolder(async (work) => {
    const packages = await downloadPackages(wanted, join(work, 'apt'), { closure: false });
    const tree = join(work, 'kernel');
    for (const item of packages) await unpackPackage(item.file, tree);
    await rm(join(tree, 'usr', 'share'), { recursive: true, force: true });
    const version = packages.find((item) => item.name === name)?.version ?? 'unknown';
    const folder = `${name}_${version.replaceAll(/[^\w.+~-]/g, '_')}`;
    await publish(tree, join(cacheFolder(), 'kernels', folder));
    await writeCached(index, { folder });
    const kernel = await unpackedKernel(join(cacheFolder(), 'kernels', folder));
    report(`kernel: ${kernel.release}`);
    return kernel;
  });
}

async function unpackedKernel(folder: string): Promise<Kernel> {
  const names = await readdir(join(folder, 'boot'));
  const image = names.find((name) => name.startsWith('vmlinuz-'));
  if (image === undefined) throw new Error(`no kernel in ${folder}/boot`);
  const release = image.slice('vmlinuz-'.length);
  const modules = ['lib/modules', 'usr/lib/modules'].map((base) => join(folder, base, release));
  const vmlinuz = join(folder, 'boot', image);
  return {
    vmlinuz,
    release,
    modulesFolder: modules.find((candidate) => existsSync(candidate)) ?? null,
    digest: await hashFile(vmlinuz),
    source: 'package',
  };
}

async function hostKernel(): Promise<Kernel | null> {
  const release = (await readFile('/proc/sys/kernel/osrelease', 'utf8').catch(() => '')).trim();
  try {
    return await kernelAt(`/boot/vmlinuz-${release}`, 'host');
  } catch {
    return null;
  }
}

async function kernelAt(path: string, source: 'path' | 'host'): Promise<Kernel> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw new UserError(
      `kernel ${path} cannot be read: ${messageOf(error)}`,
      'name a readable kernel image (vmlinuz or vmlinux), or leave the option out to use the built-in one',
      exitCode.usage,
      error,
    );
  }
  const release = await readRelease(path);
  const beside = join(dirname(dirname(path)), 'lib/modules', release);
  const modules = [beside, join('/lib/modules', release), join('/usr/lib/modules', release)];
  return {
    vmlinuz: path,
    release,
    modulesFolder: modules.find((candidate) => existsSync(join(candidate, 'kernel'))) ?? null,
    digest: await hashFile(path),
    source,
  };
}

/**
 * Release as written in the image: a bzImage says where at offset 0x20e (Linux boot protocol 2.00), an
 * uncompressed kernel holds the banner "Linux version X".
 */
export function releaseIn(image: Buffer): string | null {
  if (image.length > 0x210 && image.toString('latin1', 0x202, 0x206) === 'HdrS') {
    const at = image.readUInt16LE(0x20e) + 0x200;
    return firstWord(image.toString('latin1', at, at + 128));
  }
  const banner = image.indexOf('Linux version ');
  return banner < 0 ? null : firstWord(image.toString('latin1', banner + 14, banner + 142));
}

function firstWord(text: string): string | null {
  const word = /^[\x21-\x7e]+/.exec(text)?.[0];
  return word ?? null;
}

async function readRelease(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const image = Buffer.alloc(Math.min(size, 96 * 2 ** 20));
    await file.read(image, 0, image.length, 0);
    return releaseIn(image) ?? basename(path).replace(/^vmlinu[xz]-?/, '');
  } finally {
    await file.close();
  }
}
