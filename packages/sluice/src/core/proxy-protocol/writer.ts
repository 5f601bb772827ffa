/**
 * Writes PROXY protocol headers, to be sent as the first bytes of a connection. Addresses of two families go as IPv6 with the IPv4 one
 * mapped, as HAProxy does. A zone (`fe80::1%eth0`) means nothing to another machine and is left out.
 */
import { assert } from '../../base/assert.ts';
import { crc32c } from './crc32c.ts';
import type { ProxyAddress } from './header.ts';
import { ipBytes, ipText, mapped } from './ip-bytes.ts';
import { SSL_CLIENT, TLV, UNIQUE_ID_BYTES_MAX } from './tlv.ts';
import { UNIX_PATH_BYTES, V2_FAMILY, V2_FIXED_BYTES, V2_LOCAL, V2_PROXY, V2_SIGNATURE, V2_TRANSPORT } from './v2.ts';

/** Whom a connection is from and to. */
export interface ProxyEnds {
  readonly source: ProxyAddress;
  readonly destination: ProxyAddress;
}

/** What version 2 says beside the addresses. */
export interface ProxyDetails {
  /** Default `stream`. */
  readonly transport?: 'stream' | 'datagram';
  /** One character per byte. */
  readonly alpn?: string | null;
  readonly authority?: string | null;
  /** At most 128 bytes. */
  readonly uniqueId?: Uint8Array | null;
  readonly tls?: ProxyTlsDetails | null;
  /** Adds a CRC-32C over the header. */
  readonly checksum?: boolean;
}

export interface ProxyTlsDetails {
  /** `TLSv1.3`. */
  readonly version: string;
  /** Null: the client gave none. */
  readonly certificate: { readonly commonName: string | null; readonly isVerified: boolean } | null;
}

const UTF8 = new TextEncoder();
/** X509_V_ERR_UNSPECIFIED: the reason is not ours to tell. */
const NOT_VERIFIED = 1;
const LENGTH_MAX = 65_535;

/** A line of version 1. @param ends Null, or not IP: `PROXY UNKNOWN`, by which the receiver takes the connection's own addresses. */
export function writeProxyV1(ends: ProxyEnds | null): Uint8Array {
  const block = ends === null ? null : ipBlock(ends);
  if (block === null) return UTF8.encode('PROXY UNKNOWN\r\n');
  const { family, source, destination, sourcePort, destinationPort } = block;
  const isV4 = family === V2_FAMILY.ipv4;
  const text = isV4 ? ipText : mappedText;
  return UTF8.encode(`PROXY ${isV4 ? 'TCP4' : 'TCP6'} ${text(source)} ${text(destination)} ${sourcePort} ${destinationPort}\r\n`);
}

/** A header of version 2. @param ends Null: LOCAL, a connection of our own, which says nothing more. */
export function writeProxyV2(ends: ProxyEnds | null, details: ProxyDetails = {}): Uint8Array {
  if (ends === null) return assemble(V2_LOCAL, 0, []);
  const { transport = 'stream', alpn = null, authority = null, uniqueId = null, tls = null, checksum = false } = details;
  assert(uniqueId === null || uniqueId.length <= UNIQUE_ID_BYTES_MAX, `a unique id has at most ${UNIQUE_ID_BYTES_MAX} bytes`);
  const parts: Uint8Array[] = [];
  const family = pushAddresses(parts, ends);
  if (alpn !== null) parts.push(tlv(TLV.alpn, latin1Bytes(alpn)));
  if (authority !== null) parts.push(tlv(TLV.authority, UTF8.encode(authority)));
  if (uniqueId !== null) parts.push(tlv(TLV.uniqueId, uniqueId));
  if (tls !== null) parts.push(tlv(TLV.ssl, sslValue(tls)));
  if (checksum) parts.push(tlv(TLV.crc32c, new Uint8Array(4)));
  const header = assemble(V2_PROXY, (family << 4) | V2_TRANSPORT[transport], parts);
  if (checksum) header.set(bigEndian(crc32c(header), 4), header.length - 4); // the last TLV
  return header;
}

interface IpBlock {
  readonly family: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Both addresses in one family, or null when one of them is no IP address. */
function ipBlock({ source, destination }: ProxyEnds): IpBlock | null {
  if (source.kind !== 'ip' || destination.kind !== 'ip') return null;
  const from = ipBytes(withoutZone(source.address));
  const to = ipBytes(withoutZone(destination.address));
  if (from === null || to === null) return null;
  const ports = { sourcePort: source.port, destinationPort: destination.port };
  if (from.length === 4 && to.length === 4) return { family: V2_FAMILY.ipv4, source: from, destination: to, ...ports };
  return { family: V2_FAMILY.ipv6, source: mapped(from), destination: mapped(to), ...ports };
}

/** Returns the family; UNSPEC, and no addresses, where the two ends have none in common. */
function pushAddresses(parts: Uint8Array[], ends: ProxyEnds): number {
  if (ends.source.kind === 'unix' && ends.destination.kind === 'unix') {
    parts.push(pathField(ends.source.path), pathField(ends.destination.path));
    return V2_FAMILY.unix;
  }
  const block = ipBlock(ends);
  if (block === null) return V2_FAMILY.unspecified;
  parts.push(block.source, block.destination, bigEndian(block.sourcePort, 2), bigEndian(block.destinationPort, 2));
  return block.family;
}

function sslValue({ version, certificate }: ProxyTlsDetails): Uint8Array {
  const client = SSL_CLIENT.tls | (certificate === null ? 0 : SSL_CLIENT.certificateOnConnection | SSL_CLIENT.certificateInSession);
  const parts = [Uint8Array.of(client), bigEndian(certificate?.isVerified === true ? 0 : NOT_VERIFIED, 4)];
  parts.push(tlv(TLV.sslVersion, UTF8.encode(version)));
  const commonName = certificate?.commonName ?? null;
  if (commonName !== null) parts.push(tlv(TLV.sslCommonName, UTF8.encode(commonName)));
  return join(parts);
}

function assemble(command: number, family: number, parts: readonly Uint8Array[]): Uint8Array {
  const block = join(parts);
  assert(block.length <= LENGTH_MAX, `a PROXY header has at most ${LENGTH_MAX} bytes of addresses and TLVs`);
  const header = new Uint8Array(V2_FIXED_BYTES + block.length);
  header.set(V2_SIGNATURE);
  header[12] = command;
  header[13] = family;
  header.set(bigEndian(block.length, 2), 14);
  header.set(block, V2_FIXED_BYTES);
  return header;
}

function tlv(type: number, value: Uint8Array): Uint8Array {
  assert(value.length <= LENGTH_MAX, `a TLV has at most ${LENGTH_MAX} bytes`);
  return join([Uint8Array.of(type), bigEndian(value.length, 2), value]);
}

function pathField(path: string): Uint8Array {
  const field = new Uint8Array(UNIX_PATH_BYTES);
  field.set(latin1Bytes(path).subarray(0, UNIX_PATH_BYTES));
  return field;
}

function bigEndian(value: number, size: 2 | 4): Uint8Array {
  return size === 2 ? Uint8Array.of(value >> 8, value) : Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function mappedText(bytes: Uint8Array): string {
  const text = ipText(bytes);
  return text.includes(':') ? text : `::ffff:${text}`;
}

function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}
