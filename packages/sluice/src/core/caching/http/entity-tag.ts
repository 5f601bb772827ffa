/**
 * Entity tags (RFC 9110 §8.8.3) and the two ways to compare them (§8.8.3.2). A tag that lacks its quotes, as some origins send, is
 * compared as it stands: it equals itself and nothing else.
 */
import { isBlank, skipBlanks } from './fields.ts';

const COMMA = 0x2c;
const QUOTE = 0x22;

/** True for `W/"…"`. */
export function isWeakTag(tag: string): boolean {
  return tag.startsWith('W/');
}

/** Same representation, byte for byte: both strong and equal. */
export function matchesStrongly(left: string, right: string): boolean {
  return left === right && left !== '' && !isWeakTag(left);
}

/** Same as far as their makers care: equal but for `W/`. */
export function matchesWeakly(left: string, right: string): boolean {
  return left !== '' && opaque(left) === opaque(right);
}

function opaque(tag: string): string {
  return isWeakTag(tag) ? tag.slice(2) : tag;
}

/**
 * True when a list of tags (If-None-Match) has one that equals `tag` weakly, or is `*`. Commas in quotes belong to the tag. Linear.
 */
export function listHasTag(list: string, tag: string): boolean {
  if (list === '*') return true;
  for (let at = 0; at < list.length;) {
    const start = skipBlanks(list, at);
    const end = tagEnd(list, start);
    let stop = end;
    while (stop > start && isBlank(list.charCodeAt(stop - 1))) stop--;
    if (stop > start && tag !== '' && matchesWeakly(list.slice(start, stop), tag)) return true;
    at = end + 1;
  }
  return false;
}

/** Where the tag at `start` ends: behind its closing quote as far as the next comma. Backslashes are ordinary in tags. */
function tagEnd(list: string, start: number): number {
  for (let index = start; index < list.length; index++) {
    const code = list.charCodeAt(index);
    if (code === COMMA) return index;
    if (code !== QUOTE) continue;
    const close = list.indexOf('"', index + 1);
    if (close < 0) return list.length;
    index = close;
  }
  return list.length;
}
