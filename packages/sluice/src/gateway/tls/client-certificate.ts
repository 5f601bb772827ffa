/** What a verified certificate of a client tells, for routes and for the service. */
import type { X509Certificate } from 'node:crypto';
import { readCertificateFields } from '../../core/certificates/certificate-fields.ts';
import { prefixedNames, subjectName } from '../../core/certificates/certificate-names.ts';
import type { ClientCertificate } from '../listeners/arrival.ts';

/** A certificate may have thousands of names; services take heads of some 8 KiB in all. */
const NAMES_LENGTH_MAX = 4_096;

/** Reads it. @throws {DerError} when it is not as RFC 5280 wants it: then it is refused, since it might be read in two ways. */
export function clientCertificate(certificate: X509Certificate): ClientCertificate {
  const fields = readCertificateFields(certificate.raw);
  return {
    subject: subjectName(fields),
    names: prefixedNames(fields),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** Field lines for the service, each with its CRLF. All that is in them is visible ASCII. */
export function clientCertificateLines(client: ClientCertificate | null): string {
  if (client === null) return 'X-Client-Cert-Verified: false\r\n';
  const names = client.names.join(',');
  const san = names === '' || names.length > NAMES_LENGTH_MAX ? '' : `X-Client-Cert-San: ${names}\r\n`;
  return `X-Client-Cert-Verified: true\r\nX-Client-Cert-Subject: ${client.subject}\r\n${san}X-Client-Cert-Fingerprint: ${client.fingerprint}\r\n`;
}
