/**
 * @peculiar/x509, loaded when a certificate is made and never before: it costs 150 ms and 17 MiB, and most processes make none. Keys are
 * node:crypto's; the library sees them as Web Crypto keys.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import type * as Library from '@peculiar/x509';

export type X509Library = typeof Library;

/** Random bytes, so that tests can be repeated. `node:crypto`'s `randomBytes` outside them. */
export type RandomBytes = (length: number) => Uint8Array;

/** The kinds of key that we make. */
export type MadeKeyType = 'ec' | 'rsa';

let loading: Promise<X509Library> | null = null;

/** The library, loaded once. */
export function loadX509(): Promise<X509Library> {
  loading ??= load();
  return loading;
}

async function load(): Promise<X509Library> {
  // Its dependency-injection container refuses to load without this one.
  await import('reflect-metadata');
  const library = await import('@peculiar/x509');
  library.cryptoProvider.set(webcrypto);
  return library;
}

const ALGORITHMS = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

export interface SigningKeys {
  readonly algorithm: (typeof ALGORITHMS)[MadeKeyType];
  readonly pair: webcrypto.CryptoKeyPair;
}

/** A new key as PKCS #8 PEM: ECDSA on P-256, or RSA with 2048 bits. */
export function makeKeyPem(type: MadeKeyType = 'ec'): string {
  const options = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } } as const;
  return type === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256', ...options }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048, ...options }).privateKey;
}

/** The public half of a private key, both PEM. */
export function publicKeyPem(keyPem: string): string {
  return createPublicKey(keyPem).export({ type: 'spki', format: 'pem' }).toString();
}

/** A PEM key as the library takes it. */
export async function signingKeys(keyPem: string): Promise<SigningKeys> {
  const key = createPrivateKey(keyPem);
  const algorithm = ALGORITHMS[key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec'];
  const der = Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' }));
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
  const publicKey = await webcrypto.subtle.importKey('spki', publicDer(key), algorithm, true, ['verify']);
  return { algorithm, pair: { privateKey, publicKey } };
}

/** A serial number in hex: positive, 16 bytes of which the first is never zero (RFC 5280 §4.1.2.2: at most 20). */
export function serialNumber(random: RandomBytes): string {
  const bytes = Buffer.from(random(16));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function publicDer(key: KeyObject): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createPublicKey(key).export({ type: 'spki', format: 'der' }));
}
