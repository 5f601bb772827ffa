/** A socket as the place where an HTTP/2 session's output goes: one system call for whatever waits. */
import type { Socket } from 'node:net';
import type { OutputTarget } from '../core/http2/frame-writer.ts';

/** One per connection. */
export class SocketTarget implements OutputTarget {
  private readonly socket: Socket;
  /** A piece that is held back to see whether another follows. */
  private held: Buffer | null = null;
  private isCorked = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    if (end === start) return;
    if (this.held !== null) {
      if (!this.isCorked) this.socket.cork();
      this.isCorked = true;
      this.socket.write(this.held);
    }
    this.held = (bytes as Buffer).subarray(start, end);
  }

  finish(): boolean {
    const { held } = this;
    this.held = null;
    if (held !== null && this.socket.writable) this.socket.write(held);
    if (this.isCorked) this.socket.uncork();
    this.isCorked = false;
    return this.socket.writableLength > 0;
  }
}
