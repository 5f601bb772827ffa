/** Which row of the shared tables belongs to which listener, route, service and endpoint. */
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import type { NamedSlots } from './named-slots.ts';

export interface SlotKinds {
  readonly listeners: NamedSlots;
  readonly routes: NamedSlots;
  readonly services: NamedSlots;
  /** Named by `endpointKey`. */
  readonly endpoints: NamedSlots;
}

/** One name for an endpoint over all services. */
export function endpointKey(service: string, address: string): string {
  return `${service}\n${address}`;
}

export class SlotBook {
  readonly #kinds: SlotKinds;

  constructor(kinds: SlotKinds) {
    this.#kinds = kinds;
  }

  /** Rows that wait for their last writer. */
  get leaving(): number {
    return KINDS.reduce((sum, kind) => sum + this.#kinds[kind].leaving, 0);
  }

  /**
   * Gives everything in the plan a row; what has one keeps it.
   * @returns What found no free row, in words; empty when all did.
   */
  assign(plan: Plan): readonly string[] {
    const names = namesOf(plan);
    return KINDS.flatMap((kind) => {
      const refused = this.#kinds[kind].assign(names[kind]);
      return refused.length === 0 ? [] : [`${refused.length} too many ${kind}: leave some out, or wait until removed ones have drained`];
    });
  }

  /** Takes back the rows of everything that is not in the plan. Only when no worker runs a plan that has it. */
  retain(plan: Plan): void {
    const names = namesOf(plan);
    for (const kind of KINDS) this.#kinds[kind].retain(names[kind]);
  }

  /** Frees the rows that nobody writes to any more. */
  sweep(): void {
    for (const kind of KINDS) this.#kinds[kind].sweep();
  }

  /** The rows of everything in the plan, all of which must have been assigned. */
  map(plan: Plan): SlotMap {
    const { listeners, routes, services, endpoints } = this.#kinds;
    return {
      listeners: record(plan.listeners, listeners),
      routes: record(plan.routes, routes),
      services: record(plan.services, services),
      endpoints: Object.fromEntries(
        plan.services.map((service) => [
          service.name,
          Object.fromEntries(service.endpoints.map(({ address }) => [address, endpoints.get(endpointKey(service.name, address)) ?? -1])),
        ]),
      ),
    };
  }
}

const KINDS = ['listeners', 'routes', 'services', 'endpoints'] as const;

/** Each name is unique in its kind. */
function namesOf(plan: Plan): Record<(typeof KINDS)[number], readonly string[]> {
  return {
    listeners: plan.listeners.map(({ name }) => name),
    routes: plan.routes.map(({ name }) => name),
    services: plan.services.map(({ name }) => name),
    endpoints: plan.services.flatMap(({ name, endpoints }) => endpoints.map(({ address }) => endpointKey(name, address))),
  };
}

function record(named: readonly { readonly name: string }[], slots: NamedSlots): Record<string, number> {
  return Object.fromEntries(named.map(({ name }) => [name, slots.get(name) ?? -1]));
}
