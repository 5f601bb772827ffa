/**
 * Tells the person who runs Sluice why an endpoint could not be used: the first failure of a kind and then one a minute for each endpoint, since a service that
 * is set up wrongly fails every request. Replies with an error status are not told of: the endpoint said them, and the access log has them.
 */
import type { Instant } from '../../base/time.ts';
import type { ServicePlan } from '../../config/plan.ts';
import { FAILURES, type UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whose endpoints they are. `service-core.ts` is it. */
export interface NoticeOwner {
  readonly worker: WorkerContext;
  readonly plan: Pick<ServicePlan, 'name' | 'protocol' | 'tls'>;
}

export interface Failed {
  readonly slot: number;
  readonly address: string;
  readonly failure: UpstreamFailure;
  /** Bytes of the endpoint's had come. */
  readonly hasAnswered: boolean;
  /** What the last TLS handshake with it failed of; empty: none did. */
  readonly tlsFailure: string;
}

const QUIET_MS = 60_000;
/** Of all endpoints of the service within that time: a network that is gone is told of a few times, not thousands. */
const NOTICES_MAX = 10;

export class FailureNotices {
  private readonly owner: NoticeOwner;
  private readonly told = new Set<string>();
  private since = -Infinity;

  constructor(owner: NoticeOwner) {
    this.owner = owner;
  }

  /** An attempt failed at this endpoint. */
  note(failed: Failed, now: Instant): void {
    const reason = reasonOf(failed, this.owner.plan);
    if (reason === null) return;
    if (now - this.since >= QUIET_MS) {
      this.told.clear();
      this.since = now;
    }
    const key = `${failed.slot} ${failed.failure.log}`;
    if (this.told.has(key) || this.told.size >= NOTICES_MAX) return;
    this.told.add(key);
    const { worker, plan } = this.owner;
    worker.event('warn', 'upstream-failed', { service: plan.name, endpoint: failed.address, outcome: failed.failure.log, reason });
  }
}

/** Null: nothing that its configuration could have to do with. */
function reasonOf({ failure, hasAnswered, tlsFailure }: Failed, { protocol, tls }: NoticeOwner['plan']): string | null {
  if (failure === FAILURES.connect) return connectReason(tlsFailure, tls !== null);
  if (failure === FAILURES.connectTimeout) return 'no connection in time: is it the right address, and does a firewall drop packets?';
  if (failure === FAILURES.invalid) return protocol === 'http2' ? NO_HTTP2 : NO_HTTP1;
  if (failure !== FAILURES.reset || hasAnswered) return null;
  const hints = [tls === null ? 'TLS (tls: true)' : '', protocol === 'http2' ? "HTTP/1.1 (protocol: 'http1')" : ''].filter(
    (hint) => hint !== '',
  );
  return hints.length === 0 ? 'closed without an answer' : `closed without an answer: does it speak ${hints.join(', or ')}?`;
}

const NO_HTTP1 = "the reply is no HTTP/1.1, or breaks its rules: does it speak HTTP/2 (protocol: 'http2')?";
const NO_HTTP2 = "the reply is no HTTP/2, or breaks its rules: does it speak HTTP/1.1 (protocol: 'http1')?";

function connectReason(tlsFailure: string, hasTls: boolean): string {
  if (!hasTls) return 'refused, unreachable, or a name that is not known';
  return tlsFailure === '' ? "no h2 by ALPN: it may speak HTTP/1.1 only (protocol: 'http1', or 'auto')" : tlsFailure;
}
