/** A certificate authority for tests, and what it signs. Serial numbers are seeded; keys are fresh. */
import { X509Certificate } from 'node:crypto';
import { seededRandom } from '../../src/base/random.ts';
import { type Timestamp, timestamp } from '../../src/base/time.ts';
import { certify, type LeafOptions, makeAuthority, makeLeaf, type PemPair } from '../../src/io/x509/authority.ts';
import { makeCertificateRequest } from '../../src/io/x509/certificate-request.ts';
import { makeKeyPem, type RandomBytes } from '../../src/io/x509/library.ts';

export interface TestAuthority extends PemPair {
  /** Signs a server's certificate. */
  leaf(names: readonly string[], options?: Partial<Omit<LeafOptions, 'authority' | 'names'>>): Promise<PemPair>;
  /** Signs a certificate for a public key of somebody else. @returns PEM. */
  certify(
    publicPem: string,
    names: readonly string[],
    options?: Partial<Omit<LeafOptions, 'authority' | 'names' | 'keyType'>>,
  ): Promise<string>;
}

/** Bytes that are the same in every run. */
export function seededBytes(seed = 1): RandomBytes {
  const random = seededRandom(seed);
  return (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Makes one. @param now Default: the real time, since OpenSSL looks at the clock itself. */
export async function testAuthority(name = 'Test CA', now: Timestamp = timestamp(Date.now())): Promise<TestAuthority> {
  const random = seededBytes();
  const authority = await makeAuthority({ name, now, random });
  return {
    ...authority,
    leaf: (names, options = {}) => makeLeaf({ authority, names, now, random, ...options }),
    certify: (publicPem, names, options = {}) => certify(publicPem, { authority, names, now, random, ...options }),
  };
}

/** A certificate's serial number in lower-case hex. */
export function serialOf(certPem: string): string {
  return new X509Certificate(certPem).serialNumber.toLowerCase();
}

/** A signing request (DER) with a key that nobody keeps. */
export function signingRequest(names: readonly string[]): Promise<Uint8Array> {
  return makeCertificateRequest({ names, keyPem: makeKeyPem('ec') });
}
