/**
 * How long a connection to an endpoint may be idle before it is not used any more. A request that is sent while the other side closes for idleness is lost, and
 * one that must not be sent twice ends in a 502; so we have to be the first to let go. What the other side does is learned in two ways:
 *
 *   announced   `Keep-Alive: timeout=5` in its replies (Node.js, Apache): we stay a second below, or at half of it where it is shorter than two.
 *   seen        it closed idle connections twice in a row after about the same time: we stay a fifth below the shorter one. A single close, or many at
 *               once, is a restart and teaches nothing. Forgotten after ten minutes, so that one odd hour does not cost keep-alive for ever.
 *
 * Nothing here runs per request: a head is read once per connection, and closes are rare.
 */
import type { Instant } from '../../base/time.ts';

const MARGIN_MS = 1_000;
const SEEN_SHARE = 0.8;
/** Two idle times are the same limit when they differ by less than this share. */
const ALIKE_SHARE = 0.2;
/** Closes nearer to each other than this are one event. */
const APART_MS = 50;
const SEEN_FORGOTTEN_MS = 600_000;
/** A peer that closes sooner has no idle timeout: it closes after each reply without saying so, or is ending. */
const SEEN_MIN_MS = 20;
const TIMEOUT_SECONDS_MAX = 86_400;

export class KeepAliveLimit {
  #announcedMs = Infinity;
  #seenMs = Infinity;
  #seenAt = 0;
  #lastIdleMs = 0;
  #lastAt = -Infinity;

  /** Idle milliseconds allowed; Infinity while nothing is known. */
  limitMs(now: Instant): number {
    if (this.#seenMs < Infinity && now - this.#seenAt >= SEEN_FORGOTTEN_MS) this.#seenMs = Infinity;
    return Math.min(this.#announcedMs, this.#seenMs);
  }

  /** The value of a Keep-Alive field in a reply. */
  announced(value: string): void {
    const seconds = announcedSeconds(value);
    if (seconds !== null) this.#announcedMs = Math.max((seconds * 1_000) / 2, seconds * 1_000 - MARGIN_MS);
  }

  /** It closed a connection that had been idle for so long. */
  closedAfter(idleMs: number, now: Instant): void {
    const [lastIdleMs, lastAt] = [this.#lastIdleMs, this.#lastAt];
    if (now - lastAt < APART_MS || idleMs < SEEN_MIN_MS) return;
    this.#lastIdleMs = idleMs;
    this.#lastAt = now;
    const longer = Math.max(idleMs, lastIdleMs);
    if (lastIdleMs === 0 || longer - Math.min(idleMs, lastIdleMs) > longer * ALIKE_SHARE) return;
    this.#seenMs = Math.min(idleMs, lastIdleMs) * SEEN_SHARE;
    this.#seenAt = now;
  }
}

/** `timeout=5, max=100` → 5; null without a usable timeout (draft-thomson-hybi-http-timeout §2; RFC 2068 §19.7.1 had the field first). */
function announcedSeconds(value: string): number | null {
  for (const part of value.split(',')) {
    const [name, seconds] = part.split('=', 2);
    if (name?.trim().toLowerCase() !== 'timeout') continue;
    const digits = seconds?.trim() ?? '';
    return /^\d{1,9}$/.test(digits) ? Math.min(Number(digits), TIMEOUT_SECONDS_MAX) : null;
  }
  return null;
}
