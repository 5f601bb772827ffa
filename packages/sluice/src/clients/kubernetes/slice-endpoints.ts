/** What the EndpointSlices of a Service say of its pods: address, port, and whether they take requests. Pure. */
import type { EndpointSlice, SlicePort } from './resources.ts';

export interface SliceAddress {
  readonly host: string;
  /** Null: the wanted port is none of the slice's; `portNote` says which there are. */
  readonly port: number | null;
  readonly portNote: string;
  readonly isReady: boolean;
  /** It ends, and still answers. */
  readonly isServing: boolean;
}

/**
 * By pod name. A pod of a dual-stack Service is used by its IPv4 address.
 * @param port By name or number; null: the only one.
 */
export function sliceAddresses(slices: Iterable<EndpointSlice>, port: string | number | null): Map<string, SliceAddress> {
  const found = new Map<string, SliceAddress>();
  const ordered = [...slices].toSorted((one, other) => (one.addressType < other.addressType ? -1 : 1));
  for (const { addressType, endpoints, ports } of ordered) {
    if (addressType !== 'IPv4' && addressType !== 'IPv6') continue;
    const chosen = choosePort(ports ?? [], port);
    for (const { addresses, conditions = {}, targetRef } of endpoints ?? []) {
      const name = targetRef?.kind === 'Pod' ? targetRef.name : undefined;
      const [host] = addresses;
      if (name === undefined || host === undefined || found.has(name)) continue;
      const isReady = conditions.ready ?? true;
      const isServing = conditions.serving ?? isReady;
      // RFC 5952: one text per address.
      found.set(name, { host: addressType === 'IPv6' ? canonical(host) : host, ...chosen, isReady, isServing });
    }
  }
  return found;
}

function choosePort(
  ports: readonly SlicePort[],
  wanted: string | number | null,
): { readonly port: number | null; readonly portNote: string } {
  const tcp = ports.filter(({ protocol, port }) => (protocol ?? 'TCP') === 'TCP' && (port ?? null) !== null);
  const named = tcp.map(({ name, port }) => (name ? `${name} (${port})` : String(port))).join(', ') || 'none';
  if (wanted === null) {
    return tcp.length === 1
      ? { port: tcp[0]!.port!, portNote: '' }
      : { port: null, portNote: `set port to one of the Service's: ${named}` };
  }
  const match = tcp.find(({ name, port }) => (typeof wanted === 'number' ? port === wanted : name === wanted));
  return match === undefined
    ? { port: null, portNote: `the Service has no port ${wanted}, but ${named}` }
    : { port: match.port!, portNote: '' };
}

function canonical(host: string): string {
  return URL.canParse(`http://[${host}]`) ? new URL(`http://[${host}]`).hostname.slice(1, -1) : host;
}
