/** How long instances take from their start until they are ready, as it is seen: cold starts and forecasts count on it. */
import type { Instant } from '../../base/time.ts';
import type { InstanceView } from '../../core/fleet/instance-view.ts';

export class StartTimes {
  /** Since when those that start do. */
  #starting = new Map<string, Instant>();
  #lastMs: number | null = null;

  /** Of the last instance that got ready, in ms; null = none was seen to. */
  get lastMs(): number | null {
    return this.#lastMs;
  }

  observe(instances: readonly InstanceView[]): void {
    const starting = new Map<string, Instant>();
    for (const { id, phase, since } of instances) {
      const startedAt = this.#starting.get(id);
      if (phase === 'starting') starting.set(id, since);
      if (phase === 'ready' && startedAt !== undefined) this.#lastMs = since - startedAt;
    }
    this.#starting = starting;
  }
}
