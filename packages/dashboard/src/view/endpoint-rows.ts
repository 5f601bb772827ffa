/** Endpoints and instances of a service in one list: an instance that serves is an endpoint, one that starts or waits is not yet, an endpoint of the configuration has no instance. */
import type { EndpointStatus, InstanceStatus } from '../api/types.ts';

export interface EndpointRow {
  readonly key: string;
  readonly endpoint: EndpointStatus | null;
  readonly instance: InstanceStatus | null;
}

/** Endpoints in their order, then instances that are none. */
export function endpointRows(endpoints: readonly EndpointStatus[], instances: readonly InstanceStatus[]): readonly EndpointRow[] {
  const byAddress = new Map(instances.flatMap((instance) => (instance.address === null ? [] : [[instance.address, instance] as const])));
  const rows: EndpointRow[] = endpoints.map((endpoint) => {
    const instance = byAddress.get(endpoint.address) ?? null;
    byAddress.delete(endpoint.address);
    return { key: endpoint.address, endpoint, instance };
  });
  const shown = new Set(rows.map(({ instance }) => instance));
  return [
    ...rows,
    ...instances.filter((instance) => !shown.has(instance)).map((instance) => ({ key: instance.id, endpoint: null, instance })),
  ];
}
