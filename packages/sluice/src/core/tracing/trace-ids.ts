/**
 * Ids of traces and spans, fast: sfc32 (Chris Doty-Humphrey's small fast counting generator, 128 bits of state, passes PractRand), seeded from outside with what is really random. The first half of a
 * trace's id is the generator's own, drawn once, the second half is new for each: 64 random bits are more than Level 2 of Trace Context asks for (56). Not for secrets: an id proves nothing.
 * About 40 ns for 16 digits.
 */

/** Words that a generator is seeded with. */
export const SEED_WORDS = 5;

/** Codes of the hexadecimal digits. */
const DIGIT = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

export class TraceIds {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;
  private readonly prefix: string;

  /** @param seed SEED_WORDS random words of 32 bits. */
  constructor(seed: Uint32Array) {
    this.a = seed[0]! | 0;
    this.b = seed[1]! | 0;
    this.c = seed[2]! | 0;
    this.counter = seed[3]! | 1;
    for (let round = 0; round < 12; round++) this.next();
    this.a ^= seed[4]! | 0;
    this.prefix = this.spanId();
  }

  /** 32 hexadecimal digits, never all 0. */
  traceId(): string {
    return this.prefix + this.spanId();
  }

  /** 16 hexadecimal digits, never all 0. */
  spanId(): string {
    const high = this.next();
    const low = this.next();
    return high === 0 && low === 0 ? this.spanId() : hex(high, low);
  }

  private next(): number {
    const mixed = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + mixed) | 0;
    return mixed;
  }
}

/** One call makes one flat string; joining pairs of digits makes seven, and takes half as long again. */
function hex(high: number, low: number): string {
  return String.fromCharCode(
    DIGIT[high >>> 28]!,
    DIGIT[(high >>> 24) & 15]!,
    DIGIT[(high >>> 20) & 15]!,
    DIGIT[(high >>> 16) & 15]!,
    DIGIT[(high >>> 12) & 15]!,
    DIGIT[(high >>> 8) & 15]!,
    DIGIT[(high >>> 4) & 15]!,
    DIGIT[high & 15]!,
    DIGIT[low >>> 28]!,
    DIGIT[(low >>> 24) & 15]!,
    DIGIT[(low >>> 20) & 15]!,
    DIGIT[(low >>> 16) & 15]!,
    DIGIT[(low >>> 12) & 15]!,
    DIGIT[(low >>> 8) & 15]!,
    DIGIT[(low >>> 4) & 15]!,
    DIGIT[low & 15]!,
  );
}
