/** Names of a certificate: host names (with a `*` for the first label) and IP addresses. */
import { isIP } from 'node:net';
import type { JsonGeneralNames } from '@peculiar/x509';
import { canonicalIpv6 } from '../../core/routing/ipv6.ts';

/** Lower case, IPv6 in its one form, without repeats. @throws {Error} that names what no certificate can be made for. */
export function normaliseNames(names: readonly string[]): string[] {
  const normal = names.map((name) => {
    const bare = name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    if (isIP(bare) === 6) return canonicalIpv6(bare) ?? bare;
    if (isIP(bare) === 4 || isHostName(bare)) return bare;
    throw new Error(`${JSON.stringify(name)} is no name for a certificate: use a host name, *.HOST or an IP address`);
  });
  return [...new Set(normal)];
}

/** As the library takes them. */
export function generalNames(names: readonly string[]): JsonGeneralNames {
  return names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }));
}

/** Letters, digits and hyphens (RFC 1123 §2.1), underscores as many use them; not all digits, which would be a mistyped address. */
function isHostName(name: string): boolean {
  if (name.length > 253 || /(^|\.)\d+$/.test(name)) return false;
  const labels = (name.startsWith('*.') ? name.slice(2) : name).split('.');
  return labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}
