/**
 * Which media types are worth compressing: a set for those that are named, two short lists for `text/*` and `application/*+json`. What is compressed already (images, video, archives, fonts of the web)
 * only costs time and is named by nobody.
 */

/** What a pattern may be: `type/subtype`, `type/*`, `type/*+suffix`. */
export const MEDIA_TYPE_PATTERN = /^[a-z0-9!#$&^_.+-]+\/(?:[a-z0-9!#$&^_.+-]+|\*(?:\+[a-z0-9.-]+)?)$/;

/** The default: text in all its forms, and what browsers load that is no text but packs well. */
export const COMPRESSIBLE_TYPES: readonly string[] = [
  'text/*',
  'application/json',
  'application/*+json',
  'application/x-ndjson',
  'application/jsonl',
  'application/javascript',
  'application/x-javascript',
  'application/ecmascript',
  'application/xml',
  'application/*+xml',
  'application/graphql',
  'application/x-www-form-urlencoded',
  'application/yaml',
  'application/toml',
  'application/sql',
  'application/wasm',
  'application/vnd.ms-fontobject',
  'application/x-font-ttf',
  'font/ttf',
  'font/otf',
  'font/collection',
  'image/svg+xml',
  'image/bmp',
  'image/x-icon',
  'image/vnd.microsoft.icon',
  'model/*+json',
];

/** Events must not wait for each other: unless it is named, an event stream is let alone. */
const EVENT_STREAM = 'text/event-stream';

export class MediaTypes {
  private readonly named = new Set<string>();
  private readonly mainTypes: string[] = [];
  private readonly suffixed: { readonly main: string; readonly suffix: string }[] = [];

  /** @param patterns Lower case, each as MEDIA_TYPE_PATTERN. */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      const star = pattern.indexOf('*');
      if (star < 0) this.named.add(pattern);
      else if (star === pattern.length - 1) this.mainTypes.push(pattern.slice(0, star));
      else this.suffixed.push({ main: pattern.slice(0, star), suffix: pattern.slice(star + 1) });
    }
  }

  /** @param contentType A Content-Type's value, parameters and all. */
  has(contentType: string): boolean {
    const type = essence(contentType);
    if (this.named.has(type)) return true;
    if (type === EVENT_STREAM) return false;
    for (const main of this.mainTypes) if (type.startsWith(main)) return true;
    for (const { main, suffix } of this.suffixed) if (type.startsWith(main) && type.endsWith(suffix)) return true;
    return false;
  }
}

/** `Text/HTML; charset=utf-8` is `text/html`. */
function essence(contentType: string): string {
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}
