/** The two ends of a tunnel: each a socket, or a stream of an HTTP/2 connection. */
import type { Socket } from 'node:net';

export interface TunnelEnd {
  /** Some of what was written waits in memory. */
  readonly holdsBytes: boolean;
  readonly isDestroyed: boolean;
  /** Takes bytes. @returns False: no more please, until `TunnelListener.onRoom`. */
  write(bytes: Buffer): boolean;
  /** We send no more. */
  end(): void;
  /** Nothing more is read from it, until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it once what was written has left. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** What an end tells. `tunnel.ts` has one for each. */
export interface TunnelListener {
  onBytes(bytes: Buffer): void;
  /** Memory of the last bytes is still needed after `onBytes`. */
  readonly holdsBytes: boolean;
  /** The peer sends no more. */
  onEnd(): void;
  /** It takes bytes again. */
  onRoom(): void;
  /** It is gone. */
  onClose(isError: boolean): void;
}

/** A socket as an end. Who owns it passes its events on. */
export class SocketEnd implements TunnelEnd {
  private readonly socket: Socket;
  /** Asked of the socket itself before each write it would cost 0.1 µs. */
  private hasEnded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.allowHalfOpen = true;
  }

  get holdsBytes(): boolean {
    return this.socket.writableLength > 0;
  }

  get isDestroyed(): boolean {
    return this.socket.destroyed;
  }

  write(bytes: Buffer): boolean {
    return this.hasEnded || this.socket.write(bytes);
  }

  end(): void {
    this.hasEnded = true;
    this.socket.end();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    this.hasEnded = true;
    this.socket.destroySoon();
  }

  destroy(): void {
    this.hasEnded = true;
    this.socket.destroy();
  }
}
