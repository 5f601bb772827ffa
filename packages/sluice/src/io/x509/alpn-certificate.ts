/**
 * The certificate that proves control of a name by TLS-ALPN-01 (RFC 8737): self-signed, for that name alone, with the hash of the key
 * authorization in a critical extension. Shown only to hellos with ALPN `acme-tls/1`.
 */
import { createHash } from 'node:crypto';
import type { Timestamp } from '../../base/time.ts';
import { derOctets } from '../../core/der/der-writer.ts';
import type { PemPair } from './authority.ts';
import { loadX509, makeKeyPem, type RandomBytes, serialNumber, signingKeys } from './library.ts';
import { generalNames, normaliseNames } from './names.ts';

/** id-pe-acmeIdentifier. */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const LIFE_MS = 7 * 86_400_000;
const BACKDATE_MS = 3_600_000;

/** Makes the certificate for one name. */
export async function makeAlpnCertificate(options: {
  readonly name: string;
  readonly keyAuthorization: string;
  readonly now: Timestamp;
  readonly random: RandomBytes;
}): Promise<PemPair> {
  const x509 = await loadX509();
  const keyPem = makeKeyPem('ec');
  const { pair, algorithm } = await signingKeys(keyPem);
  const digest = createHash('sha256').update(options.keyAuthorization).digest();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(options.random),
    name: [{ CN: ['ACME challenge'] }],
    notBefore: new Date(options.now - BACKDATE_MS),
    notAfter: new Date(options.now + LIFE_MS),
    signingAlgorithm: algorithm,
    keys: pair,
    extensions: [
      // RFC 8737 §3: one dNSName, the one being proved, and the critical acmeIdentifier.
      new x509.SubjectAlternativeNameExtension(generalNames(normaliseNames([options.name]))),
      new x509.Extension(ACME_IDENTIFIER, true, Uint8Array.from(derOctets(digest))),
    ],
  });
  return { certPem: `${certificate.toString('pem').trimEnd()}\n`, keyPem };
}
