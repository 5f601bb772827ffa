/** Who there is to look after: each endpoint of the plan with its rows in the shared table, as the health loops are given it. */
import { assert } from '../../base/assert.ts';
import type { AddressPlan, EndpointPlan, ServicePlan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';

export interface RosterEntry {
  /** Unique over all services; stays while the endpoint stays. */
  readonly key: string;
  readonly service: ServicePlan;
  readonly serviceSlot: number;
  readonly endpoint: EndpointPlan;
  readonly slot: number;
}

/** The key of an endpoint; a service's name has no space. */
export function rosterKey(service: string, address: string): string {
  return `${service} ${address}`;
}

/** Lists all endpoints, in the plan's order. */
export function roster(services: readonly ServicePlan[], slots: SlotMap): readonly RosterEntry[] {
  return services.flatMap((service) => {
    const serviceSlot = slots.services[service.name];
    assert(serviceSlot !== undefined, `service "${service.name}" has a slot`);
    return service.endpoints.map((endpoint) => {
      const slot = slots.endpoints[service.name]?.[endpoint.address];
      assert(slot !== undefined, `endpoint "${endpoint.address}" of service "${service.name}" has a slot`);
      return { key: rosterKey(service.name, endpoint.address), service, serviceSlot, endpoint, slot };
    });
  });
}

/** Texts of parts of plans, which never change: thousands of endpoints share their service's. */
const texts = new WeakMap<object, string>();

/** Whether two parts of a plan (plain data, made by the compiler in one order of fields) say the same. */
export function isSamePlan(left: object, right: object): boolean {
  return left === right || textOf(left) === textOf(right);
}

function textOf(part: object): string {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

/** Whether two addresses are the same. */
export function isSameAddress(left: AddressPlan, right: AddressPlan): boolean {
  if (left.kind === 'unix') return right.kind === 'unix' && left.path === right.path;
  return right.kind === 'tcp' && left.host === right.host && left.port === right.port;
}
