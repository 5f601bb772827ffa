/** A client's socket as its connection uses it: stopped and let go again, and closed so that the last reply is read. */
import type { Socket } from 'node:net';
import type { Arrival } from '../listeners/arrival.ts';
import { resetSocket } from '../reset-socket.ts';

export class ClientSocket {
  private readonly socket: Socket;
  private readonly transport: Socket;
  private isPaused = false;

  constructor({ socket, transport }: Arrival) {
    this.socket = socket;
    this.transport = transport;
  }

  get hasRoom(): boolean {
    return !this.socket.writableNeedDrain;
  }

  /** Everything written has been handed to the system. */
  get isFlushed(): boolean {
    return this.socket.writableLength === 0;
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** @param text Latin1. */
  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Closes our side; what the client still sends goes on coming. */
  end(onFlushed: () => void): void {
    this.socket.end(onFlushed);
    this.resume();
  }

  /** @param isUnframed A plain close would make a cut reply look whole. */
  cut(isUnframed: boolean): void {
    if (isUnframed && !this.socket.writableFinished) resetSocket(this.socket, this.transport);
    else this.socket.destroy();
  }
}
