/** A number that rises when a state has changed that the Status shows: endpoints, breakers, instances and deploys by a digest of all of them, the rest by the events that tell of it. */
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/slot-map.ts';
import type { EndpointTable } from '../../core/balancing/endpoint-table.ts';
import type { FleetServiceStatus } from '../../observe/fleet-status.ts';

const PRIME = 16_777_619;

export class StateRevision {
  #digest = 0;
  #fleet = '';
  #events = 0;
  #revision = 0;

  get value(): number {
    return this.#revision;
  }

  /** Looks. @param events Number of the last event. Cost: a table read per endpoint. */
  look(plan: Plan, slots: SlotMap, table: EndpointTable, fleet: readonly FleetServiceStatus[], events: number): void {
    const digest = digestOf(plan, slots, table);
    const phases = fleet.map(phasesOf).join('\n');
    if (digest === this.#digest && phases === this.#fleet && events === this.#events) return;
    this.#digest = digest;
    this.#fleet = phases;
    this.#events = events;
    this.#revision++;
  }
}

/** FNV-1a over words. */
function digestOf(plan: Plan, slots: SlotMap, table: EndpointTable): number {
  let digest = plan.generation | 0;
  for (const { name, endpoints } of plan.services) {
    const service = slots.services[name];
    if (service !== undefined) digest = Math.imul(digest ^ (table.breakerState[service]! + 1), PRIME);
    const rows = slots.endpoints[name];
    for (const { address } of endpoints) digest = Math.imul(digest ^ (table.state[rows?.[address] ?? 0]! + 3), PRIME);
  }
  return digest;
}

function phasesOf({ service, wanted, ready, isPaused, isAsleep, version, deploy, instances, note }: FleetServiceStatus): string {
  const states = instances.map(({ id, phase, isProtected, trouble }) => `${id} ${phase} ${isProtected} ${trouble}`);
  return `${service} ${wanted} ${ready} ${isPaused} ${isAsleep} ${version} ${deploy?.phase} ${deploy?.share} ${deploy?.reason} ${note} ${states.join(',')}`;
}
