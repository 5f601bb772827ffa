/**
 * When to order a certificate, and when to ask the server about it: at a random moment of the window that the server suggests (RFC 9773),
 * else around two thirds of its life, and never so late that the life runs out. After failures it waits, longer each time.
 */
import { exponentialMs } from '../../base/exponential.ts';
import type { Random } from '../../base/random.ts';
import { type Timestamp, timestamp } from '../../base/time.ts';

/** A span of time in which to renew. */
export interface RenewalWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** What is known of one set of names. */
export interface RenewalState {
  /** The certificate in use; null when there is none. */
  readonly life: { readonly notBefore: Timestamp; readonly notAfter: Timestamp } | null;
  /** What the server suggested; null when nothing. */
  readonly window: RenewalWindow | null;
  /** When to ask the server for a window; null when it has none to give. */
  readonly askAt: Timestamp | null;
  /** No order before this: after failures, and for a while after an order that went well. */
  readonly attemptAt: Timestamp;
  /** In [0, 1), drawn once for each certificate: where in the window. */
  readonly share: number;
}

export type RenewalStep =
  | { readonly kind: 'issue' }
  | { readonly kind: 'ask' }
  /** Look again after this time; sooner does no harm. */
  | { readonly kind: 'wait'; readonly ms: number };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Of the life, without a window: 57 to 63 of 90 days. */
const SHARE_MIN = 2 / 3 - 1 / 30;
const SHARE_WIDTH = 1 / 15;
/** Whatever the server suggests, a tenth of the life is left for what may go wrong. */
const SHARE_MAX = 0.9;
/** A clock may be set, a machine may sleep: nobody waits for longer without looking at the time. */
const WAIT_MAX_MS = HOUR_MS;

/** What to do now. */
export function renewalStep(state: RenewalState, now: Timestamp): RenewalStep {
  const due = Math.max(orderTime(state), state.attemptAt);
  // The window may have moved to an earlier time (a mass revocation): ask before ordering late.
  if (state.life !== null && state.askAt !== null && now >= state.askAt) return { kind: 'ask' };
  if (now >= due) return { kind: 'issue' };
  const next = state.life !== null && state.askAt !== null ? Math.min(due, state.askAt) : due;
  return { kind: 'wait', ms: Math.min(Math.max(next - now, 1), WAIT_MAX_MS) };
}

/** When the next order is due, failures aside. */
export function orderTime({ life, window, share }: RenewalState): Timestamp {
  if (life === null) return timestamp(0);
  const lifeMs = life.notAfter - life.notBefore;
  const latest = life.notBefore + lifeMs * SHARE_MAX;
  const chosen =
    window === null
      ? life.notBefore + lifeMs * (SHARE_MIN + SHARE_WIDTH * share)
      : window.startMs + (window.endMs - window.startMs) * share;
  return timestamp(Math.min(chosen, latest));
}

/** How long until the server is asked for its window again. @param askedMs What it said (RFC 9773 §4.3.2: between a minute and a day); null asks in six hours. */
export function askPauseMs(askedMs: number | null): number {
  return askedMs === null ? 6 * HOUR_MS : Math.min(Math.max(askedMs, MINUTE_MS), DAY_MS);
}

/**
 * How long nothing is ordered after an order that went well, whatever the server suggests: a window that is always in the past, or certificates that
 * arrive nearly expired, must not make a loop of orders. Six hours, or a quarter of a short life.
 */
export function settledPauseMs({ notBefore, notAfter }: NonNullable<RenewalState['life']>): number {
  return Math.max(Math.min((notAfter - notBefore) / 4, 6 * HOUR_MS), MINUTE_MS);
}

/** An order that failed. */
export interface OrderFailure {
  /** In a row; 1 for the first. */
  readonly failures: number;
  /** Nobody answered: nothing was counted against us. */
  readonly isUnreachable: boolean;
  /** The server's own word. */
  readonly retryAfterMs: number | null;
  /** Until the certificate in use ends; null when there is none. */
  readonly remainingMs: number | null;
}

/**
 * The wait after a failed order: doubling from 5 min (30 s when nobody answered) to at most 12 h, less a random fifth. Public authorities
 * allow five failed proofs of a name an hour; this makes four. Towards the end of the certificate in use the bound falls, to an hour.
 */
export function failurePauseMs({ failures, isUnreachable, retryAfterMs, remainingMs }: OrderFailure, random: Random): number {
  const maxMs = remainingMs === null ? 12 * HOUR_MS : Math.min(Math.max(remainingMs / 4, HOUR_MS), 12 * HOUR_MS);
  const full = exponentialMs(failures, isUnreachable ? MINUTE_MS / 2 : 5 * MINUTE_MS, maxMs);
  const own = full * (1 - 0.2 * random());
  return Math.round(retryAfterMs === null ? own : Math.max(retryAfterMs * (1 + 0.1 * random()), own));
}
