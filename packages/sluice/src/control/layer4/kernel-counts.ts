/**
 * Counters of the kernel into the metric board, as differences. A connection counts as an exchange that went well when it begins: of its end the kernel says
 * nothing, and so there are no durations.
 */
import { placeKey } from '../../config/kernel-description.ts';
import type { EndpointCounts, ListenerCounts } from '../../core/layer4/nft-counters.ts';
import type { KernelRows, KernelTraffic, WorkerMetrics } from '../../observe/worker-metrics.ts';

type Totals = Omit<EndpointCounts, 'address' | 'port'>;

const NOTHING: Totals = { connections: 0, packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0 };

export class KernelCounts {
  readonly #metrics: WorkerMetrics;
  readonly #told = new Map<string, Totals>();
  readonly #refused = new Map<string, number>();

  constructor(metrics: WorkerMetrics) {
    this.#metrics = metrics;
  }

  /**
   * Takes in totals.
   * @param rowsOf The rows of an endpoint by `placeKey`; undefined for one that is nobody's any more.
   */
  take(counts: readonly ListenerCounts[], rowsOf: (place: string) => KernelRows | undefined, listenerRow: (name: string) => number): void {
    const present = new Set<string>();
    for (const { name, refused, endpoints } of counts) {
      const listener = listenerRow(name);
      const more = grown(refused, this.#refused.get(name) ?? 0);
      this.#refused.set(name, refused);
      if (listener >= 0 && more > 0) this.#metrics.kernelRefused(listener, more);
      for (const endpoint of endpoints) {
        const place = placeKey(name, endpoint);
        present.add(place);
        const rows = rowsOf(place);
        if (rows !== undefined) this.#metrics.kernelForwarded(rows, this.#since(place, endpoint));
        this.#told.set(place, endpoint);
      }
    }
    for (const place of this.#told.keys()) if (!present.has(place)) this.#told.delete(place);
  }

  #since(place: string, now: Totals): KernelTraffic {
    const told = this.#told.get(place) ?? NOTHING;
    return {
      connections: grown(now.connections, told.connections),
      packetsIn: grown(now.packetsIn, told.packetsIn),
      bytesIn: grown(now.bytesIn, told.bytesIn),
      packetsOut: grown(now.packetsOut, told.packetsOut),
      bytesOut: grown(now.bytesOut, told.bytesOut),
    };
  }
}

/** Less than before: it began anew. */
function grown(now: number, before: number): number {
  return now < before ? now : now - before;
}
