/**
 * The output of a container without a terminal: frames of an eight-byte head (stream, three zeros, length in network order) and that much content
 * (Docker Engine API, "Stream format"). A frame is one line, or a piece of a long one. Fed with chunks, gives whole frames.
 */
export type LogStream = 'stdout' | 'stderr';

const HEAD_BYTES = 8;
/** Of a longer frame the rest is left out; engines cut lines at 16 KiB. */
const FRAME_BYTES_MAX = 65_536;

export class LogFrames {
  readonly #give: (stream: LogStream, frame: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  /** Of a frame that is too long: still to be passed over. */
  #skip = 0;

  constructor(give: (stream: LogStream, frame: Buffer) => void) {
    this.#give = give;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (bytes.length - at >= HEAD_BYTES) {
      const length = bytes.readUInt32BE(at + 4);
      const held = Math.min(length, FRAME_BYTES_MAX);
      const start = at + HEAD_BYTES;
      if (bytes.length - start < held) break;
      this.#give(bytes[at] === 2 ? 'stderr' : 'stdout', bytes.subarray(start, start + held));
      at = Math.min(bytes.length, start + length);
      this.#skip = start + length - at;
    }
    // A copy: the chunk must not be kept alive by its last few bytes.
    this.#rest = Buffer.from(bytes.subarray(at));
  }
}
