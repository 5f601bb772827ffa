/**
 * Reads DER (X.690), the encoding of certificates and OCSP answers: a cursor over bytes, no copies, no schema. Strict where DER leaves one way only
 * (definite, shortest lengths; nothing after the end), so that two readers never see two things in one certificate.
 */

/** Tags that are used here. Context-specific ones are made by `contextTag`. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag `[number]`. @param isConstructed Whether it holds other elements. */
export function contextTag(number: number, isConstructed: boolean): number {
  return (isConstructed ? 0xa0 : 0x80) | number;
}

/** The bytes are not the DER that was asked for. Caught where a whole structure is read, never seen outside. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content: what signatures and hashes are made over. */
  readonly bytes: Uint8Array;
}

/** A cursor over elements that follow each other. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The tag of the next element; null at the end. */
  peek(): number | null {
    return this.#bytes[this.#at] ?? null;
  }

  /** The next element, whatever it is. @throws {DerError} */
  next(): DerElement {
    const start = this.#at;
    const tag = this.#bytes[start];
    if (tag === undefined) throw new DerError('ends too early');
    if ((tag & 0x1f) === 0x1f) throw new DerError('has a tag of several bytes');
    const { length, size } = this.#lengthAt(start + 1);
    const contentStart = start + 1 + size;
    const end = contentStart + length;
    if (end > this.#bytes.length) throw new DerError('ends too early');
    this.#at = end;
    return { tag, content: this.#bytes.subarray(contentStart, end), bytes: this.#bytes.subarray(start, end) };
  }

  /** The next element, which must have this tag. @throws {DerError} that names it. */
  expect(tag: number, what: string): DerElement {
    if (this.peek() !== tag) throw new DerError(`has no ${what} where one must be`);
    return this.next();
  }

  /** The next element when it has this tag, else null. */
  optional(tag: number): DerElement | null {
    return this.peek() === tag ? this.next() : null;
  }

  /** A cursor over the content of the next element. */
  enter(tag: number, what: string): DerReader {
    return new DerReader(this.expect(tag, what).content);
  }

  /** @throws {DerError} when something is left. */
  end(what: string): void {
    if (!this.isAtEnd) throw new DerError(`has something after ${what}`);
  }

  #lengthAt(at: number): { length: number; size: number } {
    const first = this.#bytes[at];
    if (first === undefined) throw new DerError('ends too early');
    if (first < 0x80) return { length: first, size: 1 };
    const size = first & 0x7f;
    // X.690 §10.1: definite and in the fewest bytes. Four of them are more than anything here may have.
    if (size === 0 || size > 4) throw new DerError('has a length that is not DER');
    let length = 0;
    for (let index = 1; index <= size; index++) length = length * 256 + (this.#bytes[at + index] ?? 0);
    if (length < 0x80 || length < 256 ** (size - 1)) throw new DerError('has a length that is not DER');
    return { length, size: 1 + size };
  }
}

/** The dotted form of an object identifier's content. */
export function oidText(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const [index, byte] of content.entries()) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER / 128) throw new DerError('has an object identifier that is too large');
    if (byte >= 0x80) {
      if (index === content.length - 1) throw new DerError('has an object identifier that ends too early');
      continue;
    }
    if (arcs.length > 0) arcs.push(arc);
    else {
      // X.690 §8.19.4: the first two arcs share one number.
      const top = Math.min(2, Math.floor(arc / 40));
      arcs.push(top, arc - top * 40);
    }
    arc = 0;
  }
  if (arcs.length === 0) throw new DerError('has an empty object identifier');
  return arcs.join('.');
}

/** A bit string of whole bytes. */
export function bitStringBytes(element: DerElement): Uint8Array {
  if (element.content[0] !== 0) throw new DerError('has a bit string that is not whole bytes');
  return element.content.subarray(1);
}

/** A small integer, such as a version or a status. */
export function smallInteger(element: DerElement): number {
  const [value] = element.content;
  if (element.content.length !== 1 || value === undefined || value >= 0x80) throw new DerError('has a number that is too large');
  return value;
}
