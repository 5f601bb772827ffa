/**
 * The windows of all endpoints, service by service, so that a snapshot is made without looking names up: 2,000 joined names each second were a fifth of its cost. Bounds: those of
 * `TrafficMeters`; endpoints beyond them are here without a window.
 */
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/slot-map.ts';
import type { MetricBoard } from '../../observe/metric-board.ts';
import type { Rate } from '../../observe/traffic.ts';
import { type Meter, type Pace, TrafficMeters } from './traffic-meters.ts';

export interface EndpointMeter {
  readonly address: string;
  readonly slot: number;
  /** Null: there are too many. */
  readonly meter: Meter | null;
}

export class EndpointMeters {
  /** By `SERVICE ADDRESS`. */
  readonly #meters: TrafficMeters;
  #byService = new Map<string, readonly EndpointMeter[]>();

  constructor(board: MetricBoard) {
    this.#meters = new TrafficMeters(board, 'endpoint');
  }

  /** Of a service; none while nobody looks. */
  of(service: string): readonly EndpointMeter[] {
    return this.#byService.get(service) ?? [];
  }

  /** These are there from now on. */
  follow({ services }: Plan, slots: SlotMap): void {
    const rows = services.map(({ name, endpoints }) => {
      const known = slots.endpoints[name];
      const addresses = endpoints.map(({ address }) => address).filter((address) => known?.[address] !== undefined);
      return { name, endpoints: addresses.map((address) => ({ key: `${name} ${address}`, address, slot: known![address]! })) };
    });
    this.#meters.follow(rows.flatMap(({ endpoints }) => endpoints.map(({ key, slot }) => [key, slot] as const)));
    const metered = rows.map(({ name, endpoints }) => {
      return [name, endpoints.map(({ key, address, slot }) => ({ address, slot, meter: this.#meters.get(key) ?? null }))] as const;
    });
    this.#byService = new Map(metered);
  }

  /** Nobody looks. */
  forget(): void {
    this.#meters.forget();
    this.#byService.clear();
  }

  step(): void {
    this.#meters.step();
  }

  rate(meter: Meter, pace: Pace, inflight: number): Rate {
    return this.#meters.rate(meter, pace, inflight);
  }
}
