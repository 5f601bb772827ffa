/** IP addresses between text and the bytes of version 2. IPv4-mapped IPv6 addresses are read as the IPv4 address that they are. */
import ipaddr from 'ipaddr.js';
import { canonicalIpv6 } from '../routing/ipv6.ts';

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The canonical text of 4 or 16 bytes. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (MAPPED.every((byte, index) => bytes[index] === byte)) return bytes.subarray(12).join('.');
  let text = '';
  for (let at = 0; at < 16; at += 2) text += `${at === 0 ? '' : ':'}${((bytes[at]! << 8) | bytes[at + 1]!).toString(16)}`;
  return canonicalIpv6(text) ?? text;
}

/**
 * Reads an address strictly: four plain decimal parts, or RFC 4291 §2.2 without a zone.
 * @returns Its 4 or 16 bytes, 4 for an IPv4-mapped one; null when it is none.
 */
export function ipBytes(text: string): Uint8Array | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray());
  const canonical = canonicalIpv6(text); // first, because ipaddr.js reads `::192.0.2.1` as `::ffff:192.0.2.1`
  if (canonical === null) return null;
  const bytes = Uint8Array.from(ipaddr.IPv6.parse(canonical).toByteArray());
  return MAPPED.every((byte, index) => bytes[index] === byte) ? bytes.subarray(12) : bytes;
}

/** The same address in 16 bytes. */
export function mapped(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 ? bytes : Uint8Array.from([...MAPPED, ...bytes]);
}
