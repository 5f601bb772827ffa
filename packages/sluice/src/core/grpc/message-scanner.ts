/**
 * Where the messages of a gRPC stream end (grpc, doc/PROTOCOL-HTTP2.md, Length-Prefixed-Message): a byte of flags, four of length, the message. A call that we end ourselves ends
 * between two: some clients take an end within one for an internal error, which is not called again. Looks at 5 bytes of each message.
 */
const PREFIX_BYTES = 5;

export class MessageScanner {
  /** Of the prefix that has begun; 0: none has. */
  private seen = 0;
  private length = 0;
  /** Of the message, still to come. */
  private left = 0;

  /** What was fed ends with a message, or is nothing. */
  get isBetween(): boolean {
    return this.seen === 0 && this.left === 0;
  }

  feed(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end;) {
      if (this.left > 0) {
        const taken = Math.min(this.left, end - at);
        this.left -= taken;
        at += taken;
        continue;
      }
      this.length = this.seen === 0 ? 0 : this.length * 256 + bytes[at]!;
      at++;
      if (++this.seen < PREFIX_BYTES) continue;
      this.seen = 0;
      this.left = this.length;
    }
  }
}
