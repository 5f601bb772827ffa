/**
 * Gathers what one event wants to write to a socket, so that it goes out in as few messages as can be: each message over loopback costs about
 * 6 µs of CPU, more than everything else that is done to a small request. Short pieces are joined as latin1 text (one character per
 * byte; Node writes such text as fast as a Buffer); long ones go out as they are, corked together with the text before them.
 */
import type { Socket } from 'node:net';
import { latin1 } from '../core/http1/text.ts';

/** Pieces up to this many bytes are joined. Above, copying them twice costs more than one more element in a writev. */
const JOIN_BYTES_MAX = 8 * 1024;

/** One per direction and connection. */
export class Outbox {
  private text = '';
  private isCorked = false;
  /** What the last write said: false asks for a pause until `drain`. */
  hasRoom = true;
  /** Something was handed to the socket since `mark`. */
  isWritten = false;
  readonly socket: Socket;
  /** Bytes were handed to the socket as they are, and it has not been empty since. */
  private hasLent = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Memory that was added from may still be needed: some of it waits to be sent. */
  get holdsBytes(): boolean {
    if (this.hasLent && this.socket.writableLength === 0) this.hasLent = false;
    return this.hasLent;
  }

  /** Remembers this point: until something is written, `takeBack` can undo what follows. */
  mark(): void {
    this.flush();
    this.isWritten = false;
  }

  /** Drops what was added since `mark`. Only while `isWritten` is false. */
  takeBack(): void {
    this.text = '';
  }

  /** Adds latin1 text. */
  addText(text: string): void {
    this.text += text;
  }

  /** Adds `bytes[start, end)`. They are copied, or must not change any more. */
  addBytes(bytes: Buffer, start: number, end: number): void {
    if (end - start <= JOIN_BYTES_MAX) {
      this.text += latin1(bytes, start, end);
      return;
    }
    if (!this.isCorked) {
      this.isCorked = true;
      this.socket.cork();
    }
    this.writeText();
    this.isWritten = true;
    this.hasLent = true;
    this.hasRoom = this.socket.write(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }

  /** Sends what was added. @returns Whether the socket wants more. */
  flush(): boolean {
    this.writeText();
    if (this.isCorked) {
      this.isCorked = false;
      this.socket.uncork();
      this.hasRoom = !this.socket.writableNeedDrain;
    }
    return this.hasRoom;
  }

  private writeText(): void {
    if (this.text === '') return;
    const text = this.text;
    this.text = '';
    this.isWritten = true;
    this.hasRoom = this.socket.write(text, 'latin1');
  }
}
