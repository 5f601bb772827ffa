/** A local certificate authority and what it signs: for development, for tests, for traffic between machines of one owner. */
import { createPublicKey } from 'node:crypto';
import type { Timestamp } from '../../base/time.ts';
import { loadX509, makeKeyPem, type MadeKeyType, publicKeyPem, type RandomBytes, serialNumber, signingKeys } from './library.ts';
import { generalNames, normaliseNames } from './names.ts';

/** A certificate with its private key. */
export interface PemPair {
  readonly certPem: string;
  /** PKCS #8. Secret. */
  readonly keyPem: string;
}

export interface AuthorityOptions {
  /** Its common name, which trust stores show. */
  readonly name: string;
  readonly now: Timestamp;
  readonly random: RandomBytes;
  /** Default 3653: ten years. */
  readonly days?: number;
}

export interface LeafOptions {
  readonly authority: PemPair;
  /** Host names and IP addresses, at least one. */
  readonly names: readonly string[];
  readonly now: Timestamp;
  readonly random: RandomBytes;
  /** Default `ec`. */
  readonly keyType?: MadeKeyType;
  /** Default 397, the longest that browsers accepted when this was written. */
  readonly days?: number;
  /** What its key may be used for. Default `server`. */
  readonly purpose?: 'server' | 'client' | 'ocsp';
  /** Where the authority answers OCSP. */
  readonly ocspUrl?: string;
  readonly mustStaple?: boolean;
}

/** RFC 5280 §4.2.1.12. */
const PURPOSES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2', ocsp: '1.3.6.1.5.5.7.3.9' } as const;
const DAY_MS = 86_400_000;
/** Clocks differ: what was made a moment ago must be valid on a machine that is behind. */
const BACKDATE_MS = 3_600_000;
const TLS_FEATURE = '1.3.6.1.5.5.7.1.24';
/** SEQUENCE of INTEGER 5, `status_request` (RFC 7633). */
const MUST_STAPLE = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05);

/** Makes an authority: ECDSA on P-256, signs leaves only. */
export async function makeAuthority({ name, now, random, days = 3653 }: AuthorityOptions): Promise<PemPair> {
  const x509 = await loadX509();
  const keyPem = makeKeyPem('ec');
  const { pair, algorithm } = await signingKeys(keyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(random),
    name: [{ CN: [name] }],
    ...validity(now, days),
    signingAlgorithm: algorithm,
    keys: pair,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    ],
  });
  return { certPem: pemText(certificate), keyPem };
}

/** Makes a certificate with a new key, signed by the authority. The chain is the leaf alone: clients that trust the authority have it. */
export async function makeLeaf(options: LeafOptions): Promise<PemPair> {
  const keyPem = makeKeyPem(options.keyType);
  return { certPem: await certify(publicKeyPem(keyPem), options), keyPem };
}

/** Signs a certificate for a public key (PEM). @returns PEM. */
export async function certify(publicPem: string, options: Omit<LeafOptions, 'keyType'>): Promise<string> {
  const x509 = await loadX509();
  const names = normaliseNames(options.names);
  const publicKey = new x509.PublicKey(publicPem);
  const signer = await signingKeys(options.authority.keyPem);
  const authority = new x509.X509Certificate(options.authority.certPem);
  const isRsa = createPublicKey(publicPem).asymmetricKeyType === 'rsa';
  const usage = x509.KeyUsageFlags.digitalSignature | (isRsa ? x509.KeyUsageFlags.keyEncipherment : 0);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(options.random),
    subject: commonName(names),
    issuer: authority.subjectName,
    ...validity(options.now, options.days ?? 397),
    publicKey,
    signingKey: signer.pair.privateKey,
    signingAlgorithm: signer.algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(usage, true),
      new x509.ExtendedKeyUsageExtension([PURPOSES[options.purpose ?? 'server']]),
      new x509.SubjectAlternativeNameExtension(generalNames(names)),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(options.ocspUrl === undefined ? [] : [new x509.AuthorityInfoAccessExtension({ ocsp: options.ocspUrl })]),
      ...(options.mustStaple === true ? [new x509.Extension(TLS_FEATURE, false, MUST_STAPLE)] : []),
    ],
  });
  return pemText(certificate);
}

/** Whole seconds, which is all that certificates hold. */
function validity(now: Timestamp, days: number): { notBefore: Date; notAfter: Date } {
  const start = Math.floor((now - BACKDATE_MS) / 1_000) * 1_000;
  // RFC 5280 §4.1.2.5: both ends count, hence the second less.
  return { notBefore: new Date(start), notAfter: new Date(start + days * DAY_MS - 1_000) };
}

/** The first name, for people; at most 64 characters (X.520's upper bound). What counts are the alternative names. */
function commonName(names: readonly string[]): { CN: string[] }[] {
  const [first = ''] = names;
  return [{ CN: [first.slice(0, 64)] }];
}

function pemText(object: { toString(format: 'pem'): string }): string {
  return `${object.toString('pem').trimEnd()}\n`;
}
