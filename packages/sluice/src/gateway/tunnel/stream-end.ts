/** A stream of an HTTP/2 connection as a tunnel's end (RFC 8441 §5): DATA both ways, END_STREAM as a half-close. */
import { CANCEL, NO_ERROR } from '../../core/http2/error-code.ts';
import type { Stream } from '../../core/http2/stream.ts';
import type { TunnelEnd, TunnelListener } from './tunnel-end.ts';

/** What an end needs of its session. `core/http2/session.ts` is it. */
export interface StreamSession<Owner> {
  sendData(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): boolean;
  sendEnd(stream: Stream<Owner>, trailers: string): void;
  consumed(stream: Stream<Owner>, bytes: number): void;
  reset(stream: Stream<Owner>, code: number): void;
}

export class StreamEnd<Owner> implements TunnelEnd {
  listener: TunnelListener | null = null;
  private readonly session: StreamSession<Owner>;
  private readonly stream: Stream<Owner>;
  private isPaused = false;
  private isClosing = false;
  /** Content that was passed on while paused: its room is given back with `resume`. */
  private owed = 0;
  private readonly onOver: (() => void) | null;

  /** @param onOver The stream is over, or was ended for good. */
  constructor(session: StreamSession<Owner>, stream: Stream<Owner>, onOver: (() => void) | null = null) {
    this.session = session;
    this.stream = stream;
    this.onOver = onOver;
  }

  /** Content has come. */
  receive(part: Buffer): void {
    this.listener?.onBytes(part);
    if (this.isPaused) this.owed += part.length;
    else this.session.consumed(this.stream, part.length);
  }

  /** The peer sends no more. */
  ended(): void {
    this.listener?.onEnd();
  }

  /** The session copies what it sends. */
  get holdsBytes(): boolean {
    return false;
  }

  get isDestroyed(): boolean {
    return this.stream.isClosed;
  }

  write(bytes: Buffer): boolean {
    return this.stream.isLocalDone || this.session.sendData(this.stream, bytes, 0, bytes.length);
  }

  end(): void {
    if (!this.stream.isLocalDone) this.session.sendEnd(this.stream, '');
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    if (this.owed > 0) this.session.consumed(this.stream, this.owed);
    this.owed = 0;
  }

  close(): void {
    this.end();
    this.isClosing = true;
    this.drained();
  }

  /** What was queued has gone out: a stream that is to close does not wait for the peer's end. */
  drained(): void {
    if (!this.isClosing || this.stream.queuedBytes > 0) return;
    if (!this.stream.isRemoteDone) this.session.reset(this.stream, NO_ERROR);
    this.onOver?.();
  }

  destroy(): void {
    this.session.reset(this.stream, CANCEL);
    this.onOver?.();
  }
}
