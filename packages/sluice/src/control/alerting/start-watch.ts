/**
 * Which services whose instances Sluice runs are still starting: nothing of it has been ready since it was first seen awake, and the time that
 * an instance may take to be ready has not passed. That it cannot be used until then is no outage; afterwards, and with instances that only
 * wait to be started again, it is. One that sleeps or is paused begins anew when it wakes.
 */
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';

export class StartWatch {
  /** By service, when it was first seen awake, monotonic ms; null: it has been ready since. */
  #since = new Map<string, number | null>();

  /** @param withinMs What an instance of a service may take to be ready; null: not known. @param now Monotonic ms. @returns Names. */
  starting(fleet: readonly FleetServiceStatus[], withinMs: (service: string) => number | null, now: number): ReadonlySet<string> {
    const known = this.#since;
    this.#since = new Map();
    const starting = new Set<string>();
    for (const { service, ready, isAsleep, isPaused, instances } of fleet) {
      if (isAsleep || isPaused) continue;
      const before = known.get(service);
      const since = ready > 0 || before === null ? null : (before ?? now);
      this.#since.set(service, since);
      const isHopeless = instances.length > 0 && instances.every(({ phase }) => phase === 'waiting');
      if (since !== null && !isHopeless && now - since < (withinMs(service) ?? 0)) starting.add(service);
    }
    return starting;
  }
}
