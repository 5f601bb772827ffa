/** Endpoints and instances of a service in one list: an instance that serves is an endpoint, one that starts or waits is not yet, an endpoint of the configuration has no instance. */
import type { EndpointStatus, InstanceStatus } from '../api/types.ts';

export interface EndpointRow {
  readonly key: string;
  readonly endpoint: EndpointStatus | null;
  readonly instance: InstanceStatus | null;
}

/** What is to be said of it beside its state; empty: nothing. */
export function noteOf({ endpoint, instance }: EndpointRow): string {
  return [endpoint?.note, instance?.trouble].filter((text) => text !== null && text !== undefined).join('; ');
}

/** Whether a row looks the same, apart from what its cells follow by themselves (load, age). */
export function isSameRow(a: EndpointRow, b: EndpointRow): boolean {
  return fixedParts(a) === fixedParts(b);
}

function fixedParts({ key, endpoint, instance }: EndpointRow): string {
  const parts = [key, endpoint?.address, endpoint?.state, endpoint?.weight, endpoint?.note];
  if (instance === null) return JSON.stringify(parts);
  const { id, version, phase, address, restarts, isProtected, trouble, cpu } = instance;
  return JSON.stringify([...parts, id, version, phase, address, restarts, isProtected, trouble, cpu === null]);
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
