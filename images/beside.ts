/**
 * What has to lie beside an image from elsewhere before it can run: mount points and a working folder that
 * its tree may lack, the names that engines put into every container, and the program that takes on its user.
 * Containers and virtual machines get the same, in a layer over the image; the image itself stays as it is.
 */
import { followInside } from './locate.ts';
import { asUserProgram } from './as-user.ts';
import type { Image } from './image.ts';

export interface Beside {
  /** Paths without a leading slash. */
  readonly folders: readonly string[];
  /** Text files over the image, by path without a leading slash. */
  readonly texts: Readonly<Record<string, string>>;
  /** Links in /dev, name -> target. */
  readonly devices: Readonly<Record<string, string>>;
  /** The program of `as-user.ts`. */
  readonly asUser: Uint8Array;
}

/** Null for an image that tare has assembled: it holds all it needs. */
export async function besideOf({ config, rootfs }: Image): Promise<Beside | null> {
  if (config === null) return null;
  const absent = async (path: string) => (await followInside(rootfs, path)) === null;
  const folders = ['proc', 'sys', 'dev', '.tare'];
  if (await absent(config.workingFolder)) folders.push(config.workingFolder.slice(1));
  const hosts = '127.0.0.1 localhost\n::1 localhost\n';
  return {
    folders,
    texts: (await absent('/etc/hosts')) ? { 'etc/hosts': hosts } : {},
    // Servers in images write their logs there.
    devices: { stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2' },
    asUser: asUserProgram({ ...config.identity, folder: config.workingFolder }),
  };
}
