/** A socket as the place where an HTTP/2 session's output goes: one system call for whatever waits. */
import type { Socket } from 'node:net';
import type { BlockPool } from '../core/http2/block-pool.ts';
import type { OutputTarget } from '../core/http2/frame-writer.ts';

/** One per connection. */
export class SocketTarget implements OutputTarget {
  private readonly socket: Socket;
  private readonly pool: BlockPool;
  /** A piece that is held back to see whether another follows. */
  private held: Buffer | null = null;
  private isCorked = false;
  /** The blocks of this call. */
  private blocks: Uint8Array[] = [];
  /** Blocks that the socket did not take at once, by call, the oldest first. TLS never does. */
  private readonly waiting: Uint8Array[][] = [];

  constructor(socket: Socket, pool: BlockPool) {
    this.socket = socket;
    this.pool = pool;
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    this.blocks.push(bytes);
    if (end === start) return;
    if (this.held !== null) {
      if (!this.isCorked) this.socket.cork();
      this.isCorked = true;
      this.socket.write(this.held);
    }
    this.held = (bytes as Buffer).subarray(start, end);
  }

  finish(): boolean {
    const { held, socket, blocks } = this;
    this.held = null;
    this.blocks = [];
    if (held === null || !socket.writable) return true;
    let isTaken = false;
    socket.write(held, (error) => {
      if (isTaken) return;
      const done = this.waiting.shift();
      // After an error the order is not certain: what may still be in use is the collector's.
      if (error === null || error === undefined) for (const block of done ?? []) this.pool.give(block);
    });
    if (this.isCorked) socket.uncork();
    this.isCorked = false;
    if (socket.writableLength > 0) {
      this.waiting.push(blocks);
      return true;
    }
    isTaken = true;
    return false;
  }
}
