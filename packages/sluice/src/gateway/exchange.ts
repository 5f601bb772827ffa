/**
 * One request and its reply. It holds what outlives the bytes it was parsed from: the head as it goes upstream, the body that has come but is not sent yet, how
 * far the reply is, and what the metrics and the access log will say. Who acts on it: `downstream.ts` feeds it and ends it,
 * `forward.ts` finds it an endpoint, `upstream.ts` answers it.
 */
import type { Instant } from '../base/time.ts';
import type { AffinityRequest } from '../core/affinity/affinity.ts';
import type { BodyKind } from '../core/http1/framing.ts';
import type { AccessOutcome } from '../observe/access-log.ts';
import type { DownstreamConnection } from './downstream.ts';
import type { RouteRuntime } from './route-runtime.ts';
import type { Service } from './service.ts';
import type { UpstreamConnection } from './upstream.ts';

/** A request body up to this size is kept until the reply begins, so that an idempotent request can be sent again. */
export const REPLAY_BYTES_MAX = 64 * 1024;

const NONE_TRIED: readonly number[] = [];
const NO_PARTS: Buffer[] = [];

/** What the access log wants to know, gathered only where a log is kept. */
export interface LogDetails {
  readonly userAgent: string;
  readonly referer: string;
  readonly host: string;
}

export class Exchange {
  readonly connection: DownstreamConnection;
  readonly startedAt: Instant;
  method = '';
  /** Normalised. */
  path = '';
  /** Without its `?`; null when there is none. */
  query: string | null = null;
  clientAddress = '';
  requestId = '';
  log: LogDetails | null = null;
  isHead = false;
  /** RFC 9110 §9.2.2: may be sent again. */
  isIdempotent = false;
  expectsContinue = false;
  /** The client asked for an upgrade and may have one. */
  isUpgrade = false;
  minorVersion = 1;

  route: RouteRuntime | null = null;
  service: Service | null = null;
  /** 32-bit hash for hashing algorithms. */
  key = 0;
  /** Slot that affinity asks for; -1 = none. */
  wanted = -1;
  /** `kept`, `new`, `stale`, `forged` or empty. */
  affinity = '';
  /** What affinity read of the request; null where there is none. */
  session: AffinityRequest | null = null;
  /** Takes part in half-open trials of the breaker. */
  isTrial = false;

  /** Head as it goes upstream. */
  head = '';
  bodyKind: BodyKind = 'none';
  /** Content that came and is not forgotten: unsent, or kept for another attempt. */
  parts: Buffer[] = NO_PARTS;
  partsBytes = 0;
  /** The request's last byte has come. */
  isRequestDone = true;
  /** Some content was sent and forgotten: no second attempt. */
  isReplayable = true;
  /** Trailer lines of the request, each with CRLF. */
  requestTrailers = '';
  bytesIn = 0;

  /** Final status passed on; 0 while there is none. */
  status = 0;
  /** The reply's head has been handed to the socket's outbox. */
  isReplyStarted = false;
  bytesOut = 0;
  isOver = false;
  interims = 0;

  /** Attempts so far. */
  attempts = 0;
  /** Slots tried; shared and empty until something fails. */
  tried: readonly number[] = NONE_TRIED;
  /** A dead pooled connection was already forgiven. */
  isStaleForgiven = false;
  isHedged = false;
  /** Retries that the budget granted and that must be given back. */
  retriesHeld = 0;
  current: UpstreamConnection | null = null;
  rival: UpstreamConnection | null = null;
  hedgeTimer: NodeJS.Timeout | null = null;
  retryTimer: NodeJS.Timeout | null = null;
  /** Endpoint that answered, or was tried last. */
  endpoint = -1;
  connectMs = -1;
  firstByteMs = -1;
  /** Latency for the breaker and the limits. */
  serviceLatencyMs = 0;
  /** Absolute bound; Infinity = none. */
  exchangeDeadline = Infinity;
  outcome: AccessOutcome = 'complete';
  /** Where it waits, if it does: gives the place up. */
  leaveQueue: (() => void) | null = null;

  constructor(connection: DownstreamConnection, startedAt: Instant) {
    this.connection = connection;
    this.startedAt = startedAt;
  }

  /** Whether it may be sent (again) as a whole. */
  get canResend(): boolean {
    return this.isReplayable && this.isRequestDone;
  }

  /** Takes content that cannot be sent yet, or must be kept. `bytes` must not change any more. */
  keepBody(bytes: Buffer): void {
    if (this.parts === NO_PARTS) this.parts = [];
    this.parts.push(bytes);
    this.partsBytes += bytes.length;
  }

  /** Forgets content that was sent: from now on there is one attempt only. */
  forgetBody(): void {
    this.isReplayable = false;
    this.parts = NO_PARTS;
    this.partsBytes = 0;
  }

  addTried(slot: number): void {
    if (slot >= 0) this.tried = [...this.tried, slot];
  }
}
