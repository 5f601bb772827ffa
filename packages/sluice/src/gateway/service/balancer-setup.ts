/** From a service's plan to its balancer in one worker. */
import { ServiceBalancer } from '../../core/balancing/service-balancer.ts';
import type { ServiceEndpoint } from '../../core/balancing/candidate-list.ts';
import type { ServicePlan } from '../../config/plan.ts';
import type { WorkerContext } from '../worker-context.ts';

/** What, when it changes, asks for a new balancer. */
export function balanceRules(plan: ServicePlan): string {
  return JSON.stringify([plan.balance, plan.panicThreshold, plan.slowStartMs]);
}

export function newBalancer(
  worker: WorkerContext,
  slot: number,
  plan: ServicePlan,
  slots: Readonly<Record<string, number>>,
): ServiceBalancer {
  return new ServiceBalancer({
    table: worker.table,
    random: worker.random,
    serviceSlot: slot,
    balance: plan.balance,
    endpoints: endpointsOf(plan, slots),
    panicThreshold: plan.panicThreshold,
    slowStartMs: plan.slowStartMs,
    split: plan.split,
  });
}

/** The endpoints as the balancer wants them. */
export function endpointsOf(plan: ServicePlan, slots: Readonly<Record<string, number>>): readonly ServiceEndpoint[] {
  return plan.endpoints.map(({ address, weight, priority, requestsMax, version }) => ({
    slot: slots[address]!,
    address,
    weight,
    priority,
    requestsMax,
    version,
  }));
}
