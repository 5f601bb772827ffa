/**
 * Names inside our table, readable in `nft list table`: `to/db/10.0.0.1/5432` takes connections of listener db there. A slash cannot stand in a listener's
 * name, so no two things share a name. The colons of IPv6 are written as dots: nft's names have no colons.
 */
import { assert } from '../../base/assert.ts';
import type { KernelEndpoint, KernelListener } from './kernel-description.ts';
import { type Family, familyOf } from './nft-address.ts';

type Place = Pick<KernelEndpoint, 'address' | 'port'>;

/** The chain that picks an endpoint for a new connection. */
export function listenChain(listener: KernelListener, family: Family): string {
  return `listen/${listenerName(listener)}/${family}`;
}

/** The map from slots to endpoints. */
export function slotMap(listener: KernelListener, family: Family): string {
  return `slots/${listenerName(listener)}/${family}`;
}

/** The chain that decides about masquerading. */
export function sourceChain(listener: KernelListener, family: Family): string {
  return `source/${listenerName(listener)}/${family}`;
}

/** The chain that takes a connection to an endpoint. */
export function endpointChain(listener: KernelListener, endpoint: Place): string {
  return `to/${endpointPath(listener, endpoint)}`;
}

/** Counts connections that found no endpoint. */
export function refusedCounter(listener: KernelListener): string {
  return `refused/${listenerName(listener)}`;
}

/** Counters of an endpoint: `new` connections, packets and bytes `in` (from clients) and `out` (to them). */
export function endpointCounter(kind: 'new' | 'in' | 'out', listener: KernelListener, endpoint: Place): string {
  return `${kind}/${endpointPath(listener, endpoint)}`;
}

function endpointPath(listener: KernelListener, { address, port }: Place): string {
  familyOf(address);
  return `${listenerName(listener)}/${address.replaceAll(':', '.')}/${port}`;
}

function listenerName({ name }: KernelListener): string {
  assert(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name), `a listener's name without special characters, got ${JSON.stringify(name)}`);
  return name;
}
