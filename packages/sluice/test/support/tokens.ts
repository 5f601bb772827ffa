/** Tokens of an issuer, good ones and such as no library would make. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { WALL_START } from './data-plane.ts';

type JsonObject = { [key: string]: string };

export interface SigningPair {
  readonly id: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const ISSUER = 'https://id.example/';
/** The test's wall clock, in seconds. */
export const NOW = Math.floor(WALL_START / 1000);

export function ecPair(id: string): SigningPair {
  return { id, alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}

export function rsaPair(id: string): SigningPair {
  return { id, alg: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}

/** Key set of these pairs. */
export function keySet(...pairs: readonly SigningPair[]): { keys: JsonObject[] } {
  return { keys: pairs.map(({ id, publicKey }) => ({ ...(publicKey.export({ format: 'jwk' }) as JsonObject), kid: id, use: 'sig' })) };
}

/** Good for an hour, of ISSUER, for `shop`; with these claims on top (undefined takes one away). */
export function claims(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { iss: ISSUER, aud: 'shop', sub: 'anna', iat: NOW - 10, exp: NOW + 3600, ...more };
}

/** A token of the pair. @param header On top of `alg` and `kid`. */
export function token(pair: SigningPair, content = claims(), header: Readonly<Record<string, unknown>> = {}): string {
  const text = unsigned({ alg: pair.alg, kid: pair.id, ...header }, content);
  const signature = sign('sha256', Buffer.from(text), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** A token with an HMAC under any secret. */
export function hmacToken(secret: string | Buffer, content = claims(), header: Readonly<Record<string, unknown>> = {}): string {
  const text = unsigned({ alg: 'HS256', ...header }, content);
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** Header and claims. */
export function unsigned(header: object, content: object): string {
  return [header, content].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
