/** Users of `basic` that stand in files. */
import { resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { BasicPlan, PasswordUser } from '../config/filters/basic-plan.ts';
import { readPasswordHash } from '../core/passwords/password-hash.ts';
import { readBounded } from './bounded-file.ts';
import type { FilterReader } from './filter-reader.ts';
import { readNamedHashes } from './password-file.ts';
import { canVerify } from './password.ts';

/** @param path Of the filter. */
export async function readBasic(options: BasicPlan, path: Path, reader: FilterReader): Promise<BasicPlan> {
  const read = await Promise.all(
    options.files.map((file, index) => readFile(file, [...path, 'basic', 'file', ...(options.files.length === 1 ? [] : [index])], reader)),
  );
  const names = new Map(options.users.slice(0, options.usersWritten).map((user) => [user.name, user]));
  for (const { user, at } of read.flat()) {
    if (names.has(user.name)) reader.fault(at, `has a user that was already given: ${JSON.stringify(user.name)}`);
    names.set(user.name, user);
  }
  const users = [...names.values()];
  if (users.some(({ hash }) => !canVerify(hash))) {
    reader.fault(
      [...path, 'basic'],
      'has argon2id hashes, which Node before 24.7 cannot verify',
      'update Node, or make scrypt hashes with: sluice hash-password',
    );
  }
  return { ...options, users };
}

async function readFile(
  given: string,
  path: Path,
  reader: FilterReader,
): Promise<readonly { readonly user: PasswordUser; readonly at: Path }[]> {
  const file = resolve(reader.directory, given);
  try {
    await reader.watch(file);
    const entries = readNamedHashes(await readBounded(file));
    if (entries.length === 0) throw new Error('has no users');
    return entries.map(({ name, hash, line }) => {
      const reading = readPasswordHash(hash);
      if (!reading.ok) reader.fault(path, `line ${line} ${reading.what}`, reading.hint);
      return { user: { name, hash }, at: path };
    });
  } catch (error) {
    reader.fault(path, `${JSON.stringify(given)} ${firstLine(error)}`);
    return [];
  }
}
