/**
 * What a peer may do that costs us work and earns it nothing, per connection: a token bucket per cause. Buckets fill with time, and some with useful work: who gets
 * DATA may answer with WINDOW_UPDATEs and PINGs, who finishes streams may cancel some. An empty bucket ends the connection with
 * ENHANCE_YOUR_CALM (RFC 9113 §10.5). A token costs one subtraction; the clock is asked only when a bucket looks empty.
 */
import type { Instant } from '../../base/time.ts';

export type FloodCause =
  | 'resets'
  | 'settings'
  | 'pings'
  | 'empty-frames'
  | 'priority'
  | 'window-updates'
  | 'unknown-frames'
  | 'closed-stream-frames'
  /** Bounds that are no buckets: bytes and frames of one header block. */
  | 'continuation';

interface Allowance {
  readonly cause: FloodCause;
  /** Tokens at the start, and at most. */
  readonly burst: number;
  /** Tokens per second. */
  readonly perSecond: number;
}

export const RESETS = 0;
export const SETTINGS = 1;
export const PINGS = 2;
export const EMPTY_FRAMES = 3;
export const PRIORITY = 4;
export const WINDOW_UPDATES = 5;
export const UNKNOWN_FRAMES = 6;
export const CLOSED_STREAM_FRAMES = 7;

/** By bucket. */
export const ALLOWANCES: readonly Allowance[] = [
  // Streams that end before their time, whoever resets them (CVE-2023-44487, CVE-2025-8671). A browser that leaves a page cancels its 100 streams at once.
  // Each stream that ends well gives one back.
  { cause: 'resets', burst: 150, perSecond: 5 },
  // Each is answered. A connection has one or two in its life.
  { cause: 'settings', burst: 32, perSecond: 1 },
  // Each is answered. gRPC measures its bandwidth with one per round trip while content flows, so frames with content give one back.
  { cause: 'pings', burst: 64, perSecond: 2 },
  // DATA without content and without END_STREAM: nothing a sender needs, though some origins flush with one; a stream gives one back.
  { cause: 'empty-frames', burst: 64, perSecond: 5 },
  // Deprecated (§5.3.2) and ignored. Old browsers send a handful at the start and one or two per stream; a stream gives two back.
  { cause: 'priority', burst: 128, perSecond: 10 },
  // A receiver owes at most two per DATA frame; each DATA frame that we send gives four back, and each stream two (some widen every stream when they open it).
  { cause: 'window-updates', burst: 512, perSecond: 50 },
  // Frames of extensions we do not know (greasing, PRIORITY_UPDATE): one or two per stream; a stream gives two back.
  { cause: 'unknown-frames', burst: 64, perSecond: 5 },
  // What was on its way when we reset its stream: up to a window full, and small messages come in small frames. Useful frames give one back.
  { cause: 'closed-stream-frames', burst: 10_000, perSecond: 1_000 },
];

/** One per connection. */
export class FloodBudget {
  private readonly tokens = new Float64Array(ALLOWANCES.length);
  private readonly filledAt = new Float64Array(ALLOWANCES.length);

  /** The connection begins: all buckets are full. */
  start(now: Instant): void {
    for (let bucket = 0; bucket < ALLOWANCES.length; bucket++) this.tokens[bucket] = ALLOWANCES[bucket]!.burst;
    this.filledAt.fill(now);
  }

  /** Takes a token. @returns False when there is none: the peer floods. */
  take(bucket: number, now: Instant): boolean {
    const left = this.tokens[bucket]! - 1;
    if (left >= 0) {
      this.tokens[bucket] = left;
      return true;
    }
    return this.refill(bucket, now);
  }

  /** Useful work gives tokens back. */
  give(bucket: number, count: number): void {
    const { burst } = ALLOWANCES[bucket]!;
    const tokens = this.tokens[bucket]! + count;
    this.tokens[bucket] = tokens > burst ? burst : tokens;
  }

  private refill(bucket: number, now: Instant): boolean {
    const { burst, perSecond } = ALLOWANCES[bucket]!;
    const earned = ((now - this.filledAt[bucket]!) / 1000) * perSecond;
    const left = Math.min(this.tokens[bucket]! + earned, burst) - 1;
    this.filledAt[bucket] = now;
    this.tokens[bucket] = Math.max(left, 0);
    return left >= 0;
  }
}
