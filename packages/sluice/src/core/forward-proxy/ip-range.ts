/** Ranges of addresses as bytes. IPv4-mapped IPv6 addresses are the IPv4 addresses that they are, in ranges as in what is looked up. */
import { ipBytes } from '../proxy-protocol/ip-bytes.ts';

const MAPPED_BITS = 96;

export class IpRange {
  readonly bytes: Uint8Array;
  /** Bits that count: 0..32 or 0..128, by the length of `bytes`. */
  readonly bits: number;

  constructor(bytes: Uint8Array, bits: number) {
    this.bytes = bytes;
    this.bits = bits;
  }

  /** @param address 4 or 16 bytes, as `ipBytes` gives them. */
  has(address: Uint8Array): boolean {
    const { bytes, bits } = this;
    if (address.length !== bytes.length) return false;
    const whole = bits >> 3;
    for (let index = 0; index < whole; index++) if (address[index] !== bytes[index]) return false;
    const rest = bits & 7;
    return rest === 0 || (address[whole]! ^ bytes[whole]!) >> (8 - rest) === 0;
  }

  /** Whether all of another range lies in this one. */
  covers(other: IpRange): boolean {
    return other.bits >= this.bits && this.has(other.bytes);
  }

  /** Whether it is one address. */
  get isSingle(): boolean {
    return this.bits === this.bytes.length * 8;
  }
}

/** Reads an address or a CIDR; null when it is neither. */
export function ipRange(text: string): IpRange | null {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const bytes = ipBytes(host);
  if (bytes === null) return null;
  const isMapped = bytes.length === 4 && host.includes(':');
  const most = isMapped ? 128 : bytes.length * 8;
  const given = slash < 0 ? String(most) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(given) || Number(given) > most) return null;
  const bits = Number(given) - (isMapped ? MAPPED_BITS : 0);
  return bits < 0 ? null : new IpRange(bytes, bits);
}

/** Whether any of the ranges has the address. */
export function isInRanges(ranges: readonly IpRange[], address: Uint8Array): boolean {
  for (const range of ranges) if (range.has(address)) return true;
  return false;
}
