/** What of this machine's network will keep a description from working although its rules are in force. Said, not refused: an address or a setting may come later. */
import type { KernelDescription } from '../../core/layer4/kernel-description.ts';
import { addressKind, FAMILIES, familyOf } from '../../core/layer4/nft-address.ts';
import { isWildcard } from '../../core/layer4/nft-flows.ts';
import { isOwnAddress, type NetworkState } from '../../io/network-state.ts';

const SETTING = { 4: 'net.ipv4.ip_forward', 6: 'net.ipv6.conf.all.forwarding' } as const;

/** Warnings in words, each with its remedy. */
export function networkWarnings({ listeners }: KernelDescription, network: NetworkState): string[] {
  const foreign = listeners.filter((listener) => !isWildcard(listener) && !isOwnAddress(network, listener.host));
  const warnings = foreign.map(
    ({ name, host }) =>
      `listener "${name}": ${host} is not an address of this machine (now); connections arrive only if the network routes it here`,
  );
  const endpoints = listeners.flatMap((listener) => listener.endpoints.map(({ address }) => address));
  for (const family of FAMILIES) {
    const remote = endpoints.find(
      (address) => familyOf(address) === family && addressKind(address) !== 'loopback' && !isOwnAddress(network, address),
    );
    if (remote === undefined || network.isForwarding(family)) continue;
    warnings.push(`this machine does not forward IPv${family}, so clients do not reach ${remote}: sysctl -w ${SETTING[family]}=1`);
  }
  return warnings;
}
