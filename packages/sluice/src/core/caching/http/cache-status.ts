/**
 * Cache-Status (RFC 9211): what this cache did with a request, one member at the end of the list, so that the list reads from the origin
 * to the client. Values are tokens where they can be and quoted strings else; what a quoted string cannot hold is percent-encoded.
 */
import { CLASS, TOKEN } from '../../http1/characters.ts';
import type { Verdict } from './reuse.ts';

/** What happened. Of the rest, null or false is left out. */
export interface CacheFacts {
  /** Served from storage. Never together with `forward` (§2.1). */
  readonly isHit: boolean;
  /** Why the request went on (§2.2). */
  readonly forward: 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial' | null;
  /** Status of the reply that came, where it is not the one sent (§2.3). */
  readonly forwardStatus: number | null;
  /** Seconds of freshness left, negative when stale (§2.4). */
  readonly ttl: number | null;
  /** The reply that came was stored (§2.5). */
  readonly isStored: boolean;
  /** It waited for another request's fetch (§2.6). */
  readonly isCollapsed: boolean;
  /** The key (§2.7); shown only where the configuration says so. */
  readonly key: string | null;
  /** `memory`, `disk`, `shared`, `hit-for-miss`, … (§2.8). */
  readonly detail: string | null;
}

/** Nothing to say. */
export const NO_FACTS: CacheFacts = {
  isHit: false,
  forward: null,
  forwardStatus: null,
  ttl: null,
  isStored: false,
  isCollapsed: false,
  key: null,
  detail: null,
};

/**
 * The member of this cache.
 * @param name Of the cache, as the configuration has it.
 */
export function cacheStatusMember(name: string, facts: CacheFacts): string {
  let text = item(name);
  if (facts.isHit) text += ';hit';
  else if (facts.forward !== null) text += `;fwd=${facts.forward}`;
  if (!facts.isHit && facts.forwardStatus !== null) text += `;fwd-status=${facts.forwardStatus}`;
  if (facts.ttl !== null) text += `;ttl=${facts.ttl}`;
  if (!facts.isHit && facts.isStored) text += ';stored';
  if (!facts.isHit && facts.isCollapsed) text += ';collapsed';
  if (facts.key !== null) text += `;key=${quoted(facts.key)}`;
  if (facts.detail !== null && facts.detail !== '') text += `;detail=${item(facts.detail)}`;
  return text;
}

/** The member of a hit, without an object for it: `name;hit;ttl=10;detail=memory`. */
export function hitMember(name: string, ttl: number, detail: string): string {
  return `${item(name)};hit;ttl=${ttl};detail=${item(detail)}`;
}

/** Facts of a verdict before anything is fetched. */
export function factsOf(verdict: Verdict): CacheFacts {
  return {
    ...NO_FACTS,
    isHit: verdict.forward === null && verdict.kind !== 'unavailable',
    forward: verdict.forward,
    detail: verdict.detail,
  };
}

/** Puts our member behind those of caches nearer to the origin. */
export function appendCacheStatus(existing: string | null, member: string): string {
  return existing === null || existing === '' ? member : `${existing}, ${member}`;
}

/** A token (RFC 9651 §3.3.4) where the text is one, else a string. */
function item(text: string): string {
  return isToken(text) ? text : quoted(text);
}

function isToken(text: string): boolean {
  const first = text.charCodeAt(0) | 0x20;
  if (text[0] !== '*' && !(first >= 0x61 && first <= 0x7a)) return false;
  for (let index = 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127 || ((CLASS[code]! & TOKEN) === 0 && code !== 0x3a && code !== 0x2f)) return false;
  }
  return true;
}

/** A string (RFC 9651 §3.3.3): printable ASCII. */
function quoted(text: string): string {
  let value = '"';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === '"' || character === '\\') value += `\\${character}`;
    else if (code >= 0x20 && code < 0x7f) value += character;
    else value += escaped(character);
  }
  return `${value}"`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  // Half a surrogate pair has no encoding.
  return character.length === 1 && code >= 0xd800 && code <= 0xdfff
    ? '%EF%BF%BD'
    : code < 0x80
      ? `%${code.toString(16).toUpperCase().padStart(2, '0')}`
      : encodeURIComponent(character);
}
