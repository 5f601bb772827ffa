/**
 * Memory for output, shared by all sessions of a worker: a session holds a block only from its first frame of a turn until it has been written, so
 * idle connections hold none.
 */
import type { Allocate } from './hpack/octets.ts';

/** Holds the answers of a usual turn. */
export const SMALL_BYTES = 16 * 1024;
/** Holds what one read of a reply brings: content that waits for a client. */
export const MEDIUM_BYTES = 64 * 1024;
/** Holds what a turn sends at most, except heads, so that one write, and one TLS call, takes it. */
export const LARGE_BYTES = 160 * 1024;

const KEPT_SMALL = 64;
const KEPT_MEDIUM = 64;
const KEPT_LARGE = 16;

/** One per worker. */
export class BlockPool {
  private readonly small: Uint8Array[] = [];
  private readonly medium: Uint8Array[] = [];
  private readonly large: Uint8Array[] = [];
  private readonly allocate: Allocate;

  /** @param allocate Buffer's `allocUnsafeSlow`: what it makes is written to sockets as it is. */
  constructor(allocate: Allocate) {
    this.allocate = allocate;
  }

  /** A block of at least so many bytes. */
  take(bytes: number): Uint8Array {
    if (bytes <= SMALL_BYTES) return this.small.pop() ?? this.allocate(SMALL_BYTES);
    if (bytes <= LARGE_BYTES) return this.large.pop() ?? this.allocate(LARGE_BYTES);
    return this.allocate(bytes);
  }

  /** A block for content that waits, no larger than it has to be. */
  takePiece(bytes: number): Uint8Array {
    if (bytes <= SMALL_BYTES || bytes > MEDIUM_BYTES) return this.take(bytes);
    return this.medium.pop() ?? this.allocate(MEDIUM_BYTES);
  }

  /** Takes a block back that nobody reads any more. */
  give(block: Uint8Array): void {
    if (block.length === SMALL_BYTES) {
      if (this.small.length < KEPT_SMALL) this.small.push(block);
    } else if (block.length === MEDIUM_BYTES) {
      if (this.medium.length < KEPT_MEDIUM) this.medium.push(block);
    } else if (block.length === LARGE_BYTES && this.large.length < KEPT_LARGE) this.large.push(block);
  }
}
