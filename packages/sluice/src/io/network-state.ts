/** What of this machine's network matters when the kernel forwards: its addresses, the networks it is attached to, and whether it forwards at all. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { networkHolds } from '../core/layer4/nft-address.ts';

/** This machine's network, read anew at each call. */
export interface NetworkState {
  /** Addresses on its interfaces. */
  addresses(): readonly string[];
  /** Networks on its interfaces as CIDRs, loopback left out. */
  networks(): readonly string[];
  /** Whether packets of the family pass through. */
  isForwarding(family: 4 | 6): boolean;
}

const FORWARDING = { 4: '/proc/sys/net/ipv4/ip_forward', 6: '/proc/sys/net/ipv6/conf/all/forwarding' } as const;

/** The network namespace of this process. */
export const systemNetwork: NetworkState = {
  addresses: () => interfaceAddresses().map(({ address }) => address),
  networks: () => [...new Set(interfaceAddresses().flatMap(({ internal, cidr }) => (internal || cidr === null ? [] : [cidr])))],
  isForwarding: (family) => {
    try {
      return readFileSync(FORWARDING[family], 'latin1').trim() !== '0';
    } catch {
      return false;
    }
  },
};

/** Whether the address is this machine's own; all of 127.0.0.0/8 is. */
export function isOwnAddress(network: NetworkState, address: string): boolean {
  return network.addresses().includes(address) || networkHolds('127.0.0.0/8', address);
}

function interfaceAddresses() {
  return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
}
