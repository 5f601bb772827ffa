/**
 * Whose address endpoints see. Keeping the client's is the point of balancing in the kernel, and works where endpoints reply through this machine (it is their
 * default route). A client in the endpoint's own network would get the reply straight from the endpoint, from an address it never asked, and drop it; connections
 * from this machine may carry an address that only we know. Those two are what `auto` masquerades.
 */
import type { KernelListener } from './kernel-description.ts';
import { addressKind, canonicalNetwork, type Family, familyOf, networkHolds } from './nft-address.ts';

/**
 * The rules for a new connection of this listener, its destination already the endpoint.
 * @param networks Networks that this machine is attached to, as CIDRs.
 */
export function masqueradeRules({ host, masquerade, endpoints }: KernelListener, family: Family, networks: readonly string[]): string[] {
  if (masquerade === 'never' || addressKind(host) === 'loopback') return [];
  if (masquerade === 'always') return ['masquerade'];
  const ip = family === 4 ? 'ip' : 'ip6';
  const own = endpoints.filter(({ address }) => familyOf(address) === family);
  const shared = [...new Set(networks.map(canonicalNetwork))].filter(
    (network) => network !== null && own.some(({ address }) => networkHolds(network, address)),
  );
  return [
    'oif != lo fib saddr type local masquerade',
    ...shared.map((network) => `${ip} saddr ${network} ${ip} daddr ${network} masquerade`),
  ];
}
