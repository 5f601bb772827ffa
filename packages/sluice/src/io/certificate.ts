/**
 * Certificates with their keys, read from PEM and checked, so that what is handed to a listener can be served: the key belongs to the
 * certificate, the chain is in order, OpenSSL accepts both. A certificate out of its time is a warning: `check` refuses it, a gateway
 * that runs goes on with it, since a name without any certificate is worse. On node:crypto only.
 */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { type Timestamp, timestamp } from '../base/time.ts';
import {
  alternativeNames,
  isMustStaple,
  ocspUrl,
  readCertificateFields,
  signatureAlgorithm,
} from '../core/certificates/certificate-fields.ts';
import { type ChainLink, orderFault, readCertificates, validityFault } from './certificate-chain.ts';
import { type CertificateFault, certificateFault } from './certificate-fault.ts';
import { type PemText, readPemText } from './pem.ts';
import { type KeyType, type ReadKey, readPrivateKey } from './private-key.ts';

/** A certificate that can be served. Plain: it may be posted to workers. */
export interface LoadedCertificate {
  /** The chain, leaf first. */
  readonly certPem: string;
  /** PKCS #8. */
  readonly keyPem: string;
  /** DNS names (lower case, with wildcards) and IP addresses it is for. */
  readonly names: readonly string[];
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly keyType: KeyType;
  /** SHA-256, in hex, of the chain and of the key's public half: equal when nothing changed. */
  readonly fingerprint: string;
  /** Where OCSP answers are had; null when nowhere. */
  readonly ocspUrl: string | null;
  readonly mustStaple: boolean;
}

export type CertificateReading =
  | { readonly ok: true; readonly material: LoadedCertificate; readonly warnings: readonly CertificateFault[] }
  | { readonly ok: false; readonly faults: readonly CertificateFault[] };

export interface CertificateFiles {
  /** One file with the whole chain, or several in the chain's order. */
  readonly certFiles: readonly string[];
  /** May be the same file as the certificate's. */
  readonly keyFile: string;
}

/** RSA with MD5 and with SHA-1, ECDSA with SHA-1 (RFC 9155). */
const BROKEN_SIGNATURES: readonly string[] = ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.2.840.10045.4.1'];

/** Reads and checks a certificate and its key. Every fault at once. */
export async function readCertificate(files: CertificateFiles, now: Timestamp): Promise<CertificateReading> {
  const certificates = await Promise.all(files.certFiles.map(readPemText));
  const key = await readPemText(files.keyFile);
  const faults = [...certificates, key].flatMap((found) => (found.ok ? [] : [found.fault]));
  const texts = certificates.flatMap((found) => (found.ok ? [found.value] : []));
  if (faults.length > 0 || !key.ok) return { ok: false, faults: withoutRepeats(faults) };
  return examineCertificate({ certificates: texts, key: key.value }, now);
}

/** Checks what was read. */
export function examineCertificate(source: { certificates: readonly PemText[]; key: PemText }, now: Timestamp): CertificateReading {
  const found = source.certificates.map(readCertificates);
  const key = readPrivateKey(source.key);
  const faults = [...found, key].flatMap((one) => (one.ok ? [] : [one.fault]));
  const chain = found.flatMap((one) => (one.ok ? one.value : []));
  if (faults.length > 0 || !key.ok) return { ok: false, faults: withoutRepeats(faults) };
  const fault = pairFault(chain, key.value, source.key.file) ?? orderFault(chain);
  if (fault !== null) return { ok: false, faults: [fault] };
  const built = buildMaterial(chain, key.value);
  if (!built.ok) return { ok: false, faults: [built.fault] };
  const warnings = chain.flatMap((link) => validityFault(link, now) ?? []);
  return { ok: true, material: built.material, warnings };
}

function pairFault(chain: readonly ChainLink[], { key }: ReadKey, keyFile: string): CertificateFault | null {
  const [leaf] = chain;
  if (leaf === undefined || leaf.certificate.checkPrivateKey(key)) return null;
  const index = chain.findIndex(({ certificate }) => certificate.checkPrivateKey(key));
  if (index > 0) {
    const what = `has its certificates in the wrong order: the one of the key is number ${index + 1}`;
    return certificateFault('order', leaf.file, what, "put the server's own certificate first, then its issuer, then the issuer's issuer");
  }
  const what = `has a key that does not belong to the certificate in ${JSON.stringify(leaf.file)}`;
  return certificateFault('mismatch', keyFile, what, 'name the key that the certificate was asked for with, or renew the certificate');
}

function buildMaterial(
  chain: readonly ChainLink[],
  { key, type }: ReadKey,
): { ok: true; material: LoadedCertificate } | { ok: false; fault: CertificateFault } {
  const { certificate: leaf, file } = chain[0]!;
  const certPem = chain.map(({ certificate }) => certificate.toString()).join('');
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  let facts: LeafFacts;
  try {
    facts = readLeaf(leaf.raw);
  } catch (error) {
    const what = `has a certificate that is not as RFC 5280 wants it: it ${(error as Error).message}`;
    return { ok: false, fault: certificateFault('malformed', file, what, 'have it issued anew') };
  }
  const refusal = facts.isBroken ? 'it is signed with SHA-1 or MD5' : opensslRefusal(certPem, keyPem);
  if (refusal !== null) {
    const what = `has a certificate that clients refuse: ${refusal}`;
    return { ok: false, fault: certificateFault('weak', file, what, 'have it issued anew, signed with SHA-256 or better') };
  }
  const notBefore = timestamp(leaf.validFromDate.getTime());
  const notAfter = timestamp(leaf.validToDate.getTime());
  const { names, ocspUrl, mustStaple } = facts;
  const fingerprint = fingerprintOf(chain, key, leaf);
  return { ok: true, material: { certPem, keyPem, names, notBefore, notAfter, keyType: type, fingerprint, ocspUrl, mustStaple } };
}

interface LeafFacts {
  readonly names: readonly string[];
  readonly ocspUrl: string | null;
  readonly mustStaple: boolean;
  /** Signed by a method that proves nothing any more. What signed itself is trusted or not, whatever the method. */
  readonly isBroken: boolean;
}

/** @throws {DerError} */
function readLeaf(der: Uint8Array): LeafFacts {
  const fields = readCertificateFields(der);
  const isSelfSigned = Buffer.compare(fields.issuer, fields.subject) === 0;
  return {
    names: alternativeNames(fields),
    ocspUrl: ocspUrl(fields),
    mustStaple: isMustStaple(fields),
    isBroken: !isSelfSigned && BROKEN_SIGNATURES.includes(signatureAlgorithm(der)),
  };
}

function fingerprintOf(chain: readonly ChainLink[], key: KeyObject, leaf: X509Certificate): string {
  const hash = createHash('sha256');
  for (const { certificate } of chain) hash.update(certificate.raw);
  const publicKey = leaf.publicKey.export({ type: 'spki', format: 'der' });
  return hash
    .update(key.asymmetricKeyType ?? '')
    .update(publicKey)
    .digest('hex');
}

/** The last word is that of the library that will serve it: weak digests, odd extensions. */
function opensslRefusal(cert: string, key: string): string | null {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^error:[0-9A-F]+:/, '');
  }
}

/** One file that holds both would else be named twice. */
function withoutRepeats(faults: readonly CertificateFault[]): CertificateFault[] {
  return faults.filter((fault, index) => faults.findIndex((other) => other.message === fault.message) === index);
}
