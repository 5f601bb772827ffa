/**
 * Addresses as nftables gets to see them: IPv4 or IPv6 in their one canonical spelling, nothing else. What goes into a script passes here, so that no text
 * from outside can end a statement and begin another.
 */
import ipaddr from 'ipaddr.js';
import { assert } from '../../base/assert.ts';

export type Family = 4 | 6;

export const FAMILIES: readonly Family[] = [4, 6];

/** The family of a canonical address; null when the text is not one (names, zones, IPv4 inside IPv6, other spellings). */
export function addressFamily(text: string): Family | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).toString() === text ? 4 : null;
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  return address.toRFC5952String() === text && !address.isIPv4MappedAddress() ? 6 : null;
}

/** The same, of an address that was checked before. Cheap, and still lets through nothing that could be more than an address. */
export function familyOf(text: string): Family {
  if (/^[\d.]{7,15}$/.test(text)) return 4;
  assert(text.includes(':') && /^[\da-f:]{2,39}$/.test(text), `an address in canonical form, got ${JSON.stringify(text)}`);
  return 6;
}

/** What kind of destination it is: `unicast` alone can be an endpoint anywhere. */
export function addressKind(text: string): 'any' | 'loopback' | 'unicast' | 'other' {
  if (familyOf(text) === 4) {
    const first = Number(text.slice(0, text.indexOf('.')));
    if (text === '0.0.0.0') return 'any';
    if (first === 127) return 'loopback';
    return first === 0 || first >= 224 ? 'other' : 'unicast';
  }
  if (text === '::') return 'any';
  if (text === '::1') return 'loopback';
  // A link-local address means something only together with an interface.
  return /^(?:ff|fe[89ab])/.test(text) ? 'other' : 'unicast';
}

/** Whether a network such as `10.0.0.0/8` holds the address. */
export function networkHolds(network: string, address: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(network);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}

/** A network's canonical text; null when it is none. */
export function canonicalNetwork(text: string): string | null {
  if (!ipaddr.isValidCIDR(text)) return null;
  const [address, bits] = ipaddr.parseCIDR(text);
  if (address.kind() === 'ipv4') return `${ipaddr.IPv4.networkAddressFromCIDR(text).toString()}/${bits}`;
  return `${ipaddr.IPv6.networkAddressFromCIDR(text).toRFC5952String()}/${bits}`;
}
