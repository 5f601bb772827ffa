/** Signals of what the balancer itself counts: in flight, requests per second, queue wait, parked, shed. */
import type { Instant } from '../../../base/time.ts';
import { LATENCY_UNITS_PER_MS } from '../../../core/health/outcome.ts';
import type { Figure } from '../../../core/scaling/sample.ts';
import { STARTED } from '../../../observe/metric-layout.ts';
import type { Glance, SignalReader } from './glance.ts';
import { Rise } from './rate.ts';

/** In flight, queued and parked: all that the service has been asked and has not answered. Long-lived connections count. */
export const inFlightSignal: SignalReader = { read: ({ concurrency }) => total(concurrency) };

/** Requests that wait for an instance. */
export const parkedSignal: SignalReader = { read: ({ table, slot }) => total(Math.max(0, Atomics.load(table.serviceParked, slot))) };

/** Requests (connections, sessions) per second, as they arrive: those that wait or are refused are asked for, too. */
export function requestsSignal(): SignalReader {
  return perSecond(53, ({ row }) => row[STARTED] ?? 0);
}

/** Requests refused for overload, per second. */
export function shedSignal(): SignalReader {
  return perSecond(32, ({ table, slot }) => Atomics.load(table.serviceShed, slot));
}

/**
 * How long requests waited for room or for an instance, in ms: the mean of those that went on in the last second. While some wait and none
 * goes on, it is the time that this has lasted, if that is more.
 */
export class QueueWaitSignal implements SignalReader {
  readonly #rise = new Rise(32);
  /** Since when requests have waited without one going on. */
  #stuckSince: Instant | null = null;

  read({ now, table, slot }: Glance): Figure | null {
    const gained = this.#rise.look(now, [Atomics.load(table.serviceWaited, slot), Atomics.load(table.serviceWaitSum, slot)]);
    const waiting = Atomics.load(table.serviceQueued, slot) + Atomics.load(table.serviceParked, slot);
    const [count = 0, sum = 0] = gained ?? [];
    if (waiting <= 0 || count > 0) this.#stuckSince = null;
    else this.#stuckSince ??= now;
    if (gained === null) return null;
    const meanMs = count === 0 ? 0 : sum / LATENCY_UNITS_PER_MS / count;
    return { value: Math.max(meanMs, this.#stuckSince === null ? 0 : now - this.#stuckSince), per: 'instance' };
  }
}

function perSecond(bits: 32 | 53, read: (glance: Glance) => number): SignalReader {
  const rise = new Rise(bits);
  return {
    read(glance) {
      const [gained] = rise.look(glance.now, [read(glance)]) ?? [];
      return gained === undefined ? null : total((gained * 1_000) / rise.spanMs);
    },
  };
}

function total(value: number): Figure {
  return { value, per: 'service' };
}
