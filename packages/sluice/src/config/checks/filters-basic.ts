/** What must hold of `basic` across its fields: there are users, each once, with hashes that can be verified. */
import { readPasswordHash } from '../../core/passwords/password-hash.ts';
import type { Path } from '../fault.ts';
import { rawField, rawList, type Report } from '../raw.ts';

/** Reports faults of one `basic`. @param path Of its options. */
export function checkBasic(options: unknown, path: Path, report: Report): void {
  if (options === undefined) return;
  const users = rawList(rawField(options, 'users'));
  if (users.length === 0 && rawField(options, 'file') === undefined) {
    report({ path, what: 'has no users: nobody would be let in', hint: "give users: [{ name, password }] or file: 'users.htpasswd'" });
  }
  const seen = new Map<string, number>();
  users.forEach((user, index) => {
    const [name, password] = [rawField(user, 'name'), rawField(user, 'password')];
    if (typeof name === 'string') {
      const earlier = seen.get(name);
      if (earlier !== undefined) report({ path: [...path, 'users', index, 'name'], what: `is the same as users[${earlier}].name` });
      seen.set(name, index);
    }
    if (typeof password !== 'string' || password === '') return;
    const reading = readPasswordHash(password);
    if (!reading.ok) report({ path: [...path, 'users', index, 'password'], what: reading.what, hint: reading.hint });
  });
}
