/** What a certificate authority is sent: a certificate signing request (PKCS #10, RFC 2986). */
import { loadX509, signingKeys } from './library.ts';
import { generalNames, normaliseNames } from './names.ts';

/**
 * Makes a request for names with a key of ours, without a subject: authorities take the names from the extension (RFC 8555 §7.4).
 * @returns DER.
 */
export async function makeCertificateRequest(options: {
  readonly names: readonly string[];
  readonly keyPem: string;
  /** Ask for must-staple (RFC 7633). Default false. */
  readonly mustStaple?: boolean;
}): Promise<Uint8Array> {
  const x509 = await loadX509();
  const { pair, algorithm } = await signingKeys(options.keyPem);
  const extensions = [new x509.SubjectAlternativeNameExtension(generalNames(normaliseNames(options.names)))];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: pair,
    signingAlgorithm: algorithm,
    extensions:
      options.mustStaple === true
        ? [...extensions, new x509.Extension('1.3.6.1.5.5.7.1.24', false, Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05))]
        : extensions,
  });
  return new Uint8Array(request.rawData);
}
