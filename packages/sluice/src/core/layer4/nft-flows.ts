/**
 * Which connection is whose: connection tracking remembers the address a client asked for and the endpoint it got. Per packet there is one lookup, in a
 * map from (direction, listener, endpoint) to a counter; cutting the connections of a dead endpoint is a set with the same key.
 */
import type { KernelDescription, KernelEndpoint, KernelListener } from './kernel-description.ts';
import { addressKind, type Family, FAMILIES, familyOf } from './nft-address.ts';
import { endpointCounter } from './nft-names.ts';
import type { NftMap } from './nft-table.ts';

/** What a listener's connections have in common; `isAny` for hosts that stand for all addresses. */
interface Group {
  readonly protocol: 'tcp' | 'udp';
  readonly family: Family;
  readonly isAny: boolean;
}

export interface Flows {
  readonly maps: ReadonlyMap<string, NftMap>;
  /** For every packet of a connection that was spread, in either direction. */
  readonly rules: readonly string[];
}

/** The maps and rules that count all connections and cut those that shall not go on. */
export function flowRules({ listeners }: KernelDescription): Flows {
  const maps = new Map<string, NftMap>();
  const cuts: string[] = [];
  const counts: string[] = [];
  for (const group of groups()) {
    const owned = listeners.filter((listener) => listener.protocol === group.protocol && isWildcard(listener) === group.isAny);
    const elements = new Map<string, string>();
    const doomed = new Map<string, string>();
    for (const listener of owned) {
      for (const endpoint of listener.endpoints) {
        if (familyOf(endpoint.address) !== group.family) continue;
        const key = flowKey(listener, endpoint);
        elements.set(`original . ${key}`, `"${endpointCounter('in', listener, endpoint)}"`);
        elements.set(`reply . ${key}`, `"${endpointCounter('out', listener, endpoint)}"`);
        if (isCut(listener, endpoint)) doomed.set(key, '');
      }
    }
    if (elements.size === 0) continue;
    const name = `${group.protocol}/${group.family}/${group.isAny ? 'any' : 'at'}`;
    maps.set(`flows/${name}`, { type: `type ct_dir . ${keyType(group)} : counter`, elements });
    counts.push(`${guard(group)} counter name ct direction . ${keyExpression(group)} map @flows/${name} accept`);
    if (doomed.size === 0) continue;
    maps.set(`cut/${name}`, { type: `type ${keyType(group)}`, elements: doomed });
    // The reset that this sends passes here, too, and is not to be rejected.
    cuts.push(`${guard(group)} tcp flags & rst != rst ${keyExpression(group)} @cut/${name} reject with tcp reset`);
  }
  return { maps, rules: [...cuts, ...counts] };
}

/** Whether the listener's host stands for all addresses of this machine. */
export function isWildcard({ host }: KernelListener): boolean {
  return addressKind(host) === 'any';
}

/** TCP alone can be told that it is over. A UDP client would not believe it and go on: its entry has to go from connection tracking. */
function isCut(listener: KernelListener, endpoint: KernelEndpoint): boolean {
  return listener.protocol === 'tcp' && listener.onDown === 'cut' && endpoint.state === 'down';
}

/** Hosts that are named come first: a connection to one of them is not one to `any`. */
function groups(): Group[] {
  return [false, true].flatMap((isAny) =>
    (['tcp', 'udp'] as const).flatMap((protocol) => FAMILIES.map((family) => ({ protocol, family, isAny }))),
  );
}

function guard({ protocol, family }: Group): string {
  return `meta nfproto ipv${family} meta l4proto ${protocol}`;
}

function flowKey(listener: KernelListener, { address, port }: KernelEndpoint): string {
  const end = `${listener.port} . ${address} . ${port}`;
  return isWildcard(listener) ? end : `${listener.host} . ${end}`;
}

function keyType({ family, isAny }: Group): string {
  const end = `inet_service . ipv${family}_addr . inet_service`;
  return isAny ? end : `ipv${family}_addr . ${end}`;
}

function keyExpression({ family, isAny }: Group): string {
  const ip = family === 4 ? 'ip' : 'ip6';
  const end = `ct original proto-dst . ct reply ${ip} saddr . ct reply proto-src`;
  return isAny ? end : `ct original ${ip} daddr . ${end}`;
}
