/**
 * Cuts one buffer into typed views, in the same order in each thread that opens it. Without a buffer it only counts, so that the size of
 * a state and its layout are one piece of code.
 */
import { assert } from '../../../base/assert.ts';

/** Views begin where every type may. */
const ALIGNMENT = 8;

export class Regions {
  readonly #buffer: ArrayBufferLike | null;
  readonly #start: number;
  #end: number;

  /** @param offset A multiple of 8. */
  constructor(buffer: ArrayBufferLike | null, offset: number) {
    assert(offset % ALIGNMENT === 0, `state begins at a multiple of ${ALIGNMENT} bytes, not at ${offset}`);
    this.#buffer = buffer;
    this.#start = offset;
    this.#end = offset;
  }

  /** Bytes taken so far. */
  get bytes(): number {
    return this.#end - this.#start;
  }

  int32(length: number): Int32Array {
    const at = this.#take(4 * length);
    return this.#buffer === null ? new Int32Array(0) : new Int32Array(this.#buffer, at, length);
  }

  uint32(length: number): Uint32Array {
    const at = this.#take(4 * length);
    return this.#buffer === null ? new Uint32Array(0) : new Uint32Array(this.#buffer, at, length);
  }

  uint8(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#buffer === null ? new Uint8Array(0) : new Uint8Array(this.#buffer, at, length);
  }

  float64(length: number): Float64Array {
    const at = this.#take(8 * length);
    return this.#buffer === null ? new Float64Array(0) : new Float64Array(this.#buffer, at, length);
  }

  #take(bytes: number): number {
    const at = this.#end;
    this.#end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    assert(this.#buffer === null || this.#end <= this.#buffer.byteLength, `state ends at ${this.#end}, within its buffer`);
    return at;
  }
}
