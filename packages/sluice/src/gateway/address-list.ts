/** A set of addresses given as CIDRs, and the one spelling in which addresses are looked up. */
import { BlockList, isIP } from 'node:net';

export class AddressList {
  private readonly list = new BlockList();

  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const slash = cidr.indexOf('/');
      const address = slash < 0 ? cidr : cidr.slice(0, slash);
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (slash < 0) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(cidr.slice(slash + 1)), family);
    }
  }

  /** @param address Without port and brackets. */
  has(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** An IPv4 address that came as `::ffff:1.2.3.4`, as IPv4. */
export function unmapped(address: string): string {
  const isMapped = address.includes('.') && address.slice(0, 7).toLowerCase() === '::ffff:';
  return isMapped ? address.slice(7) : address;
}
