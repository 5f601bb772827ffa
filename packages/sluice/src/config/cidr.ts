/** Address ranges as people write them; a single address is a range of one. */
import ipaddr from 'ipaddr.js';

/**
 * The canonical text of a CIDR or address: RFC 5952 for IPv6, network bits only.
 * @returns `10.0.0.0/8`, or null when it is not one. IPv4 must be four decimal parts.
 */
export function parseCidr(text: string): string | null {
  const slash = text.lastIndexOf('/');
  const host = slash === -1 ? text : text.slice(0, slash);
  const isV6 = host.includes(':');
  if (!(isV6 ? ipaddr.IPv6.isValid(host) && !host.includes('%') : ipaddr.IPv4.isValidFourPartDecimal(host))) return null;
  const bits = isV6 ? 128 : 32;
  const prefix = slash === -1 ? String(bits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return null;
  if (isV6) return `${ipaddr.IPv6.networkAddressFromCIDR(`${host}/${prefix}`).toRFC5952String()}/${Number(prefix)}`;
  return `${ipaddr.IPv4.networkAddressFromCIDR(`${host}/${prefix}`).toString()}/${Number(prefix)}`;
}
