/** What must hold of `apiKey` across its fields: there are keys, each name and each hash once, and few that are slow to try. */
import { fastKeyHash, keyHashProblem, SLOW_KEYS_MAX } from '../../core/passwords/key-hash.ts';
import type { Path } from '../fault.ts';
import { rawField, rawList, type Report } from '../raw.ts';

/** Reports faults of one `apiKey`. @param path Of its options. */
export function checkApiKey(options: unknown, path: Path, report: Report): void {
  if (options === undefined) return;
  const keys = rawList(rawField(options, 'keys'));
  if (keys.length === 0 && rawField(options, 'file') === undefined) {
    report({ path, what: 'has no keys: nobody would be let in', hint: "give keys: [{ name, hash }] or file: 'keys.txt'" });
  }
  const seen = { name: new Map<unknown, number>(), hash: new Map<unknown, number>() };
  keys.forEach((key, index) => {
    for (const field of ['name', 'hash'] as const) {
      const value = rawField(key, field);
      const earlier = seen[field].get(value);
      if (typeof value === 'string' && earlier !== undefined)
        report({ path: [...path, 'keys', index, field], what: `is the same as keys[${earlier}].${field}` });
      seen[field].set(value, index);
    }
    const hash = rawField(key, 'hash');
    const problem = typeof hash === 'string' && hash !== '' ? keyHashProblem(hash) : null;
    if (problem !== null) report({ path: [...path, 'keys', index, 'hash'], what: problem[0], hint: problem[1] });
  });
  const slow = [...seen.hash.keys()].filter((hash) => typeof hash === 'string' && fastKeyHash(hash) === null);
  if (slow.length > SLOW_KEYS_MAX)
    report({
      path: [...path, 'keys'],
      what: `has ${slow.length} slow hashes, of which each is tried; at most ${SLOW_KEYS_MAX}`,
      hint: 'use sha256 for keys that a machine made',
    });
}
