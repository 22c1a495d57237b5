/** Where podman's state and images are, for tare's own user and for another one that root has it run as. */
import { chmod, chown, mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../images/cache.ts';
import type { PodmanOptions } from './options.ts';
import { containersConf, settingsFolder, storageConf } from './settings.ts';
import type { Account, PodmanPlan } from './settings.ts';

/** Whether podman runs in a user namespace. */
export function isRootless({ user }: Pick<PodmanOptions, 'user'>): boolean {
  return user === 'rootless' || (user === 'auto' && process.geteuid?.() !== 0);
}

/** The account that stands in for a user without root, where tare runs as root; a string: why there is none. */
export async function findAccount({ account }: Pick<PodmanOptions, 'account'>): Promise<Account | string> {
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8'));
  if (account !== undefined)
    return accounts.find(({ name }) => name === account) ?? `there is no account ${account}`;
  const mapped = (await readFile('/etc/subuid', 'utf8').catch(() => ''))
    .split('\n')
    .map((line) => line.split(':')[0]);
  const users: Account[] = [];
  for (const one of accounts) {
    const home = await stat(one.home).catch(() => null);
    if (one.uid !== 0 && home?.uid === one.uid) users.push(one);
  }
  const persons = users.filter(({ uid }) => uid >= 1000);
  return (
    users.find(({ name }) => mapped.includes(name)) ??
    persons[0] ??
    'no account but root has a folder of its own'
  );
}

/** Accounts of passwd(5). */
export function parseAccounts(passwd: string): readonly Account[] {
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length === 7)
    .map(([name = '', , uid, gid, , home = '/']) => ({ name, uid: Number(uid), gid: Number(gid), home }));
}

/** The images of this user, for tare alone. */
export function storeOf(account: Account | null): string {
  const cache = account === null ? cacheFolder() : join(account.home, '.cache', 'tare');
  return join(cache, 'engines', 'podman');
}

/**
 * Makes a folder for the state of one cell. Without root its path has to be short, and another user cannot
 * reach into root's cache; as root the containers' layers lie on the disk of the cache.
 */
export async function makeCellFolder(account: Account | null, rootless: boolean): Promise<string> {
  if (rootless) {
    const folder = await mkdtemp(join(tmpdir(), 'tare-podman-'));
    if (account === null) return folder;
    await chmod(folder, 0o755);
    await chown(folder, account.uid, account.gid);
    return folder;
  }
  const base = join(storeOf(null), 'cells');
  await mkdir(base, { recursive: true, mode: 0o700 });
  return mkdtemp(join(base, 'c-'));
}

/** Writes the configuration of both; podman itself makes the rest, as its own user. */
export async function writeSettings(plan: PodmanPlan): Promise<void> {
  const user = join(plan.folder, 'user');
  await mkdir(user, { mode: 0o700 });
  if (plan.account !== null) await chown(user, plan.account.uid, plan.account.gid);
  const places = { cell: { at: plan.folder, images: plan.store }, store: { at: plan.store, images: null } };
  for (const what of ['cell', 'store'] as const) {
    const { at, images } = places[what];
    const folder = settingsFolder(plan, what);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'containers.conf'), containersConf({ ...plan, folder: at }));
    await writeFile(join(folder, 'storage.conf'), storageConf({ ...plan, folder: at }, images));
  }
}

/** Held while an image is brought in. */
export async function storeLock(account: Account | null): Promise<string> {
  const folder = join(cacheFolder(), 'engines');
  await mkdir(folder, { recursive: true });
  return join(folder, `podman-${account === null ? 'own' : String(account.uid)}.lock`);
}
