/** What one instance uses, from what its driver reads now and then: cores from the difference of two readings, memory as it is. */
import type { Instant } from '../../base/time.ts';

export class UsageMeter {
  /** Cores, between the last two readings; null = unknown yet. */
  cpu: number | null = null;
  memoryBytes: number | null = null;
  #seconds = 0;
  #at: Instant | null = null;

  /** @param usage CPU seconds since the start of the run, bytes now; null = cannot be read. */
  sample(usage: { readonly cpuSeconds: number; readonly memoryBytes: number } | null, now: Instant): void {
    if (usage === null) return this.reset();
    const passedMs = this.#at === null ? 0 : now - this.#at;
    if (passedMs > 0) this.cpu = Math.max(0, usage.cpuSeconds - this.#seconds) / (passedMs / 1_000);
    this.memoryBytes = usage.memoryBytes;
    this.#seconds = usage.cpuSeconds;
    this.#at = now;
  }

  /** Another run: nothing is known of it. */
  reset(): void {
    this.cpu = null;
    this.memoryBytes = null;
    this.#at = null;
  }
}
