/** Who may sign an OCSP answer, and whether they did (RFC 6960 §4.2.2.2): the issuer itself, or who holds its certificate for this purpose. */
import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { Timestamp } from '../../base/time.ts';
import { type CertificateFields, hasExtendedKeyUsage, readCertificateFields } from '../../core/certificates/certificate-fields.ts';
import type { OcspAnswer } from '../../core/certificates/ocsp.ts';
import { OcspError } from './ocsp-error.ts';

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
/** Identifier to digest; null where the key says it all. SHA-1 is not among them. */
const ALGORITHMS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** @throws {OcspError} unless the answer is signed by the issuer or in its name. */
export function checkSignature(answer: OcspAnswer, issuer: X509Certificate, now: Timestamp): void {
  const digest = ALGORITHMS[answer.algorithm];
  if (digest === undefined) throw new OcspError(`the OCSP answer is signed by an algorithm that is not accepted (${answer.algorithm})`);
  const key = signerKey(answer, issuer, now);
  if (!verify(digest, answer.signed, key, answer.signature)) throw new OcspError('the signature of the OCSP answer is wrong');
}

function signerKey(answer: OcspAnswer, issuer: X509Certificate, now: Timestamp): KeyObject {
  if (isResponder(answer, readCertificateFields(issuer.raw))) return issuer.publicKey;
  for (const der of answer.certificates) {
    const fields = readCertificateFields(der);
    if (!isResponder(answer, fields)) continue;
    const delegate = new X509Certificate(der);
    const isOfIssuer = delegate.checkIssued(issuer) && delegate.verify(issuer.publicKey);
    const isInTime = delegate.validFromDate.getTime() <= now && now <= delegate.validToDate.getTime();
    if (isOfIssuer && isInTime && hasExtendedKeyUsage(fields, OCSP_SIGNING)) return delegate.publicKey;
  }
  throw new OcspError("the OCSP answer is signed neither by the certificate's issuer nor in its name");
}

function isResponder({ responder }: OcspAnswer, { subject, publicKeyBits }: CertificateFields): boolean {
  const own = responder.kind === 'name' ? subject : createHash('sha1').update(publicKeyBits).digest();
  return Buffer.compare(own, responder.bytes) === 0;
}
