/**
 * Whom an image's `user` means, by the image's own /etc/passwd and /etc/group and by the rules that container
 * engines follow: a name or a number, a group of its own or the user's, and the groups that list the user.
 */
import type { ImageIdentity } from '../image.ts';
import { refusal, type Place } from './refusal.ts';

/** Texts of the image's files; empty where it has none. */
export interface Accounts {
  readonly passwd: string;
  readonly group: string;
}

const largest = 2 ** 31 - 1;

/** @param user "", "name", "uid", "uid:gid", "name:group" */
export function resolveIdentity(user: string, accounts: Accounts, place: Place): ImageIdentity {
  const [userPart = '', groupPart = '', more] = user.split(':');
  if (more !== undefined)
    throw refusal(place, `its user ${JSON.stringify(user)} is not of the form user:group`);
  const wanted = userPart === '' ? '0' : userPart;
  const people = records(accounts.passwd);
  // A number may be someone's name; names come first.
  const person =
    people.find(([name]) => name === wanted) ?? people.find(([, , uid]) => isId(wanted) && uid === wanted);
  const uid = person === undefined ? idOf(wanted) : idOf(person[2] ?? '');
  if (uid === null)
    throw refusal(
      place,
      `it runs as the user ${JSON.stringify(userPart)}, whom its /etc/passwd does not know`,
      'set a user by number, or one that the image has',
    );
  const home = person?.[5] ?? '';
  const groups = records(accounts.group);
  const gid = groupPart === '' ? idOf(person?.[3] ?? '0') : groupOf(groupPart, groups);
  if (gid === null)
    throw refusal(
      place,
      `it runs as the group ${JSON.stringify(groupPart)}, which its /etc/group does not know`,
    );
  const name = person?.[0];
  const further =
    groupPart !== '' || name === undefined
      ? []
      : groups
          .filter(([, , , members]) => members?.split(',').includes(name))
          .flatMap(([, , id]) => idOf(id ?? '') ?? []);
  return { uid, gid, groups: [...new Set(further)], home: home === '' ? '/' : home };
}

function groupOf(wanted: string, groups: readonly (readonly string[])[]): number | null {
  const found =
    groups.find(([name]) => name === wanted) ?? groups.find(([, , id]) => isId(wanted) && id === wanted);
  return idOf(found?.[2] ?? wanted);
}

function records(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

const isId = (text: string): boolean => /^[0-9]{1,10}$/.test(text);

function idOf(text: string): number | null {
  return isId(text) && Number(text) <= largest ? Number(text) : null;
}
