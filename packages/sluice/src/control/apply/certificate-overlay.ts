/**
 * What certificates need beyond the configuration and its files, laid over a plan: proofs that an ACME server is to see, and OCSP answers to staple. A plan
 * that needs none of it is returned as it is, and so is each listener.
 */
import type { AcmeChallengesPlan, ListenerPlan, Plan } from '../../config/plan.ts';
import type { CertificatePlan } from '../../config/tls-plan.ts';

/** What there is now. `certificates/certificate-keeper.ts` is it. */
export interface CertificateExtras {
  readonly challenges: AcmeChallengesPlan;
  /** DER in base64; null: none. @param fingerprint The certificate's. */
  staple(fingerprint: string): string | null;
}

/** The plan with the proofs and answers of now. */
export function overlayCertificates(plan: Plan, extras: CertificateExtras): Plan {
  const listeners = mapOrKeep(plan.listeners, (listener) => withStaples(listener, extras));
  const { http, tls } = extras.challenges;
  const hasChallenges = http.length > 0 || tls.length > 0;
  if (listeners === plan.listeners && !hasChallenges) return plan;
  return { ...plan, listeners, ...(hasChallenges ? { acmeChallenges: { http, tls } } : {}) };
}

function withStaples(listener: ListenerPlan, extras: CertificateExtras): ListenerPlan {
  if (listener.kind === 'datagram' || listener.tls === null) return listener;
  const certificates = mapOrKeep(listener.tls.certificates, (certificate) => withStaple(certificate, extras));
  return certificates === listener.tls.certificates ? listener : { ...listener, tls: { ...listener.tls, certificates } };
}

function withStaple(certificate: CertificatePlan, extras: CertificateExtras): CertificatePlan {
  const { material } = certificate;
  const ocspResponse = material === null ? null : extras.staple(material.fingerprint);
  return material === null || ocspResponse === null ? certificate : { ...certificate, material: { ...material, ocspResponse } };
}

/** The same array when every item stays the same. */
function mapOrKeep<Item>(items: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  const changed = items.map(change);
  return changed.some((item, index) => item !== items[index]) ? changed : items;
}
