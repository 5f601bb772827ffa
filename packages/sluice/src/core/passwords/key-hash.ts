/**
 * Hashes of API keys as text. Keys that a machine made have more entropy than anybody can try, so that SHA-256 is enough for them and costs a microsecond; keys that people chose need a slow
 * hash, as passwords do, and are few.
 */
import { readPasswordHash } from './password-hash.ts';

/** Of a list: each is tried with a key that SHA-256 does not know. */
export const SLOW_KEYS_MAX = 4;

const SHA_256 = /^sha256:[0-9a-f]{64}$/i;

/** The SHA-256 of a key, lower-case hex; null where the hash is a slow one. */
export function fastKeyHash(hash: string): string | null {
  return SHA_256.test(hash) ? hash.slice('sha256:'.length).toLowerCase() : null;
}

/** What is wrong with the hash of a key, which must be one of the two; null: nothing. */
export function keyHashProblem(hash: string): readonly [what: string, hint: string] | null {
  if (fastKeyHash(hash) !== null) return null;
  if (!hash.startsWith('$'))
    return ['is not a hash: keys do not stand in configurations', 'make a key and its hash with: sluice hash-password --new-key'];
  const reading = readPasswordHash(hash);
  return reading.ok ? null : [reading.what, reading.hint];
}
