/**
 * What the peer may send (RFC 9113 §5.2): DATA takes from it, content that has gone on gives back, and the peer is told once half of the window has been given
 * back, so that small messages cost no WINDOW_UPDATE each.
 */
export class ReceiveWindow {
  private available: number;
  private given = 0;
  private readonly bytesMax: number;

  /** @param available What the peer may send at first; above `bytesMax` while it may not know our SETTINGS. */
  constructor(bytesMax: number, available: number) {
    this.bytesMax = bytesMax;
    this.available = available;
  }

  /** A DATA frame has come, padding included. @returns False when it was larger than the window. */
  take(bytes: number): boolean {
    this.available -= bytes;
    return this.available >= 0;
  }

  /** Room is free again. @returns The increment to announce, or 0. */
  give(bytes: number): number {
    this.given += bytes;
    if (this.given === 0 || this.given * 2 < this.bytesMax) return 0;
    const increment = this.given;
    this.given = 0;
    this.available += increment;
    return increment;
  }
}
