/**
 * Users by name or number, out of `/etc/passwd`. Node drops all supplementary groups when it changes the user of a program (libuv calls
 * setgroups(0)), so the primary group is the only one that an instance has. Users that only a directory service knows are named by number.
 */
import { readFileSync } from 'node:fs';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
  /** Null where only the number is known. */
  readonly home: string | null;
  readonly name: string;
}

const NUMBER = /^\d{1,10}$/;

/**
 * `name`, `1000` or `1000:1000`.
 * @returns Null when there is no such user. A number that is nobody's stands for itself, and for a group of the same number.
 */
export function findUser(user: string, passwdFile = '/etc/passwd'): SystemUser | null {
  const [name = '', group] = user.split(':');
  if (group !== undefined && !NUMBER.test(group)) return null;
  const found = readUsers(passwdFile).find((one) => one.name === name || String(one.uid) === name);
  const gid = group === undefined ? null : Number(group);
  if (found !== undefined) return { ...found, gid: gid ?? found.gid };
  return NUMBER.test(name) ? { uid: Number(name), gid: gid ?? Number(name), home: null, name } : null;
}

function readUsers(file: string): readonly SystemUser[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.split(':');
    return NUMBER.test(uid) && NUMBER.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [];
  });
}
