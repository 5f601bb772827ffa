/**
 * What a TCP connection and a UDP session have in common on their way to an endpoint: what balancing, the limits, the metrics and the access log need to know.
 * `stream-service.ts` finds the endpoint; `stream.ts` and `datagram-session.ts` carry the bytes.
 */
import type { Instant } from '../../base/time.ts';
import type { AffinityRequest } from '../../core/affinity/affinity.ts';
import { NONE } from '../../core/balancing/balancer.ts';
import type { EndpointPlan, ServicePlan } from '../../config/plan.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';
import type { UpstreamTls } from '../upstream/upstream-tls.ts';

/** Finds endpoints for calls and keeps the books on them. `stream-service.ts` is it. */
export interface CallService {
  readonly slot: number;
  readonly plan: ServicePlan;
  /** Finds the call an endpoint, now or when there is room, or refuses it. */
  begin(call: Call, now: Instant): void;
  /** The endpoint did not take the call: another one may. */
  failed(call: Call, failure: UpstreamFailure, latencyMs: number): void;
  /** We ourselves have no more sockets, or ports: no fault of the endpoint's. */
  exhausted(call: Call): void;
  /** The endpoint took the call and threw it away. */
  spoiled(call: Call): void;
  /** The endpoint has shown that it serves the call. */
  served(call: Call): void;
  /** The call is over. */
  ended(call: Call): void;
  addressOf(slot: number): string;
  /** How TLS to this endpoint goes; null: in the clear. */
  tlsTo(slot: number): UpstreamTls | null;
  /** Whether calls may stay at this endpoint. */
  isStaying(slot: number): boolean;
  /** Whether it takes more of what it has begun: UDP sessions go by this. */
  isUsable(slot: number): boolean;
}

const NONE_TRIED: readonly number[] = [];

export abstract class Call implements AffinityRequest {
  /** Without port. */
  abstract readonly clientAddress: string;
  readonly startedAt: Instant;
  service: CallService | null = null;
  isOver = false;
  /** Where it waits, if it does: gives the place up. */
  leaveQueue: (() => void) | null = null;
  /** While it waits for an instance: told of bytes that come meanwhile. */
  parked: { grew(bytes: number): void } | null = null;
  /** Endpoint that serves it, or was tried last. */
  endpoint = NONE;
  /** Takes part in the in-flight counts of `endpoint`. */
  isCounted = false;
  attempts = 0;
  tried: readonly number[] = NONE_TRIED;
  /** Slot picked for the next attempt. */
  next = NONE;
  /** Takes part in half-open trials of the breaker. */
  isTrial = false;
  /** Retries that the budget granted and that must be given back. */
  retriesHeld = 0;
  retryTimer: NodeJS.Timeout | null = null;
  /** What it says about its service; empty: nothing (more). */
  verdict: '' | 'good' | 'failed' = '';
  serviceLatencyMs = 0;
  /** -1 until an endpoint has taken it. */
  connectMs = -1;
  /** From the client, and to it. */
  bytesIn = 0;
  bytesOut = 0;
  /** How much of them the metrics know. */
  countedIn = 0;
  countedOut = 0;
  outcome: AccessOutcome = 'complete';

  constructor(startedAt: Instant) {
    this.startedAt = startedAt;
  }

  get shedPriority(): 'normal' {
    return 'normal';
  }

  /** Bytes that it holds while it waits for an instance; null: it cannot wait. */
  abstract get heldBytes(): number | null;

  /** There are no fields at layer 4. */
  header(): null {
    return null;
  }

  /** Goes to this endpoint; says `failed` or `served` to its service. */
  abstract open(endpoint: EndpointPlan, now: Instant): void;

  /** No endpoint takes it. */
  abstract refuse(outcome: AccessOutcome): void;

  /** Its endpoint is out of use, and the time to finish is over. */
  abstract dismiss(): void;
}
