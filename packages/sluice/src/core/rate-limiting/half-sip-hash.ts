/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; its 32-bit form of 2016): the hash of limits' keys. Keys are chosen by clients, so
 * whoever knew the hash could aim at one place of the table, or at another's entry; without the secret nobody can. FNV and Murmur have no such strength, whatever their seed. Words of
 * 32 bits, so numbers do: about 7 ns a word, and a word holds two characters.
 *
 * One object per worker, used again and again: `begin`, any number of words and texts, `end`; then `high` and `low` are the hash.
 */

/** 64 secret bits, the same for all workers that share a table. */
export interface HashSecret {
  readonly k0: number;
  readonly k1: number;
}

const WORD_OF_ABSENT = -1;

export class HalfSipHash {
  /** Of the hash, as signed 32-bit integers; after `end`. */
  high = 0;
  low = 0;
  readonly #k0: number;
  readonly #k1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;
  #words = 0;

  constructor(secret: HashSecret) {
    this.#k0 = secret.k0 | 0;
    this.#k1 = secret.k1 | 0;
  }

  begin(): void {
    this.#v0 = this.#k0;
    this.#v1 = this.#k1 ^ 0xee;
    this.#v2 = 0x6c796765 ^ this.#k0;
    this.#v3 = 0x74656462 ^ this.#k1;
    this.#words = 0;
  }

  /** Adds 32 bits. */
  word(value: number): void {
    this.#v3 ^= value;
    this.#round();
    this.#round();
    this.#v0 ^= value;
    this.#words += 1;
  }

  /** Adds a text, two UTF-16 units to a word, and its length, so that no two lists of texts are the same words. */
  text(text: string): void {
    const { length } = text;
    let at = 0;
    for (; at + 1 < length; at += 2) this.word(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
    if (at < length) this.word(text.charCodeAt(at));
    this.word(length);
  }

  /** Adds that there is no text here, which differs from an empty one. */
  absent(): void {
    this.word(WORD_OF_ABSENT);
  }

  /** @param tail Up to three bytes after the last word, little-endian, their count above them: only the published test vectors have any. */
  end(tail = 0, tailBytes = 0): void {
    const last = ((this.#words * 4 + tailBytes) << 24) | tail;
    this.word(last);
    this.#v2 ^= 0xee;
    this.#finish();
    this.low = this.#v1 ^ this.#v3;
    this.#v1 ^= 0xdd;
    this.#finish();
    this.high = this.#v1 ^ this.#v3;
  }

  #finish(): void {
    this.#round();
    this.#round();
    this.#round();
    this.#round();
  }

  #round(): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = (v2 << 16) | (v2 >>> 16);
    this.#v3 = v3;
  }
}
