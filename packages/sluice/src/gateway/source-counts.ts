/**
 * How many connections (or sessions) each source has at once, in one worker. A source is an IPv4 address or the /64 of an IPv6 one, which is what one customer has
 * at least (RFC 6177): who could choose among 2^64 addresses would have no bound. Bounded by the listener's bound on all of them.
 */
import { ipBytes } from '../core/proxy-protocol/ip-bytes.ts';
import { unmapped } from './address-list.ts';

const NETWORK_BYTES = 8;

export class SourceCounts {
  private readonly counts = new Map<string, number>();

  /** Sources that have any. */
  get size(): number {
    return this.counts.size;
  }

  /** Counts one more; false, and nothing is counted, when the source has as many as it may. @param max 0 = no bound. */
  take(address: string, max: number): boolean {
    const source = sourceOf(address);
    const count = this.counts.get(source) ?? 0;
    if (max > 0 && count >= max) return false;
    this.counts.set(source, count + 1);
    return true;
  }

  /** One has ended; exactly once per `take` that said true. */
  give(address: string): void {
    const source = sourceOf(address);
    const count = this.counts.get(source)!;
    if (count > 1) this.counts.set(source, count - 1);
    else this.counts.delete(source);
  }
}

function sourceOf(address: string): string {
  const plain = unmapped(address);
  // Neighbours on one link all have fe80::/64 (RFC 4291 §2.5.6).
  if (!plain.includes(':') || /^fe[89ab]/i.test(plain)) return plain;
  const bytes = ipBytes(plain);
  return bytes === null ? plain : bytes.subarray(0, NETWORK_BYTES).join('.');
}
