/** Counters as `nft -j list counters` prints them, and as figures of listeners and endpoints. */
import type { KernelDescription } from './kernel-description.ts';
import { endpointCounter, refusedCounter } from './nft-names.ts';

export interface CounterReading {
  readonly packets: number;
  readonly bytes: number;
}

/** By the counter's name. */
export type CounterReadings = ReadonlyMap<string, CounterReading>;

/** Totals since the endpoint was first described. */
export interface EndpointCounts {
  readonly address: string;
  readonly port: number;
  /** Connections (UDP: sessions) that it was given. */
  readonly connections: number;
  /** From clients; bytes with the IP header, as the kernel counts. */
  readonly packetsIn: number;
  readonly bytesIn: number;
  /** To clients. */
  readonly packetsOut: number;
  readonly bytesOut: number;
}

export interface ListenerCounts {
  readonly name: string;
  /** Connection attempts that found no endpoint: each packet that was refused. */
  readonly refused: number;
  readonly endpoints: readonly EndpointCounts[];
}

const NOTHING: CounterReading = { packets: 0, bytes: 0 };

/** Reads nft's JSON. @throws {SyntaxError} when it is none; what is no counter is passed over. */
export function parseCounters(json: string): CounterReadings {
  const readings = new Map<string, CounterReading>();
  const { nftables } = JSON.parse(json) as { nftables?: unknown };
  if (!Array.isArray(nftables)) return readings;
  for (const entry of nftables as readonly { counter?: { name?: unknown; packets?: unknown; bytes?: unknown } }[]) {
    const { name, packets, bytes } = entry?.counter ?? {};
    if (typeof name === 'string' && typeof packets === 'number' && typeof bytes === 'number') readings.set(name, { packets, bytes });
  }
  return readings;
}

/** Sorts totals by listener and endpoint. */
export function countsOf(description: KernelDescription, totals: CounterReadings): ListenerCounts[] {
  const read = (name: string): CounterReading => totals.get(name) ?? NOTHING;
  return description.listeners.map((listener) => ({
    name: listener.name,
    refused: read(refusedCounter(listener)).packets,
    endpoints: listener.endpoints.map((endpoint) => {
      const received = read(endpointCounter('in', listener, endpoint));
      const sent = read(endpointCounter('out', listener, endpoint));
      return {
        address: endpoint.address,
        port: endpoint.port,
        connections: read(endpointCounter('new', listener, endpoint)).packets,
        packetsIn: received.packets,
        bytesIn: received.bytes,
        packetsOut: sent.packets,
        bytesOut: sent.bytes,
      };
    }),
  }));
}

/** Keeps totals over replacements of the table, after which the kernel counts from 0 again. */
export class CounterBook {
  #last: CounterReadings = new Map();
  #totals = new Map<string, CounterReading>();

  /** Takes in a reading; counters that are gone are forgotten. */
  read(readings: CounterReadings): CounterReadings {
    const totals = new Map<string, CounterReading>();
    for (const [name, now] of readings) {
      const before = this.#totals.get(name) ?? NOTHING;
      const last = this.#last.get(name) ?? NOTHING;
      // Less than before: it began anew.
      const base = now.packets < last.packets || now.bytes < last.bytes ? NOTHING : last;
      totals.set(name, { packets: before.packets + now.packets - base.packets, bytes: before.bytes + now.bytes - base.bytes });
    }
    this.#last = readings;
    this.#totals = totals;
    return totals;
  }

  /** The table was replaced: all counters begin anew. */
  restart(): void {
    this.#last = new Map();
  }
}
