/**
 * Which module files a guest must insert, in which order. Debian's package carries no modules.dep (its
 * installation would make it), so each module's own `depends=` line is read; modules built into the kernel
 * are left out.
 */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { UserError, exitCode } from '../model/errors.ts';
import type { Kernel } from './kernel.ts';

export interface KernelModule {
  readonly name: string;
  /** Uncompressed content. */
  readonly content: Buffer;
  /** Names of what must be inserted before it, the nearest first; built-in ones left out. */
  readonly dependencies: readonly string[];
}

/** Module names are written with `-` or `_` alike. */
function canonical(name: string): string {
  return name.replaceAll('-', '_');
}

/**
 * The wanted modules and what they depend on, each after its dependencies. A kernel without a modules
 * folder yields none. Throws UserError for a wanted module that is neither a file nor built in.
 */
export async function modulesInOrder(kernel: Kernel, wanted: readonly string[]): Promise<KernelModule[]> {
  if (kernel.modulesFolder === null) return [];
  const builtin = await readFile(join(kernel.modulesFolder, 'modules.builtin'), 'utf8').catch(() => '');
  const inKernel = new Set(builtin.split('\n').map((line) => canonical(moduleName(line))));
  const files = await moduleFiles(kernel.modulesFolder);
  const done = new Map<string, KernelModule>();
  const insert = async (name: string): Promise<void> => {
    const key = canonical(name);
    if (done.has(key) || inKernel.has(key)) return;
    const file = files.get(key);
    if (file === undefined) {
      throw new UserError(
        `kernel ${kernel.release} has no module ${name}, built in or in ${kernel.modulesFolder ?? ''}`,
        'use the built-in kernel, or one with virtio and overlay',
        exitCode.hostCannot,
      );
    }
    const content = await readModule(file);
    const direct = dependenciesOf(content).map(canonical);
    for (const dependency of direct) await insert(dependency);
    // Like depmod: everything needed, each before what it needs itself.
    const all = direct.flatMap((other) => [other, ...(done.get(other)?.dependencies ?? [])]);
    const present = [...new Set(all.toReversed())].toReversed().filter((other) => done.has(other));
    done.set(key, { name: key, content, dependencies: present });
  };
  for (const name of wanted) await insert(name);
  return [...done.values()];
}

/** Those of the wanted modules that the kernel has as files. */
export async function modulesOf(kernel: Kernel, wanted: readonly string[]): Promise<string[]> {
  if (kernel.modulesFolder === null || wanted.length === 0) return [];
  const files = await moduleFiles(kernel.modulesFolder);
  return wanted.filter((name) => files.has(canonical(name)));
}

function moduleName(path: string): string {
  return basename(path).replace(/\.ko(\.(xz|zst|gz))?$/, '');
}

async function moduleFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(join(folder, 'kernel'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.ko(\.(xz|zst|gz))?$/.test(entry.name));
  return new Map(
    files.map((entry) => [canonical(moduleName(entry.name)), join(entry.parentPath, entry.name)]),
  );
}

/** `depends=a,b` of the .modinfo section: NUL-terminated strings, found without reading section headers. */
export function dependenciesOf(content: Buffer): string[] {
  const key = '\0depends=';
  const at = content.indexOf(key, 0, 'latin1');
  if (at < 0) return [];
  const start = at + key.length;
  const text = content.toString('latin1', start, content.indexOf(0, start));
  return text.split(',').filter((name) => name !== '');
}

const decompressors: Readonly<Record<string, readonly [string, ...string[]]>> = {
  xz: ['xz', '-dc'],
  zst: ['zstd', '-dcq'],
  gz: ['gzip', '-dc'],
};

async function readModule(file: string): Promise<Buffer> {
  const tool = decompressors[file.split('.').at(-1) ?? ''];
  if (tool === undefined) return await readFile(file);
  const [command, ...options] = tool;
  const { stdout } = await promisify(execFile)(command, [...options, file], {
    encoding: 'buffer',
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}
