/**
 * Which signature algorithms a key may be used with. The key decides, never the token: a public key can not become an HMAC secret, and `none` is no algorithm (RFC 8725 §3.1, §3.2).
 */

/** What a key is. */
export type KeyType = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'secret';

const ALGORITHMS: Readonly<Record<KeyType, readonly string[]>> = {
  RSA: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
  secret: ['HS256', 'HS384', 'HS512'],
};

/** All names; what is not here is not verified. */
export const JWT_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'HS256', 'HS384', 'HS512'],
] as const;

/** The algorithms of a key of this type, of these alone where some are given. @param own The key's own (`alg` of a JWK), if it says one. */
export function algorithmsOf(type: KeyType, pinned: readonly string[], own: string | null): readonly string[] {
  return ALGORITHMS[type].filter((each) => (pinned.length === 0 || pinned.includes(each)) && (own === null || own === each));
}
