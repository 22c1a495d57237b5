/**
 * A script run inside a finished tree as the application's own user, with the tree's programs and libraries:
 * what an application prepares for itself (a database's folder) is prepared when its image is made. In a
 * namespace of its own, where the builder passes for that user: so it needs no root, and all that the script
 * started ends with it.
 */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCode, UserError } from '../../model/errors.ts';
import { runTool } from '../../host/exec.ts';
import type { Account } from './recipe.ts';

/** @throws UserError where the script fails or this host has no user namespaces */
export async function runSetup(root: string, script: string, { uid }: Account, name: string): Promise<void> {
  // No device nodes without root: a file that swallows what is written does for a null device here.
  const shared = join(root, 'dev/shm');
  await mkdir(shared, { recursive: true });
  await chmod(shared, 0o1777);
  await writeFile(join(root, 'dev/null'), '');
  const result = await runTool(
    [
      'unshare',
      ...['--user', `--map-user=${String(uid)}`, `--map-group=${String(uid)}`],
      ...['--pid', '--fork', '--kill-child', `--root=${root}`],
      ...['/bin/sh', '-c', script],
    ],
    { timeoutSeconds: 300, environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp' } },
  );
  if (result.exitCode !== 0) {
    throw new UserError(
      `image ${name}: preparing its data failed (${result.exitCode === null ? 'killed' : `status ${String(result.exitCode)}`}): ${`${result.stdout}${result.stderr}`.trim().slice(-1000)}`,
      'it runs in a user namespace (unshare, of util-linux 2.36 or later): where this host allows none to users, build the image as root',
      exitCode.hostCannot,
    );
  }
  await rm(shared, { recursive: true });
  await rm(join(root, 'dev/null'));
}
