/** Why an attempt failed, whose fault it was, and what follows (STYLE: error = kind + origin + may it be retried). */
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { Outcome } from '../../core/health/outcome.ts';
import type { RetryOn } from '../../config/plan.ts';

export interface UpstreamFailure {
  /** Status for the client while nothing was sent to it. */
  readonly status: 502 | 503 | 504;
  readonly log: AccessOutcome;
  /** How the outlier rules count it. */
  readonly outcome: Outcome;
  /** Which configured retry covers it. */
  readonly retryOn: RetryOn | null;
  /** The origin cannot have acted on the request: any method may be sent again. */
  readonly isUnsent: boolean;
}

function failure(
  status: 502 | 503 | 504,
  log: AccessOutcome,
  outcome: Outcome,
  retryOn: RetryOn | null,
  isUnsent: boolean,
): UpstreamFailure {
  return { status, log, outcome, retryOn, isUnsent };
}

export const FAILURES = {
  /** Refused, unreachable, name not resolved. */
  connect: failure(502, 'upstream-connect', 'local', 'connect', true),
  connectTimeout: failure(504, 'timeout-connect', 'local', 'connect', true),
  /** Closed or reset before the reply's head was whole, or in the middle of its body. */
  reset: failure(502, 'upstream-reset', 'gateway', 'reset', false),
  /** An HTTP/2 endpoint reset the stream: whatever that was, its connection was not a dead one. */
  streamReset: failure(502, 'upstream-reset', 'gateway', 'reset', false),
  /** Not HTTP, doubtful framing, bytes after the reply, an unasked 101. */
  invalid: failure(502, 'upstream-invalid', 'gateway', null, false),
  /** An HTTP/2 stream that the endpoint says it never looked at (REFUSED_STREAM, GOAWAY): safe to send again (RFC 9113 §8.7). */
  refused: failure(502, 'upstream-reset', 'ok', 'connect', true),
  /** An HTTP/2 endpoint whose SETTINGS do not allow WebSockets (RFC 8441 §3). */
  noWebSocket: failure(502, 'upstream-no-websocket', 'ok', null, true),
  headTimeout: failure(504, 'timeout-response', 'gateway', 'timeout', false),
  bodyTimeout: failure(504, 'timeout-body', 'gateway', null, false),
  /** No connection became free in time. */
  poolTimeout: failure(503, 'shed', 'ok', null, true),
} as const;
