/** A client's request body on its way in: decoded, bounded in time (silence and mean rate), kept as long as another attempt may need it. */
import { BodyDecoder, type BodySink } from '../../core/http1/body-decoder.ts';
import type { Fault } from '../../core/http1/fault.ts';
import { REFUSED } from '../../core/http1/field-section.ts';
import type { Http1Limits } from '../../config/plan.ts';
import { type Exchange, REPLAY_BYTES_MAX } from '../exchange/exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { trailerLines } from '../exchange/trailers.ts';

export class RequestBody implements BodySink {
  private readonly listener: ListenerContext;
  private decoder: BodyDecoder;
  private limits: Http1Limits;
  /** Null: what comes is read away. */
  private exchange: Exchange | null = null;
  private startedAt = 0;
  /** The client must wait: nothing takes the content now. */
  mustPause = false;

  constructor(listener: ListenerContext) {
    this.listener = listener;
    this.limits = listener.plan.http1;
    this.decoder = new BodyDecoder(this.limits);
  }

  /** Begins the body of an exchange. */
  start(exchange: Exchange, length: number): void {
    this.exchange = exchange;
    this.startedAt = exchange.expectsContinue ? Infinity : exchange.startedAt;
    if (this.limits !== this.listener.plan.http1) {
      this.limits = this.listener.plan.http1; // a reload may have changed them
      this.decoder = new BodyDecoder(this.limits);
    }
    this.decoder.start(exchange.bodyKind, length);
  }

  /** The exchange is over: neither it nor its content is held by a connection that may be idle for long. */
  release(): void {
    this.exchange = null;
    if (this.decoder.isDone) this.decoder.start('none', 0);
  }

  /** The client waits for a 100 no longer: from now on it can be late. */
  asked(): void {
    if (this.startedAt === Infinity) this.startedAt = this.listener.worker.coarseNow;
  }

  /** Why it was refused. */
  get fault(): Fault {
    return this.decoder.fault!;
  }

  get isDone(): boolean {
    return this.decoder.isDone;
  }

  /** Content bytes so far. */
  get received(): number {
    return this.decoder.received;
  }

  /** Takes bytes. @returns The index of the first byte behind the body, or REFUSED. */
  feed(bytes: Buffer, from: number): number {
    this.mustPause = false;
    this.asked();
    const at = this.decoder.feed(bytes, from, bytes.length, this);
    const { exchange } = this;
    if (at === REFUSED || !this.decoder.isDone || exchange === null) return at;
    exchange.isRequestDone = true;
    exchange.requestTrailers = trailerLines(this.decoder.trailers);
    exchange.current?.sendEnd();
    return at;
  }

  /** Both bounds in one number: silence, and the moment at which the mean rate would be too low. Infinity while the client waits for a 100. */
  get deadline(): number {
    if (this.startedAt === Infinity) return Infinity;
    const { bodyIdleMs, bodyRateMin, bodyGraceMs } = this.listener.plan.timeouts;
    const idle = this.listener.worker.coarseNow + bodyIdleMs;
    if (bodyRateMin === 0) return idle;
    return Math.min(idle, this.startedAt + Math.max(bodyGraceMs, (this.decoder.received / bodyRateMin) * 1000));
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.bytesIn += end - start;
    this.listener.worker.noteUpload(end - start);
    const part = (bytes as Buffer).subarray(start, end);
    const { current } = exchange;
    if (current === null) {
      exchange.keepBody(part);
      this.mustPause = exchange.partsBytes > REPLAY_BYTES_MAX;
      return;
    }
    if (exchange.isReplayable && exchange.partsBytes + part.length <= REPLAY_BYTES_MAX) exchange.keepBody(part);
    else exchange.forgetBody();
    if (!current.sendBody(part, 0, part.length)) this.mustPause = true;
  }
}
