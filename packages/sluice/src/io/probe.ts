/**
 * The outside capability that health checks use: ask one endpoint once. A probe never throws: what goes wrong is its result. The caller's
 * signal is the timeout and the way to call it off.
 */
import type { HealthPlan, ServicePlan } from '../config/plan.ts';
import type { TalkTarget } from './short-talk.ts';

/** What is asked, and where: `HealthPlan.port` is applied to the address already. */
export interface ProbeTarget extends TalkTarget {
  readonly service: string;
  /** The endpoint's canonical address, as metrics and the admin API name it. */
  readonly endpoint: string;
  /** What the service speaks. */
  readonly protocol: ServicePlan['protocol'];
}

export interface ProbeResult {
  readonly passed: boolean;
  /** For people: `200`, `connect ECONNREFUSED 127.0.0.1:3001`, `status 503, expected 200-399`. */
  readonly detail: string;
}

/** Asks once. Settles soon after the signal is aborted; the reason then stands in `detail`. */
export type Probe = (target: ProbeTarget, plan: HealthPlan, signal: AbortSignal) => Promise<ProbeResult>;

/** Host of a request to an endpoint, without the port that its scheme has anyway. */
export function authorityOf({ address, tls }: TalkTarget): string {
  const name = tls?.serverName ?? null;
  if (address.kind === 'unix') return name ?? 'localhost';
  const host = name ?? (address.host.includes(':') ? `[${address.host}]` : address.host);
  return address.port === (tls === null ? 80 : 443) ? host : `${host}:${address.port}`;
}
