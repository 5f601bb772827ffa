/**
 * Just enough of an HTTP/1.x response for a probe: the final status, and the first 64 KiB of the body with chunked framing taken off. Interim
 * responses (1xx) are skipped. It serves no client, so what it cannot read is a failed probe and nothing worse.
 */

const HEAD_BYTES_MAX = 32 * 1024;
const BODY_BYTES_MAX = 64 * 1024;
/** Chunk sizes and extensions come on top of the body's own bytes. */
const RAW_BYTES_MAX = BODY_BYTES_MAX * 2;

export class ProbeReply {
  readonly #hasNoBody: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #status: number | null = null;
  #headers = '';
  #hasEnded = false;

  /** @param hasNoBody The request was a HEAD. */
  constructor(hasNoBody: boolean) {
    this.#hasNoBody = hasNoBody;
  }

  /** The final status; null until the head is complete. */
  get status(): number | null {
    return this.#status;
  }

  /** Whether all of the body that counts is there. */
  get isComplete(): boolean {
    if (this.#status === null) return false;
    if (this.#hasEnded || this.#hasNoBody || this.#status === 204 || this.#status === 304) return true;
    if (this.#bytes.length >= RAW_BYTES_MAX) return true;
    if (this.#isChunked) return dechunk(this.#bytes).isComplete;
    const length = /^content-length:[ \t]*(\d+)/im.exec(this.#headers)?.[1];
    return this.#bytes.length >= Math.min(BODY_BYTES_MAX, length === undefined ? BODY_BYTES_MAX : Number(length));
  }

  /** Takes the next bytes. @throws {Error} when it is no HTTP response. */
  push(bytes: Buffer): void {
    if (this.#bytes.length < RAW_BYTES_MAX) this.#bytes = Buffer.concat([this.#bytes, bytes]);
    let isHeadNext = this.#status === null;
    while (isHeadNext) isHeadNext = this.#readHead();
  }

  /** The connection was closed. */
  end(): void {
    this.#hasEnded = true;
  }

  /** The body so far, at most 64 KiB of it. */
  body(): string {
    const body = this.#isChunked ? dechunk(this.#bytes).body : this.#bytes;
    return body.toString('utf8', 0, BODY_BYTES_MAX);
  }

  get #isChunked(): boolean {
    return /^transfer-encoding:.*chunked/im.test(this.#headers);
  }

  /** Whether an interim response was skipped, so that there may be another head. */
  #readHead(): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#bytes.length > HEAD_BYTES_MAX) throw new Error(`the reply's head is above ${HEAD_BYTES_MAX} bytes`);
      if (this.#bytes.length >= 5 && !this.#bytes.toString('latin1', 0, 5).startsWith('HTTP/')) throw notHttp(this.#bytes);
      return false;
    }
    const head = this.#bytes.toString('latin1', 0, end);
    const status = /^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1];
    if (status === undefined) throw notHttp(this.#bytes);
    this.#bytes = this.#bytes.subarray(end + 4);
    if (status.startsWith('1')) return true;
    this.#status = Number(status);
    this.#headers = head;
    return false;
  }
}

function notHttp(bytes: Buffer): Error {
  return new Error(`the reply is no HTTP/1.x response: it starts with ${JSON.stringify(bytes.toString('latin1', 0, 24))}`);
}

/** RFC 9112 §7.1, leniently: sizes in hexadecimal, extensions and trailers ignored. */
function dechunk(raw: Buffer): { readonly body: Buffer; readonly isComplete: boolean } {
  const parts: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', position);
    if (lineEnd < 0) return { body: Buffer.concat(parts), isComplete: false };
    const size = Number.parseInt(raw.toString('latin1', position, lineEnd), 16);
    if (!(size > 0)) return { body: Buffer.concat(parts), isComplete: true };
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    position = lineEnd + 2 + size + 2;
  }
}
