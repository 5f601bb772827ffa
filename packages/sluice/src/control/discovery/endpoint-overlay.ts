/**
 * Endpoints that a provider found (the fleet's instances; later names, registries) laid over the services of a configuration: such a
 * service has the endpoints found now, whatever its configuration says. The fleet adds how requests are shared while a deploy runs, and whether they are held back.
 */
import type { EndpointPlan, Plan, ServicePlan } from '../../config/plan.ts';

/** Gives endpoints to some services. */
export interface EndpointProvider {
  /** What can be used now; null: this provider has nothing to do with the service. */
  endpointsOf(service: string): readonly EndpointPlan[] | null;
  /** What else is so for now; null: what the configuration says. */
  traits(service: string): EndpointTraits | null;
}

/** Laid over a service beside its endpoints. */
export interface EndpointTraits extends Pick<ServicePlan, 'isPaused' | 'split'> {
  /** Nobody is to wait for an instance; left out: whoever the configuration lets. */
  readonly parking?: null;
}

/** The plan with the endpoints that the providers know now. */
export function overlayEndpoints(plan: Plan, providers: readonly EndpointProvider[]): Plan {
  if (providers.length === 0) return plan;
  return { ...plan, services: plan.services.map((service) => overlayService(service, providers)) };
}

/** The last provider that knows a service wins. */
function overlayService(service: ServicePlan, providers: readonly EndpointProvider[]): ServicePlan {
  let laid = service;
  for (const provider of providers) {
    const endpoints = provider.endpointsOf(service.name);
    if (endpoints !== null) laid = { ...service, endpoints, ...provider.traits(service.name) };
  }
  return laid;
}
