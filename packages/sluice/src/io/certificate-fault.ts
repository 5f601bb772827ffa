/** What is wrong with a certificate, a key, a CA bundle or a CRL: the file, what is wrong with it, and the remedy, in one line. Never anything of a key. */

export type CertificateFaultKind =
  | 'unreadable'
  | 'not-pem'
  | 'malformed'
  | 'no-certificate'
  | 'no-key'
  | 'encrypted'
  | 'mismatch'
  | 'weak'
  | 'unsupported'
  | 'order'
  | 'expired'
  | 'not-yet-valid';

export interface CertificateFault {
  readonly kind: CertificateFaultKind;
  readonly file: string;
  /** `file "/etc/tls/web.pem" expired on 2026-01-02T03:04:05Z`: fits after a field's name, as `what` of `config/fault.ts`. */
  readonly what: string;
  /** What to do, as a clause. */
  readonly hint: string;
  /** Both in one sentence. */
  readonly message: string;
}

/** @param what Follows the file's name. */
export function certificateFault(kind: CertificateFaultKind, file: string, what: string, hint: string): CertificateFault {
  const subject = `file ${JSON.stringify(file)} ${what}`;
  return { kind, file, what: subject, hint, message: `${subject}; ${hint}` };
}
