/**
 * An address as the network that it is limited by: an IPv6 client has a whole /64 to send from (RFC 6177), so one address of it means nothing. Reads the text that sockets give
 * (RFC 5952, IPv4 dotted, IPv4-mapped) in one pass over its characters, into words that are used again; anything else is taken as it stands.
 */
import type { HalfSipHash } from './half-sip-hash.ts';

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;
const GROUPS = 8;
const MARK_IPV4 = 4;
const MARK_IPV6 = 6;
const MARK_TEXT = 0;

export class AddressWords {
  readonly #ipv4Prefix: number;
  readonly #ipv6Prefix: number;
  readonly #groups = new Uint16Array(GROUPS);

  /** @param ipv4Prefix 0..32. @param ipv6Prefix 0..128. */
  constructor(ipv4Prefix: number, ipv6Prefix: number) {
    this.#ipv4Prefix = ipv4Prefix;
    this.#ipv6Prefix = ipv6Prefix;
  }

  /** Adds the address's network to a key. */
  addTo(hash: HalfSipHash, address: string): void {
    const colon = address.lastIndexOf(':');
    const isMapped = colon > 0 && address.indexOf('.', colon) > 0;
    const ipv4 = colon < 0 || isMapped ? readIpv4(address, colon + 1) : -1;
    if (ipv4 >= 0 && (!isMapped || address.startsWith('::ffff:') || address.startsWith('::FFFF:'))) {
      hash.word(this.#ipv4Prefix === 0 ? 0 : (ipv4 & (-1 << (32 - this.#ipv4Prefix))) | 0);
      hash.word(MARK_IPV4);
    } else if (colon >= 0 && !isMapped && this.#readIpv6(address)) {
      this.#addGroups(hash);
      hash.word(MARK_IPV6);
    } else {
      hash.text(address);
      hash.word(MARK_TEXT);
    }
  }

  #addGroups(hash: HalfSipHash): void {
    for (let group = 0; group < GROUPS; group += 2) {
      const bits = Math.min(32, Math.max(0, this.#ipv6Prefix - group * 16));
      const word = (this.#groups[group]! << 16) | this.#groups[group + 1]!;
      hash.word(bits === 0 ? 0 : word & (-1 << (32 - bits)));
    }
  }

  /** Fills the groups; false where it is no IPv6 address. */
  #readIpv6(text: string): boolean {
    const groups = this.#groups;
    let group = 0;
    let gap = -1;
    let value = 0;
    let digits = 0;
    for (let at = 0; at <= text.length; at++) {
      const code = at < text.length ? text.charCodeAt(at) : PERCENT;
      const digit = hexValue(code);
      if (digit >= 0) {
        value = (value << 4) | digit;
        if (++digits > 4) return false;
        continue;
      }
      if (code !== COLON && code !== PERCENT) return false;
      if (digits > 0) {
        if (group === GROUPS) return false;
        groups[group++] = value;
      }
      if (code === PERCENT) break;
      if (digits === 0 && at > 0) {
        if (gap >= 0) return false;
        gap = group;
      }
      value = digits = 0;
    }
    return this.#spread(group, gap);
  }

  /** Moves what stands behind `::` to the end. */
  #spread(group: number, gap: number): boolean {
    if (gap < 0) return group === GROUPS;
    if (group === GROUPS) return false;
    this.#groups.copyWithin(GROUPS - (group - gap), gap, group);
    this.#groups.fill(0, gap, GROUPS - (group - gap));
    return true;
  }
}

/** Four decimal parts from an offset on, as an unsigned number; -1 where they are none. */
function readIpv4(text: string, from: number): number {
  let address = 0;
  let part = 0;
  let digits = 0;
  let parts = 0;
  for (let at = from; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : DOT;
    if (code >= 0x30 && code <= 0x39) {
      part = part * 10 + code - 0x30;
      if (++digits > 3 || part > 255) return -1;
    } else if (code === DOT && digits > 0) {
      address = address * 256 + part;
      parts += 1;
      part = digits = 0;
    } else {
      return -1;
    }
  }
  return parts === 4 ? address : -1;
}

function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
