/** The static table (RFC 7541 Appendix A) as lines, and the index of a name in it. Places are by index: `STATIC_TABLE.places[index * PLACE]`. */
import { type LineStore, PLACE } from './line-store.ts';
import { Octets } from './octets.ts';

const ENTRIES: readonly (readonly [name: string, value?: string])[] = [
  [':authority'],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset'],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language'],
  ['accept-ranges'],
  ['accept'],
  ['access-control-allow-origin'],
  ['age'],
  ['allow'],
  ['authorization'],
  ['cache-control'],
  ['content-disposition'],
  ['content-encoding'],
  ['content-language'],
  ['content-length'],
  ['content-location'],
  ['content-range'],
  ['content-type'],
  ['cookie'],
  ['date'],
  ['etag'],
  ['expect'],
  ['expires'],
  ['from'],
  ['host'],
  ['if-match'],
  ['if-modified-since'],
  ['if-none-match'],
  ['if-range'],
  ['if-unmodified-since'],
  ['last-modified'],
  ['link'],
  ['location'],
  ['max-forwards'],
  ['proxy-authenticate'],
  ['proxy-authorization'],
  ['range'],
  ['referer'],
  ['refresh'],
  ['retry-after'],
  ['server'],
  ['set-cookie'],
  ['strict-transport-security'],
  ['transfer-encoding'],
  ['user-agent'],
  ['vary'],
  ['via'],
  ['www-authenticate'],
];

/** Entries; dynamic indices begin behind it. */
export const STATIC_COUNT: number = ENTRIES.length;

class StaticTable extends Octets implements LineStore {
  readonly places = new Int32Array((STATIC_COUNT + 1) * PLACE);

  constructor() {
    const text = ENTRIES.map(([name, value = '']) => `${name}: ${value}\r\n`).join('');
    super(text.length);
    for (let at = 0; at < text.length; at++) this.bytes[at] = text.charCodeAt(at);
    let start = 0;
    for (const [index, [name, value = '']] of ENTRIES.entries()) {
      const place = (index + 1) * PLACE;
      const nameEnd = start + name.length;
      this.places[place] = start;
      this.places[place + 1] = nameEnd;
      this.places[place + 2] = nameEnd + 2 + value.length;
      start = nameEnd + 4 + value.length;
    }
  }
}

export const STATIC_TABLE: LineStore = new StaticTable();

/** First index by name. */
const INDICES: ReadonlyMap<string, number> = new Map(ENTRIES.map(([name], index): [string, number] => [name, index + 1]).toReversed());

/** The lowest index with this name (lower case), or 0. */
export function staticIndex(name: string): number {
  return INDICES.get(name) ?? 0;
}

/** Names with their lowest index. */
export function staticNames(): Iterable<readonly [name: string, index: number]> {
  return INDICES;
}
