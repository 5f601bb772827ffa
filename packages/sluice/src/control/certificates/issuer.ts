/** Where certificates come from, as the renewal loop sees it. `acme-issuer.ts` is it. */
import type { Timestamp } from '../../base/time.ts';
import type { RenewalWindow } from '../../core/certificates/renewal.ts';

/** A certificate that is there. */
export interface IssuedCertificate {
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  /** Equal when it is the same. */
  readonly fingerprint: string;
  /** RFC 9773 §4.1; null when the certificate has none. */
  readonly renewalId: string | null;
}

/** What failed before, perhaps in another life of the program. */
export interface PastFailures {
  readonly failures: number;
  readonly notBefore: Timestamp;
  readonly reason: string;
}

/** Thrown by an issuer: what the loop needs to know to wait well. */
export interface OrderRefusal {
  readonly isUnreachable: boolean;
  readonly retryAfterMs: number | null;
  readonly reason: string;
}

export interface CertificateIssuer {
  /** The certificate on disk, and what failed last. A certificate that cannot be used is none, and `fault` says why. */
  stored(names: readonly string[]): Promise<{ certificate: IssuedCertificate | null; fault: string | null; past: PastFailures | null }>;
  /**
   * Orders one and keeps it. Another process may have just done so: then that one is returned.
   * @param previous The one in use; null when there is none.
   */
  issue(names: readonly string[], previous: IssuedCertificate | null, signal: AbortSignal): Promise<IssuedCertificate>;
  /** Null when the server has no opinion. */
  renewalInfo(id: string, signal: AbortSignal): Promise<{ window: RenewalWindow; retryAfterMs: number | null } | null>;
  /** @param past Null: all is well again. Never rejects. */
  remember(names: readonly string[], past: PastFailures | null): Promise<void>;
  /** What an error of `issue` or `renewalInfo` means. */
  explain(error: unknown): OrderRefusal;
}
