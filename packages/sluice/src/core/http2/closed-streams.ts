/**
 * Why the latest streams closed. RFC 9113 §5.1 demands different answers to a late frame: after our RST_STREAM it is to be expected, after the peer's own END_STREAM or
 * RST_STREAM it is an error, and on an identifier that was skipped it is another (§5.1.1). The last 256 are kept, in at most 1.3 KB.
 */

/** We reset it, or ignored it after a GOAWAY: frames may still be on their way. */
export const RESET_BY_US = 1;
/** Both sides ended it. */
export const ENDED = 2;
/** The peer reset it. */
export const RESET_BY_PEER = 3;
/** So long ago that we do not know. */
export const FORGOTTEN = 4;
/** Never used: a higher identifier was opened first. */
export const SKIPPED = 5;

export type Closing = typeof RESET_BY_US | typeof ENDED | typeof RESET_BY_PEER;

const FIRST_ROOM = 8;
const REMEMBERED = 256;

export class ClosedStreams {
  private ids = new Int32Array(FIRST_ROOM);
  private reasons = new Uint8Array(FIRST_ROOM);
  private next = 0;
  /** The highest identifier that has been pushed out. */
  private forgottenId = 0;

  add(id: number, reason: Closing): void {
    if (this.next === this.ids.length) this.turn();
    const old = this.ids[this.next]!;
    if (old > this.forgottenId) this.forgottenId = old;
    this.ids[this.next] = id;
    this.reasons[this.next++] = reason;
  }

  /** Why a stream is closed whose identifier is not above the highest that was opened, and which is not open. */
  reason(id: number): Closing | typeof FORGOTTEN | typeof SKIPPED {
    const index = this.ids.lastIndexOf(id);
    if (index >= 0) return this.reasons[index] as Closing;
    return id <= this.forgottenId ? FORGOTTEN : SKIPPED;
  }

  /** The end of the arrays: they grow, or the oldest are overwritten. */
  private turn(): void {
    if (this.ids.length >= REMEMBERED) {
      this.next = 0;
      return;
    }
    const { ids, reasons } = this;
    this.ids = new Int32Array(ids.length * 2);
    this.ids.set(ids);
    this.reasons = new Uint8Array(reasons.length * 2);
    this.reasons.set(reasons);
  }
}
