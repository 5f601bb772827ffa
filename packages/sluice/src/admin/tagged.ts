/** What changes may be made conditional on: a service as `GET /api/services/{name}` gives it, and the plan that runs. */
import type { AdminBackend } from './backend.ts';
import type { FleetServiceStatus } from '../observe/fleet-status.ts';
import type { ServiceStatus } from '../observe/status.ts';

/** A service with its instances. */
export interface WholeService extends ServiceStatus {
  readonly fleet: FleetServiceStatus | null;
}

/** Null: there is no such service. */
export function taggedService(backend: AdminBackend, name: string): WholeService | null {
  const { services, fleet } = backend.status();
  const service = services.find((one) => one.name === name);
  return service === undefined ? null : { ...service, fleet: fleet.find((one) => one.service === name) ?? null };
}

export function taggedPlan(backend: AdminBackend): { readonly generation: number; readonly plan: unknown } {
  return backend.observe.plans.current();
}

export function wholeServices(backend: AdminBackend): WholeService[] {
  const { services, fleet } = backend.status();
  const instances = new Map(fleet.map((one) => [one.service, one]));
  return services.map((service) => ({ ...service, fleet: instances.get(service.name) ?? null }));
}
