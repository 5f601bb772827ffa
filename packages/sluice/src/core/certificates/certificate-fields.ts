/**
 * What Sluice reads from a certificate's DER itself (RFC 5280 §4.1), beside what Node's X509Certificate tells: names as bytes (Node gives them as
 * text for people, in which a hostile name can imitate another), the serial number and key identifiers for ARI and OCSP, and must-staple.
 */
import { bitStringBytes, contextTag, DerError, DerReader, oidText, TAG } from '../der/der-reader.ts';
import { canonicalIpv6 } from '../routing/ipv6.ts';

export interface CertificateFields {
  /** Content of the INTEGER: big-endian, two's complement. */
  readonly serial: Uint8Array;
  /** Whole elements. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
  /** The key alone, as OCSP hashes it (RFC 6960 §4.1.1). */
  readonly publicKeyBits: Uint8Array;
  /** Dotted identifier to the extension's value. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

const EXTENSION = {
  alternativeNames: '2.5.29.17',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  authorityAccess: '1.3.6.1.5.5.7.1.1',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
} as const;

const OCSP_ACCESS = '1.3.6.1.5.5.7.48.1';
/** RFC 7633 §4.1: `status_request` (5) among the TLS features is "must staple". */
const STATUS_REQUEST = 5;

/** Reads a certificate. @throws {DerError} when it is none. */
export function readCertificateFields(der: Uint8Array): CertificateFields {
  const outer = new DerReader(der);
  const certificate = outer.enter(TAG.sequence, 'certificate');
  outer.end('the certificate');
  const body = certificate.enter(TAG.sequence, 'TBSCertificate');
  body.optional(contextTag(0, true));
  const serial = body.expect(TAG.integer, 'serial number').content;
  body.expect(TAG.sequence, 'signature algorithm');
  const issuer = body.expect(TAG.sequence, 'issuer').bytes;
  body.expect(TAG.sequence, 'validity');
  const subject = body.expect(TAG.sequence, 'subject').bytes;
  const publicKeyInfo = body.expect(TAG.sequence, 'public key');
  const keyReader = new DerReader(publicKeyInfo.content);
  keyReader.expect(TAG.sequence, 'key algorithm');
  const publicKeyBits = bitStringBytes(keyReader.expect(TAG.bitString, 'key'));
  body.optional(contextTag(1, false));
  body.optional(contextTag(2, false));
  const list = body.optional(contextTag(3, true));
  const extensions = list === null ? new Map<string, Uint8Array>() : readExtensions(list.content);
  return { serial, issuer, subject, publicKeyInfo: publicKeyInfo.bytes, publicKeyBits, extensions };
}

/** How the issuer signed, dotted (RFC 5280 §4.1.1.2). @throws {DerError} */
export function signatureAlgorithm(der: Uint8Array): string {
  const certificate = new DerReader(der).enter(TAG.sequence, 'certificate');
  certificate.expect(TAG.sequence, 'TBSCertificate');
  return oidText(certificate.enter(TAG.sequence, 'signature algorithm').expect(TAG.oid, 'algorithm').content);
}

/** The list `Extensions`; also that of OCSP answers. */
export function readExtensions(bytes: Uint8Array): Map<string, Uint8Array> {
  const list = new DerReader(bytes).enter(TAG.sequence, 'extensions');
  const extensions = new Map<string, Uint8Array>();
  while (!list.isAtEnd) {
    const extension = list.enter(TAG.sequence, 'extension');
    const name = oidText(extension.expect(TAG.oid, "extension's name").content);
    extension.optional(TAG.boolean);
    // RFC 5280 §4.2: not more than one of a kind.
    if (extensions.has(name)) throw new DerError(`has extension ${name} twice`);
    extensions.set(name, extension.expect(TAG.octetString, "extension's value").content);
  }
  return extensions;
}

/** DNS names in lower case, then IP addresses (IPv6 as RFC 5952 writes it). Names that no host can have are left out. */
export function alternativeNames(fields: CertificateFields): string[] {
  const value = fields.extensions.get(EXTENSION.alternativeNames);
  if (value === undefined) return [];
  const list = new DerReader(value).enter(TAG.sequence, 'names');
  const names: string[] = [];
  const addresses: string[] = [];
  while (!list.isAtEnd) {
    const { tag, content } = list.next();
    if (tag === contextTag(2, false)) names.push(latin(content).toLowerCase());
    else if (tag === contextTag(7, false)) addresses.push(ipText(content));
  }
  return [...new Set([...names.filter((name) => /^(\*\.)?[a-z0-9_.-]+$/.test(name)), ...addresses.filter((text) => text !== '')])];
}

/** RFC 5280 §4.2.1.1, the key's identifier; null when there is none. */
export function authorityKeyId(fields: CertificateFields): Uint8Array | null {
  const value = fields.extensions.get(EXTENSION.authorityKeyId);
  if (value === undefined) return null;
  return new DerReader(value).enter(TAG.sequence, 'authority key identifier').optional(contextTag(0, false))?.content ?? null;
}

/** Whether clients are told to insist on a stapled OCSP answer (RFC 7633). */
export function isMustStaple(fields: CertificateFields): boolean {
  const value = fields.extensions.get(EXTENSION.tlsFeature);
  if (value === undefined) return false;
  const features = new DerReader(value).enter(TAG.sequence, 'TLS features');
  while (!features.isAtEnd) {
    const { content } = features.expect(TAG.integer, 'TLS feature');
    if (content.length === 1 && content[0] === STATUS_REQUEST) return true;
  }
  return false;
}

/** Where the issuer answers OCSP over plain HTTP (RFC 5280 §4.2.2.1); null when nowhere. */
export function ocspUrl(fields: CertificateFields): string | null {
  const value = fields.extensions.get(EXTENSION.authorityAccess);
  if (value === undefined) return null;
  const list = new DerReader(value).enter(TAG.sequence, 'authority information access');
  while (!list.isAtEnd) {
    const access = list.enter(TAG.sequence, 'access description');
    const method = oidText(access.expect(TAG.oid, 'access method').content);
    const { tag, content } = access.next();
    const url = latin(content);
    if (method === OCSP_ACCESS && tag === contextTag(6, false) && /^http:\/\//i.test(url)) return url;
  }
  return null;
}

/** Whether the key may be used for this purpose: it says so, by its dotted identifier. */
export function hasExtendedKeyUsage(fields: CertificateFields, purpose: string): boolean {
  const value = fields.extensions.get(EXTENSION.extendedKeyUsage);
  if (value === undefined) return false;
  const list = new DerReader(value).enter(TAG.sequence, 'extended key usage');
  while (!list.isAtEnd) if (oidText(list.expect(TAG.oid, 'purpose').content) === purpose) return true;
  return false;
}

function latin(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16));
  return canonicalIpv6(groups.join(':')) ?? '';
}
