/**
 * Endpoints that a provider found (the fleet's instances; later names, registries) laid over the services of a configuration: such a
 * service has the endpoints found now, whatever its configuration says.
 */
import type { EndpointPlan, Plan } from '../../config/plan.ts';

/** Gives endpoints to some services. */
export interface EndpointProvider {
  readonly service: string;
  /** What can be used now. */
  endpoints(): readonly EndpointPlan[];
}

/** The plan with the endpoints that the providers know now. */
export function overlayEndpoints(plan: Plan, providers: readonly EndpointProvider[]): Plan {
  if (providers.length === 0) return plan;
  const found = new Map(providers.map((provider) => [provider.service, provider]));
  return {
    ...plan,
    services: plan.services.map((service) => {
      const provider = found.get(service.name);
      return provider === undefined ? service : { ...service, endpoints: provider.endpoints() };
    }),
  };
}
