/**
 * What is to be purged, in a form that every tier and every node understands. A URL means all that is kept of it: every variant (Vary) and every keyed header. Keys are as
 * `http/request-key.ts` writes them: the URL, then a line for each keyed part.
 */
export type PurgeTarget =
  /** `https://host/path?query`, exactly. */
  | { readonly kind: 'url'; readonly url: string }
  /** What begins so: `https://host/products/`. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'all' };

export interface PurgeOrder {
  /** Name of a cache; null: all of them. */
  readonly cache: string | null;
  readonly target: PurgeTarget;
  /** Stale from now on, else gone. */
  readonly soft: boolean;
}

export const PURGE_TEXT_MAX = 8_192;

/** Whether an order means an entry. */
export function meansEntry(target: PurgeTarget, key: string, tags: readonly string[]): boolean {
  switch (target.kind) {
    case 'url':
      return key === target.url || (key.startsWith(target.url) && key.charCodeAt(target.url.length) === 0x0a);
    case 'prefix':
      return key.startsWith(target.prefix);
    case 'tag':
      return tags.includes(target.tag);
    case 'all':
      return true;
  }
}

/** The URL as keys have it; null when it is none. @param isPrefix The path may end anywhere. */
export function canonicalUrl(text: string, isPrefix: boolean): string | null {
  if (text.length > PURGE_TEXT_MAX || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const scheme = url.protocol.slice(0, -1);
  const query = isPrefix || url.search !== '' || !text.includes('?') ? url.search : '?';
  return `${scheme}://${url.host}${url.pathname}${query}`;
}

/** An order from elsewhere; null when it is none. */
export function readPurgeOrder(value: unknown): PurgeOrder | null {
  if (typeof value !== 'object' || value === null) return null;
  const { cache, target, soft } = value as Record<string, unknown>;
  if ((cache !== null && typeof cache !== 'string') || typeof soft !== 'boolean') return null;
  const read = readTarget(target);
  return read === null ? null : { cache, target: read, soft };
}

function readTarget(value: unknown): PurgeTarget | null {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, url, prefix, tag } = value as Record<string, unknown>;
  const isText = (text: unknown): text is string => typeof text === 'string' && text.length > 0 && text.length <= PURGE_TEXT_MAX;
  if (kind === 'all') return { kind };
  if (kind === 'url' && isText(url)) return { kind, url };
  if (kind === 'prefix' && isText(prefix)) return { kind, prefix };
  return kind === 'tag' && isText(tag) ? { kind, tag } : null;
}
