/** How an ACME server knows a certificate when it is asked about its renewal (RFC 9773 §4.1). */
import { authorityKeyId, readCertificateFields } from './certificate-fields.ts';
import { DerError } from '../der/der-reader.ts';

/** `base64url(key identifier of the issuer).base64url(serial number)`; null when the certificate does not name its issuer's key. */
export function renewalIdentifier(der: Uint8Array): string | null {
  try {
    const fields = readCertificateFields(der);
    const keyId = authorityKeyId(fields);
    // The serial with its sign byte, as it stands in the certificate.
    return keyId === null ? null : `${base64url(keyId)}.${base64url(fields.serial)}`;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
