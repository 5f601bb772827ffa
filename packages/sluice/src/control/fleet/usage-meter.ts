/**
 * What one instance uses, read from its driver: cores from the difference of two readings, memory as it is. Each 2 s or so until both are known, then as often as
 * whoever reads it wants. Jitter keeps the readings of many instances apart.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Instant } from '../../base/time.ts';
import type { ReplicasPlan } from '../../core/scaling/policy.ts';
import type { DrivenInstance } from './runner.ts';
import { untilTurn } from './turns.ts';

/** Between two readings on average: for who decides by it each second, and until cores are known. */
const DECIDING_MS = 2_000;
/** For people who look: with 200 idle instances, a fifth of what supervising them takes is their readings when these come each 2 s. */
const SHOWN_MS = 10_000;

/** How often the instances of a service are to be read: by whether their number depends on it. */
export function usageEveryMs({ scale }: ReplicasPlan): number {
  const isDecisive = scale.some(
    (policy) =>
      'signal' in policy && policy.signal.kind === 'built-in' && (policy.signal.name === 'cpu' || policy.signal.name === 'memory'),
  );
  return isDecisive ? DECIDING_MS : SHOWN_MS;
}

export class UsageMeter {
  /** Cores, between the last two readings; null = unknown yet. */
  cpu: number | null = null;
  memoryBytes: number | null = null;
  readonly #runtime: Runtime;
  readonly #everyMs: () => number;
  #driven: Pick<DrivenInstance, 'usage'> | null = null;
  #cancel: Cancel | null = null;
  #seconds = 0;
  #at: Instant | null = null;

  /** @param everyMs Between two readings on average, later. */
  constructor(runtime: Runtime, everyMs: () => number) {
    this.#runtime = runtime;
    this.#everyMs = everyMs;
  }

  /** Reads from this run from now on; nothing is known of it yet. */
  follow(driven: Pick<DrivenInstance, 'usage'>): void {
    this.stop();
    this.#driven = driven;
    this.#readLater(driven);
  }

  /** The run is over. */
  stop(): void {
    this.#cancel?.();
    this.#driven = null;
    this.#forget();
  }

  #readLater(driven: Pick<DrivenInstance, 'usage'>): void {
    const { clock, timers, random } = this.#runtime;
    const afterMs = (this.cpu === null ? DECIDING_MS : this.#everyMs()) * (0.8 + 0.4 * random());
    this.#cancel = timers.after(untilTurn(clock.now(), afterMs), () => void this.#read(driven));
  }

  async #read(driven: Pick<DrivenInstance, 'usage'>): Promise<void> {
    const usage = await driven.usage().catch(() => null);
    if (driven !== this.#driven) return;
    if (usage === null) this.#forget();
    else this.#take(usage, this.#runtime.clock.now());
    this.#readLater(driven);
  }

  #take({ cpuSeconds, memoryBytes }: { readonly cpuSeconds: number; readonly memoryBytes: number }, now: Instant): void {
    // The counter goes back where a child's share is gone with the child.
    if (this.#at !== null && now > this.#at) this.cpu = Math.max(0, cpuSeconds - this.#seconds) / ((now - this.#at) / 1_000);
    this.memoryBytes = memoryBytes;
    this.#seconds = cpuSeconds;
    this.#at = now;
  }

  #forget(): void {
    this.cpu = null;
    this.memoryBytes = null;
    this.#at = null;
  }
}
