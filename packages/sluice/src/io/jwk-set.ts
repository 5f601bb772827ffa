/**
 * Keys that signatures are verified with, read from a key set (RFC 7517) or PEM. A key says for itself what it may be used with; what it cannot be used with is left out, with the reason, so
 * that one strange key of an issuer does not cost the others. Private keys are never read in.
 */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { algorithmsOf, type KeyType } from '../core/jwt/algorithms.ts';

export interface VerifyKey {
  /** Null: a token's `kid` does not matter to it. */
  readonly id: string | null;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
}

export interface KeyReading {
  readonly keys: readonly VerifyKey[];
  /** Of keys that are left out. */
  readonly unused: readonly string[];
}

/** More are no key set of an issuer. */
const KEYS_MAX = 100;
const RSA_BITS_MIN = 2048;
const CURVES: Readonly<Record<string, KeyType>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** Keys from JSON or PEM. @param pinned Algorithms that alone may be used; empty: any. @throws {Error} when it is neither. */
export function readKeys(text: string, pinned: readonly string[]): KeyReading {
  return text.includes('-----BEGIN') ? readPem(text, pinned) : readKeySet(text, pinned);
}

/** @throws {Error} when it is no key set. */
export function readKeySet(text: string, pinned: readonly string[]): KeyReading {
  const set = parse(text);
  const list = typeof set === 'object' && set !== null ? (set as { keys?: unknown }).keys : undefined;
  if (!Array.isArray(list)) throw new Error('is not a key set: it has no list `keys`');
  if (list.length > KEYS_MAX) throw new Error(`has ${list.length} keys; at most ${KEYS_MAX} are read`);
  const keys: VerifyKey[] = [];
  const unused: string[] = [];
  list.forEach((jwk: unknown, index) => {
    const found = readJwk(jwk, pinned);
    if (typeof found === 'string') unused.push(`keys[${index}] ${found}`);
    else keys.push(found);
  });
  return { keys, unused };
}

/** The one key of an issuer that shares a secret with us. */
export function secretKey(secret: string, pinned: readonly string[]): VerifyKey {
  return { id: null, algorithms: algorithmsOf('secret', pinned, null), key: createSecretKey(secret, 'utf8') };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('is neither JSON nor PEM');
  }
}

function readPem(text: string, pinned: readonly string[]): KeyReading {
  if (text.includes('PRIVATE KEY-----')) throw new Error('has a private key, which only the issuer may have; give the public one');
  const found = usable(createPublicKey(text), null, null, pinned);
  return typeof found === 'string' ? { keys: [], unused: [`the key ${found}`] } : { keys: [found], unused: [] };
}

function readJwk(jwk: unknown, pinned: readonly string[]): VerifyKey | string {
  if (typeof jwk !== 'object' || jwk === null) return 'is not an object';
  const { kid, use, key_ops: operations, alg, kty } = jwk as Readonly<Record<string, unknown>>;
  if ('d' in jwk || 'k' in jwk) return 'is a private key or a secret';
  if (use !== undefined && use !== 'sig') return 'is not for signatures';
  if (Array.isArray(operations) && !operations.includes('verify')) return 'is not for signatures';
  if (kid !== undefined && typeof kid !== 'string') return 'has an id that is not a text';
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return 'is of an unknown type';
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return usable(key, kid ?? null, typeof alg === 'string' ? alg : null, pinned);
  } catch {
    return 'cannot be read';
  }
}

function usable(key: KeyObject, id: string | null, own: string | null, pinned: readonly string[]): VerifyKey | string {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  if (kind === 'rsa' && (details?.modulusLength ?? 0) < RSA_BITS_MIN) return `has fewer than ${RSA_BITS_MIN} bits`;
  const type = kind === 'rsa' ? 'RSA' : kind === 'ed25519' ? 'Ed25519' : kind === 'ec' ? CURVES[details?.namedCurve ?? ''] : undefined;
  if (type === undefined) return 'is of a type that tokens are not signed with here';
  const algorithms = algorithmsOf(type, pinned, own);
  return algorithms.length === 0 ? 'is for an algorithm that is not allowed' : { id, algorithms, key };
}
