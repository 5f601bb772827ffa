/**
 * Keys out of what a terminal sends in raw mode. A key such as ↑ comes as several characters that begin like Escape; over a slow line they may
 * come in pieces, so a lone Escape at the end waits until the next piece, or until `flush` says that none came.
 */

export type Key =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'open'
  | 'back'
  | 'sort'
  | 'pause'
  | 'help'
  | 'quit'
  | 'suspend';

const ESCAPE = '\x1b';

const KEYS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['q', 'quit'],
  ['Q', 'quit'],
  ['\x03', 'quit'],
  ['\x04', 'quit'],
  ['\x1a', 'suspend'],
  ['k', 'up'],
  ['[A', 'up'],
  ['OA', 'up'],
  ['j', 'down'],
  ['[B', 'down'],
  ['OB', 'down'],
  ['[5~', 'page-up'],
  ['[6~', 'page-down'],
  [' ', 'page-down'],
  ['g', 'first'],
  ['[H', 'first'],
  ['[1~', 'first'],
  ['G', 'last'],
  ['[F', 'last'],
  ['[4~', 'last'],
  ['\r', 'open'],
  ['\n', 'open'],
  ['l', 'open'],
  ['[C', 'open'],
  ['OC', 'open'],
  ['h', 'back'],
  ['\x7f', 'back'],
  ['[D', 'back'],
  ['OD', 'back'],
  ['s', 'sort'],
  ['p', 'pause'],
  ['?', 'help'],
]);

/** Characters that may follow Escape before a key's name ends (ECMA-48 §5.4); longer ones are noise. */
const SEQUENCE_MAX = 16;

export class KeyReader {
  #rest = '';

  /** Whether something waits that may be a whole key or the start of one. */
  get isWaiting(): boolean {
    return this.#rest !== '';
  }

  /** The keys that this piece completes; unknown ones are left out. */
  push(text: string): Key[] {
    const all = this.#rest + text;
    const keys: Key[] = [];
    let index = 0;
    while (index < all.length) {
      const length = all[index] === ESCAPE ? sequenceLength(all, index) : 1;
      if (length === 0) break;
      // Two Escapes in a row: the first was one.
      const key =
        length === 1 && all[index] === ESCAPE ? 'back' : KEYS.get(all.slice(all[index] === ESCAPE ? index + 1 : index, index + length));
      if (key !== undefined) keys.push(key);
      index += length;
    }
    this.#rest = all.slice(index);
    return keys;
  }

  /** Nothing followed: what waits is what it is. */
  flush(): Key[] {
    const isEscape = this.#rest === ESCAPE;
    this.#rest = '';
    return isEscape ? ['back'] : [];
  }
}

/** Characters from Escape to the end of the sequence; 0: it is not whole yet. */
function sequenceLength(text: string, start: number): number {
  const kind = text[start + 1];
  if (kind === undefined) return 0;
  if (kind === ESCAPE) return 1;
  if (kind === 'O') return text.length > start + 2 ? 3 : 0;
  if (kind !== '[') return 2;
  for (let index = start + 2; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code >= 0x40 && code <= 0x7e) || index - start >= SEQUENCE_MAX) return index - start + 1;
  }
  return 0;
}
