/** Keys of `apiKey` that stand in files. */
import { resolve } from 'node:path';
import { firstLine, type Path } from '../config/fault.ts';
import type { ApiKeyEntry, ApiKeyPlan } from '../config/filters/api-key-plan.ts';
import { fastKeyHash, keyHashProblem, SLOW_KEYS_MAX } from '../core/passwords/key-hash.ts';
import { readBounded } from './bounded-file.ts';
import type { FilterReader } from './filter-reader.ts';
import { readNamedHashes } from './password-file.ts';

/** @param path Of the filter. */
export async function readApiKeys(options: ApiKeyPlan, path: Path, reader: FilterReader): Promise<ApiKeyPlan> {
  const at = [...path, 'apiKey', 'file'];
  const read = await Promise.all(
    options.files.map((file, index) => readFile(file, options.files.length === 1 ? at : [...at, index], reader)),
  );
  const names = new Map(options.keys.slice(0, options.keysWritten).map((key) => [key.name, key]));
  for (const key of read.flat()) {
    if (names.has(key.name)) reader.fault(at, `has a name that was already given: ${JSON.stringify(key.name)}`);
    names.set(key.name, key);
  }
  const keys = [...names.values()];
  const slow = keys.filter(({ hash }) => fastKeyHash(hash) === null).length;
  if (slow > SLOW_KEYS_MAX)
    reader.fault(
      at,
      `has ${slow} slow hashes, of which each is tried; at most ${SLOW_KEYS_MAX}`,
      'use sha256 for keys that a machine made',
    );
  return { ...options, keys };
}

async function readFile(given: string, path: Path, reader: FilterReader): Promise<readonly ApiKeyEntry[]> {
  const file = resolve(reader.directory, given);
  try {
    await reader.watch(file);
    const entries = readNamedHashes(await readBounded(file));
    if (entries.length === 0) throw new Error('has no keys');
    for (const { hash, line } of entries) {
      const problem = keyHashProblem(hash);
      if (problem !== null) reader.fault(path, `line ${line} ${problem[0]}`, problem[1]);
    }
    return entries.map(({ name, hash }) => ({ name, hash, claims: { sub: name } }));
  } catch (error) {
    reader.fault(path, `${JSON.stringify(given)} ${firstLine(error)}`);
    return [];
  }
}
