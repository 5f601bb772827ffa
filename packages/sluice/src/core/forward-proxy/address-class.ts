/**
 * What kind of address it is: `public`, or why nobody behind a forward proxy should be sent there. Of IPv6 only what is known to be public is (2000::/3, less what is set aside in it); IPv4
 * addresses that IPv6 ones carry inside are looked at as well, since a translator or relay on the way would deliver to them. Sources: IANA's special-purpose address registries (RFC 6890),
 * RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP). About 1 µs.
 */
import { ipBytes } from '../proxy-protocol/ip-bytes.ts';
import { type IpRange, ipRange } from './ip-range.ts';

export type AddressClass =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'documentation'
  | 'reserved';

type Special = Exclude<AddressClass, 'public'>;

/** Where clouds tell machines their secrets. `168.63.129.16` looks public, and answers inside Azure only. */
const METADATA = ranges(
  '169.254.169.254 169.254.170.2 169.254.170.23 169.254.169.253 169.254.0.23 168.63.129.16 100.100.100.200 192.0.0.192',
);
const METADATA_6 = ranges('fd00:ec2::254 fd00:ec2::23 fd00:ec2::253 fd20:ce::254 fd00:42::42');

/** The first that has it holds. */
const IPV4: readonly (readonly [Special, readonly IpRange[]])[] = [
  ['metadata', METADATA],
  ['unspecified', ranges('0.0.0.0/8')],
  ['loopback', ranges('127.0.0.0/8')],
  ['private', ranges('10.0.0.0/8 172.16.0.0/12 192.168.0.0/16')],
  ['shared', ranges('100.64.0.0/10')],
  ['link-local', ranges('169.254.0.0/16')],
  ['documentation', ranges('192.0.2.0/24 198.51.100.0/24 203.0.113.0/24')],
  ['multicast', ranges('224.0.0.0/4')],
  // Protocol assignments, AMT and 6to4 relays, benchmarks, class E and broadcast.
  ['reserved', ranges('192.0.0.0/24 192.52.193.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4')],
];

const IPV6: readonly (readonly [Special, readonly IpRange[]])[] = [
  ['metadata', METADATA_6],
  ['unspecified', ranges('::')],
  ['loopback', ranges('::1')],
  ['private', ranges('fc00::/7 64:ff9b:1::/48 fec0::/10')], // ULA, NAT64 for local use (RFC 8215), site-local
  ['link-local', ranges('fe80::/10')],
  ['multicast', ranges('ff00::/8')],
  ['documentation', ranges('2001:db8::/32 3fff::/20')],
];

const [NAT64, TRANSLATED, SIX_TO_FOUR, TEREDO, PROTOCOLS, GLOBAL] = [
  '64:ff9b::/96',
  '::ffff:0:0:0/96',
  '2002::/16',
  '2001::/32',
  '2001::/23',
  '2000::/3',
].map((text) => ipRange(text)!) as [IpRange, IpRange, IpRange, IpRange, IpRange, IpRange];

const NONE: readonly Uint8Array[] = [];

/** @param bytes 4 or 16, as `ipBytes` gives them. */
export function classOfBytes(bytes: Uint8Array): AddressClass {
  return bytes.length === 4 ? find(IPV4, bytes) : classOfIpv6(bytes);
}

/** @returns `reserved` also for what is no address. */
export function addressClass(address: string): AddressClass {
  const bytes = ipBytes(address);
  return bytes === null ? 'reserved' : classOfBytes(bytes);
}

/** IPv4 addresses that an IPv6 one carries, to which something on the way would deliver. */
export function carriedIpv4(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length === 4) return NONE;
  if (SIX_TO_FOUR.has(bytes)) return [bytes.subarray(2, 6)];
  // RFC 4380 §4: the server's address, and the client's with every bit turned.
  if (TEREDO.has(bytes)) return [bytes.subarray(4, 8), bytes.subarray(12).map((byte) => byte ^ 0xff)];
  return NAT64.has(bytes) || TRANSLATED.has(bytes) || isIsatap(bytes) ? [bytes.subarray(12)] : NONE;
}

function classOfIpv6(bytes: Uint8Array): AddressClass {
  const found = find(IPV6, bytes);
  if (found !== 'public') return found;
  const isCarrier = NAT64.has(bytes) || TRANSLATED.has(bytes) || TEREDO.has(bytes);
  if (!isCarrier && (PROTOCOLS.has(bytes) || !GLOBAL.has(bytes))) return 'reserved';
  for (const carried of carriedIpv4(bytes)) {
    const kind = find(IPV4, carried);
    if (kind !== 'public') return kind;
  }
  return 'public';
}

/** RFC 5214 §6.1: an interface identifier `[02]00:5efe:a.b.c.d`. */
function isIsatap(bytes: Uint8Array): boolean {
  return (bytes[8]! & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

function find(table: readonly (readonly [Special, readonly IpRange[]])[], bytes: Uint8Array): AddressClass {
  for (const [kind, list] of table) for (const range of list) if (range.has(bytes)) return kind;
  return 'public';
}

function ranges(texts: string): readonly IpRange[] {
  return texts.split(' ').map((text) => ipRange(text)!);
}
