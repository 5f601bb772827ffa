/** How many connections (or sessions) each source address has at once, in one worker. Bounded by the listener's bound on all of them. */
export class SourceCounts {
  private readonly counts = new Map<string, number>();

  /** Counts one more; false, and nothing is counted, when the source has as many as it may. @param max 0 = no bound. */
  take(source: string, max: number): boolean {
    const count = this.counts.get(source) ?? 0;
    if (max > 0 && count >= max) return false;
    this.counts.set(source, count + 1);
    return true;
  }

  /** One has ended; exactly once per `take` that said true. */
  give(source: string): void {
    const count = this.counts.get(source)!;
    if (count > 1) this.counts.set(source, count - 1);
    else this.counts.delete(source);
  }
}
