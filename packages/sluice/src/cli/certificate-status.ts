/** The certificates of the plan that runs, for status and metrics. */
import { isoTime } from '../observe/log-time.ts';
import { type Timestamp, timestamp } from '../base/time.ts';
import type { Plan } from '../config/plan.ts';
import type { CertificatePlan } from '../config/tls-plan.ts';
import type { CertificateKeeper } from '../control/certificates/certificate-keeper.ts';
import type { CertificateFacts } from '../observe/metric-family.ts';
import type { CertificateStatus } from '../observe/status.ts';

/** Each certificate of each listener, in the plan's order. */
export function certificateStatus(plan: Plan, keeper: Pick<CertificateKeeper, 'orderStatus'>): CertificateStatus[] {
  return listed(plan).map(({ listener, certificate }) => {
    const { source, names, material } = certificate;
    const order = source.kind === 'acme' ? keeper.orderStatus(source.names) : null;
    return {
      listener,
      names,
      source: source.kind,
      notAfter: material === null ? null : isoTime(timestamp(material.notAfter)),
      nextAttempt: order === null || order.nextAttempt === null ? null : isoTime(order.nextAttempt),
      lastError: order?.lastError ?? null,
      isStapled: material !== null && material.ocspResponse !== null,
    };
  });
}

/** How long each certificate has; the shortest where several of a listener begin with the same name. */
export function certificateFacts(plan: Plan, now: Timestamp): CertificateFacts['lives'] {
  const shortest = new Map<string, CertificateFacts['lives'][number]>();
  for (const { listener, certificate } of listed(plan)) {
    if (certificate.material === null) continue;
    const name = certificate.names[0] ?? '';
    const secondsLeft = Math.round((certificate.material.notAfter - now) / 1_000);
    const known = shortest.get(JSON.stringify([listener, name]));
    if (known === undefined || secondsLeft < known.secondsLeft)
      shortest.set(JSON.stringify([listener, name]), { listener, name, secondsLeft });
  }
  return [...shortest.values()];
}

function listed(plan: Plan): { readonly listener: string; readonly certificate: CertificatePlan }[] {
  return plan.listeners.flatMap((listener) => {
    if (listener.kind === 'datagram' || listener.tls === null) return [];
    return listener.tls.certificates.map((certificate) => ({ listener: listener.name, certificate }));
  });
}
