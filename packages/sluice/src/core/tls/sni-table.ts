/**
 * Picks by the name that a TLS client asks for: a certificate, or a route at layer 4. The exact name wins over a wildcard, a wildcard over
 * the default. `*.example.com` stands for exactly one label (RFC 9525 §6.3): not `example.com`, not `a.b.example.com`. Two look-ups at most.
 */
import { assert } from '../../base/assert.ts';
import { canonicalServerName } from './server-name.ts';

const WILDCARD = '*.';

/** Immutable; T is whatever the names stand for. */
export class SniTable<T> {
  private readonly exact = new Map<string, T>();
  /** By what follows the `*.`. */
  private readonly wildcards = new Map<string, T>();
  private readonly fallback: T | null;

  /**
   * @param entries Names, or `*.` and a name, in any case and with or without a trailing dot.
   * @param fallback For every other name and for clients that ask for none; null where those get nothing.
   * @throws {AssertionError} for a name that is no name, or stands twice.
   */
  constructor(entries: Iterable<readonly [pattern: string, value: T]>, fallback: T | null = null) {
    this.fallback = fallback;
    for (const [pattern, value] of entries) {
      const isWildcard = pattern.startsWith(WILDCARD);
      const name = canonicalServerName(isWildcard ? pattern.slice(WILDCARD.length) : pattern);
      assert(name !== null, `"${pattern}" is a DNS name, or "*." and one`);
      const table = isWildcard ? this.wildcards : this.exact;
      assert(!table.has(name), `"${pattern}" stands once in an SNI table`);
      table.set(name, value);
    }
  }

  /** @param serverName As `canonicalServerName` writes it; null when the client gave none. */
  pick(serverName: string | null): T | null {
    return serverName === null ? this.fallback : (this.named(serverName) ?? this.fallback);
  }

  /** The same without the default: whether the name itself is served, for answering `unrecognized_name` (RFC 6066 §3) or 421. */
  named(serverName: string): T | null {
    const exact = this.exact.get(serverName);
    if (exact !== undefined) return exact;
    const dot = serverName.indexOf('.');
    return dot < 0 ? null : (this.wildcards.get(serverName.slice(dot + 1)) ?? null);
  }
}
