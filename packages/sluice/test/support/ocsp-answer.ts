/** OCSP answers of a test's own authority, as right or as wrong as the test wants them (RFC 6960 §4.2.1). */
import { createHash, sign, X509Certificate } from 'node:crypto';
import type { Timestamp } from '../../src/base/time.ts';
import { readCertificateFields } from '../../src/core/certificates/certificate-fields.ts';
import { type CertificateId, type RevocationState, SHA1 } from '../../src/core/certificates/ocsp.ts';
import { contextTag, TAG } from '../../src/core/der/der-reader.ts';
import { derElement, derNull, derOctets, derOid, derSequence } from '../../src/core/der/der-writer.ts';
import type { PemPair } from '../../src/io/x509/authority.ts';

export interface AnswerOptions {
  readonly id: CertificateId;
  /** Who signs: the issuer, or a delegate, whose certificate is then sent along. */
  readonly signer: PemPair;
  readonly isDelegate?: boolean;
  readonly state?: RevocationState;
  readonly thisUpdate: Timestamp;
  readonly nextUpdate: Timestamp | null;
  readonly responder?: 'name' | 'key';
  /** ecdsa-with-SHA256 unless said otherwise. */
  readonly algorithm?: string;
}

export function ocspAnswer(options: AnswerOptions): Uint8Array {
  const { id, signer, state = 'good', nextUpdate } = options;
  const certificate = new X509Certificate(signer.certPem);
  const { subject, publicKeyBits } = readCertificateFields(certificate.raw);
  const responder =
    options.responder === 'key'
      ? derElement(contextTag(2, true), derOctets(createHash('sha1').update(publicKeyBits).digest()))
      : derElement(contextTag(1, true), subject);
  const hash = derSequence(derOid(SHA1), derNull());
  const single = derSequence(
    derSequence(hash, derOctets(id.issuerNameHash), derOctets(id.issuerKeyHash), derElement(TAG.integer, id.serial)),
    stateElement(state, options.thisUpdate),
    time(options.thisUpdate),
    ...(nextUpdate === null ? [] : [derElement(contextTag(0, true), time(nextUpdate))]),
  );
  const data = derSequence(responder, time(options.thisUpdate), derSequence(single));
  const basic = derSequence(
    data,
    derSequence(derOid(options.algorithm ?? '1.2.840.10045.4.3.2')),
    derElement(TAG.bitString, Uint8Array.of(0), sign('sha256', data, signer.keyPem)),
    ...(options.isDelegate === true ? [derElement(contextTag(0, true), derSequence(certificate.raw))] : []),
  );
  const bytes = derSequence(derOid('1.3.6.1.5.5.7.48.1.1'), derOctets(basic));
  return derSequence(derElement(TAG.enumerated, Uint8Array.of(0)), derElement(contextTag(0, true), bytes));
}

function stateElement(state: RevocationState, revokedAt: Timestamp): Uint8Array {
  switch (state) {
    case 'good':
      return derElement(contextTag(0, false));
    case 'revoked':
      return derElement(contextTag(1, true), time(revokedAt));
    case 'unknown':
      return derElement(contextTag(2, false));
  }
}

function time(at: Timestamp): Uint8Array {
  const text = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return derElement(TAG.generalizedTime, Buffer.from(text));
}
