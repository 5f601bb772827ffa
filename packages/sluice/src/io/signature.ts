/**
 * HMAC-SHA-256 on node:crypto for affinity cookies: 144 of its 256 bits (24 characters of base64url, no padding). RFC 2104 §5 allows
 * truncation to no less than half the hash, 128 bits.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { assert } from '../base/assert.ts';
import type { Signer } from '../core/affinity/cookie.ts';

const BYTES = 18;

/**
 * Makes a signer.
 * @param secrets The first signs, all verify. At least one; the same on every gateway and worker.
 */
export function createSigner(secrets: readonly string[]): Signer {
  assert(secrets.length > 0, 'a signer has at least one secret');
  return {
    keys: secrets.length,
    sign: (text, key) => createHmac('sha256', secrets[key]!).update(text).digest().subarray(0, BYTES).toString('base64url'),
    equal: equalInConstantTime,
  };
}

/** Whether two texts are the same, in time that depends on their lengths only. */
function equalInConstantTime(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
