/**
 * Where an upstream socket's bytes are read to. Without it Node allocates 64 KiB for each read and shrinks it afterwards, about 1 µs with the collection; here a
 * connection reads into the same memory again and again. What outlives the read (a write that did not all fit) keeps its
 * memory, and the next read gets another.
 */
const SMALL_BYTES = 4 * 1024;
const LARGE_BYTES = 64 * 1024;

/** One per upstream connection. Fits `onread` of `net.connect`. */
export class ReadBuffer {
  private current: Buffer = Buffer.allocUnsafeSlow(SMALL_BYTES);
  private isKept = false;
  private wantsMore = false;

  /** Memory for the next read. Large once a read has filled the small one, small again when reads are short. */
  readonly next = (): Buffer => {
    const wanted = this.wantsMore ? LARGE_BYTES : SMALL_BYTES;
    if (this.isKept || this.current.length !== wanted) this.current = Buffer.allocUnsafeSlow(wanted);
    this.isKept = false;
    return this.current;
  };

  /** Notes how much was read. */
  filled(size: number): void {
    this.wantsMore = size === this.current.length || (this.wantsMore && size > SMALL_BYTES);
  }

  /** The last read's bytes are still needed after the callback. */
  keep(): void {
    this.isKept = true;
  }
}
