/**
 * The content of one HTTP/2 request. Small frames of one event are gathered: a client that sends a byte per frame would cost a write for each. Room that the client
 * used is given back once upstream takes the content (RFC 9113 §5.2), so what waits is bounded by the stream's window.
 */
import type { Http2Session } from '../../core/http2/session.ts';
import type { Stream } from '../../core/http2/stream.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { RequestContent } from './request-content.ts';

/** Smaller pieces wait until their event is over, up to so many together. */
const SMALL_BYTES = 1024;
const GATHER_BYTES = 16 * 1024;

export class StreamContent<Owner> extends RequestContent {
  private readonly session: Http2Session<Owner>;
  private readonly stream: Stream<Owner>;
  private received = 0;
  /** Content whose room is given back once upstream takes more. */
  private owed = 0;
  /** Small pieces of this event, up to `gatheredBytes`. */
  private gathered: Buffer | null = null;
  private gatheredBytes = 0;

  constructor(listener: ListenerContext, session: Http2Session<Owner>, stream: Stream<Owner>) {
    super(listener);
    this.session = session;
    this.stream = stream;
  }

  /** Upstream does not take what is here. */
  get isStuck(): boolean {
    return this.owed > 0;
  }

  /** Something was gathered: `passOn` when the event is over. */
  get isHolding(): boolean {
    return this.gathered !== null;
  }

  /** When the next of it is due: see `deadline`. */
  get dueAt(): number {
    return this.deadline(this.received);
  }

  /** Takes a piece, whose memory is not written to again. @returns Whether it is the first that is held. */
  receive(part: Buffer): boolean {
    this.received += part.length;
    if (part.length < SMALL_BYTES) return this.gather(part);
    this.passOn();
    this.pass(part);
    return false;
  }

  /** Passes on what was gathered. */
  passOn(): void {
    const { gathered, gatheredBytes } = this;
    if (gathered === null) return;
    this.gathered = null;
    this.pass(gathered.length === gatheredBytes ? gathered : gathered.subarray(0, gatheredBytes));
  }

  /** The stream was reset: what was gathered is nobody's. */
  drop(): void {
    this.gathered = null;
  }

  /** Upstream takes more. */
  giveRoom(): void {
    this.session.consumed(this.stream, this.owed);
    this.owed = 0;
  }

  /** The first piece waits where it is, since usually no other follows; a second one moves both. */
  private gather(part: Buffer): boolean {
    if (this.gathered !== null && this.gatheredBytes + part.length > GATHER_BYTES) this.passOn();
    const { gathered, gatheredBytes } = this;
    if (gathered === null) {
      this.gathered = part;
      this.gatheredBytes = part.length;
      return true;
    }
    if (gathered.length < GATHER_BYTES) {
      this.gathered = Buffer.allocUnsafe(GATHER_BYTES);
      this.gathered.set(gathered);
    }
    this.gathered!.set(part, gatheredBytes);
    this.gatheredBytes += part.length;
    return false;
  }

  private pass(part: Buffer): void {
    this.asked();
    this.mustPause = false;
    this.take(part);
    if (this.mustPause) this.owed += part.length;
    else this.session.consumed(this.stream, part.length);
  }
}
