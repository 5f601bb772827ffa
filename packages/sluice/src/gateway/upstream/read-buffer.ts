/**
 * Where an upstream socket's bytes are read to. Without it Node allocates 64 KiB for each read and shrinks it afterwards, about 1 µs with the collection; here a
 * connection reads into the same memory again and again. What outlives the read (a write that did not all fit) keeps its
 * memory, and the next read gets another.
 */
const SMALL_BYTES = 4 * 1024;
const LARGE_BYTES = 64 * 1024;
/** Reads up to here are copied out of the shared memory rather than given memory of their own. */
const COPY_BYTES_MAX = 16 * 1024;

/** What all quiet tunnels of the worker read into: one holds none of its own. Whoever reads is done with it, or has a copy, before the next one reads. */
let shared: Buffer | null = null;

/** One per upstream connection. Fits `onread` of `net.connect`. */
export class ReadBuffer {
  private current: Buffer = Buffer.allocUnsafeSlow(SMALL_BYTES);
  private isKept = false;
  private wantsMore = false;
  private isQuiet = false;

  /** Memory for the next read. Large once a read has filled the small one, small again when reads are short. */
  readonly next = (): Buffer => {
    if (this.isQuiet && !this.wantsMore) return (this.current = shared ??= Buffer.allocUnsafeSlow(LARGE_BYTES));
    const wanted = this.wantsMore ? LARGE_BYTES : SMALL_BYTES;
    if (this.isKept || this.current.length !== wanted || this.current === shared) this.current = Buffer.allocUnsafeSlow(wanted);
    this.isKept = false;
    return this.current;
  };

  /** Notes how much was read. */
  filled(size: number): void {
    const limit = this.current === shared ? COPY_BYTES_MAX : this.current.length - 1;
    this.wantsMore = size > limit || (this.wantsMore && size > SMALL_BYTES);
  }

  /** What was read last is in memory that others read into, too. */
  get isShared(): boolean {
    return this.current === shared;
  }

  /** The connection is mostly silent from now on. */
  share(): void {
    this.isQuiet = true;
  }

  /** What was read last, to be handed on: a copy, where the memory is shared. */
  taken(size: number): Buffer {
    const { current } = this;
    if (current !== shared) return current.subarray(0, size);
    const copy = Buffer.allocUnsafe(size);
    current.copy(copy, 0, 0, size);
    return copy;
  }

  /** The last read's bytes are still needed after the callback. */
  keep(): void {
    this.isKept = true;
  }
}
