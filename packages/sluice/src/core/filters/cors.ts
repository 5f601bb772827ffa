/** Who may read a reply (Fetch §3.2): the origin against the list, and what a preflight is answered. Pure; expressions come compiled. */
import type { TextMatcher } from '../routing/regex.ts';

/** Origins that are allowed. */
export interface OriginRules {
  readonly anyOrigin: boolean;
  readonly origins: readonly string[];
  readonly wildcards: readonly { readonly prefix: string; readonly suffix: string }[];
}

const ORIGIN_CHARACTERS_MAX = 512;

export class OriginList {
  readonly anyOrigin: boolean;
  private readonly exact: ReadonlySet<string>;
  private readonly wildcards: OriginRules['wildcards'];
  private readonly matchers: readonly TextMatcher[];

  constructor(rules: OriginRules, matchers: readonly TextMatcher[]) {
    this.anyOrigin = rules.anyOrigin;
    this.exact = new Set(rules.origins);
    this.wildcards = rules.wildcards;
    this.matchers = matchers;
  }

  /** @param origin As the client sent it. What is no origin is never allowed: it would stand in our reply. */
  allows(origin: string): boolean {
    if (origin.length > ORIGIN_CHARACTERS_MAX || !isSound(origin)) return false;
    if (this.anyOrigin) return true;
    const lower = origin.toLowerCase();
    if (this.exact.has(lower)) return true;
    for (const { prefix, suffix } of this.wildcards) {
      if (lower.startsWith(prefix) && lower.endsWith(suffix) && isHost(lower, prefix.length, lower.length - suffix.length)) return true;
    }
    for (const matches of this.matchers) if (matches(lower)) return true;
    return false;
  }
}

/** Visible ASCII without what separates fields. */
function isSound(origin: string): boolean {
  for (let index = 0; index < origin.length; index++) {
    const code = origin.charCodeAt(index);
    if (code < 0x21 || code > 0x7e || code === 0x2c || code === 0x3b) return false;
  }
  return origin !== '';
}

/** Labels of a name, at least one: `a.b`, but never `user@` or another port. */
function isHost(text: string, start: number, end: number): boolean {
  if (end <= start) return false;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    const isLetter = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
    if (!isLetter && code !== 0x2d && code !== 0x5f && code !== 0x2e) return false;
  }
  return text.charCodeAt(start) !== 0x2e;
}
