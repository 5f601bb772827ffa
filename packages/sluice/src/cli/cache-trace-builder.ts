/**
 * Gathers the requests of a log for replay: four bytes for each, and each object once. Keys are kept as 53-bit hashes, so what they need
 * does not depend on their length (two of a million objects are taken for one in one log of 18,000). The size of an object is the
 * largest body seen for it: ranges and broken transfers are shorter.
 */
import { hashString } from '../base/hash.ts';
import type { ReplayTrace } from '../core/caching/eviction/replay.ts';

const REQUESTS_MAX = 200_000_000;
/** A `Map` holds 2^24 entries. */
const OBJECTS_MAX = 16_000_000;
const SIZE_MAX = 0xffff_ffff;
const FIRST_CAPACITY = 65_536;
const OTHER_SEED = 0x2545_f491;

export class TraceBuilder {
  readonly #objects = new Map<number, number>();
  #requests = new Uint32Array(FIRST_CAPACITY);
  #requestCount = 0;
  #sizes = new Uint32Array(FIRST_CAPACITY);
  #isSized = false;

  /** @param bytes -1 when not known. @throws {RangeError} when the log is too large. */
  add(key: string, bytes: number): void {
    this.addHash((hashString(key) & 0x1f_ffff) * 2 ** 32 + hashString(key, OTHER_SEED), bytes);
  }

  /** The same with a key that is a number, or its hash. */
  addHash(hash: number, bytes: number): void {
    const object = this.#objectOf(hash);
    if (this.#requestCount === this.#requests.length) this.#requests = doubled(this.#requests);
    if (this.#requestCount === REQUESTS_MAX) throw new RangeError(`more than ${REQUESTS_MAX} requests; simulate a part of the log`);
    this.#requests[this.#requestCount++] = object;
    if (bytes < 0) return;
    this.#isSized = true;
    this.#sizes[object] = Math.max(this.#sizes[object]!, Math.min(bytes, SIZE_MAX));
  }

  /** What was gathered. An object without a body still takes a byte. */
  build(): ReplayTrace {
    const objects = this.#objects.size;
    return {
      requests: this.#requests.subarray(0, this.#requestCount),
      objects,
      sizes: this.#isSized ? this.#sizes.subarray(0, objects).map((size) => Math.max(1, size)) : null,
    };
  }

  #objectOf(hash: number): number {
    const known = this.#objects.get(hash);
    if (known !== undefined) return known;
    const object = this.#objects.size;
    if (object === OBJECTS_MAX) throw new RangeError(`more than ${OBJECTS_MAX} objects; simulate a part of the log`);
    if (object === this.#sizes.length) this.#sizes = doubled(this.#sizes);
    this.#objects.set(hash, object);
    return object;
  }
}

function doubled(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * values.length);
  larger.set(values);
  return larger;
}
