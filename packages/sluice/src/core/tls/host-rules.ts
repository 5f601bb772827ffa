/**
 * Rules by host, where `*.example.com` stands for one label or more, as in routes: a rule holds for every host that a route of the same pattern takes. (A wildcard in a
 * certificate is one label, RFC 9525 §6.3: `sni-table.ts`.) The exact name wins, then the longest wildcard. A look-up per label at most.
 */
const WILDCARD = '*.';

/** Immutable; T is a rule. */
export class HostRules<T> {
  private readonly exact = new Map<string, T>();
  /** By what follows the `*.`. */
  private readonly wildcards = new Map<string, T>();

  /** @param entries Hosts, or `*.` and a host, in lower case and without a trailing dot. */
  constructor(entries: Iterable<readonly [pattern: string, rule: T]>) {
    for (const [pattern, rule] of entries) {
      if (pattern.startsWith(WILDCARD)) this.wildcards.set(pattern.slice(WILDCARD.length), rule);
      else this.exact.set(pattern, rule);
    }
  }

  /** @param host In the same form; need not be a name that TLS could carry. */
  find(host: string): T | null {
    const exact = this.exact.get(host);
    if (exact !== undefined) return exact;
    if (this.wildcards.size === 0) return null;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const rule = this.wildcards.get(host.slice(dot + 1));
      if (rule !== undefined) return rule;
    }
    return null;
  }
}
