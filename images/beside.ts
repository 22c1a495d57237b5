/**
 * What has to lie beside an image from elsewhere before it can run: mount points that its tree may lack, a script
 * that makes the working folder and volumes that it names and has not, the names that engines put into every
 * container, and the program that takes on its user. Containers and virtual machines get the same, in a layer
 * over the image; the image itself stays as it is.
 */
import { followInside } from './locate.ts';
import { asUserProgram } from './as-user.ts';
import type { Image } from './image.ts';

export interface Beside {
  /** Mount points, without a leading slash. */
  readonly folders: readonly string[];
  /**
   * Lines of a shell, run by the agent before anything else: what has to be made inside, where links of the
   * image lead and owners of the folders above are as they are. Empty: nothing.
   */
  readonly made: string;
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
  const named = [...new Set([config.workingFolder, ...config.volumes])];
  const missing = await Promise.all(named.map(async (path) => ((await absent(path)) ? [path] : [])));
  const hosts = '127.0.0.1 localhost\n::1 localhost\n';
  return {
    folders: ['proc', 'sys', 'dev', '.tare'],
    made: missing
      .flat()
      .map((path) => `"$B" mkdir -p ${shellWord(path)}\n`)
      .join(''),
    texts: (await absent('/etc/hosts')) ? { 'etc/hosts': hosts } : {},
    // Servers in images write their logs there.
    devices: { stdin: '/proc/self/fd/0', stdout: '/proc/self/fd/1', stderr: '/proc/self/fd/2' },
    asUser: asUserProgram({ ...config.identity, folder: config.workingFolder }),
  };
}

/** Text as one word of a shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
