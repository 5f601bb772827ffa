/** A client's HTTP/1.1 request body: decoded, and passed on as content. */
import { BodyDecoder, type BodySink } from '../../core/http1/body-decoder.ts';
import type { Fault } from '../../core/http1/fault.ts';
import { REFUSED } from '../../core/http1/field-section.ts';
import type { Http1Limits } from '../../config/plan.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { trailerLines } from '../exchange/trailers.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import { RequestContent } from './request-content.ts';

export class RequestBody implements BodySink {
  private readonly listener: ListenerContext;
  private readonly content: RequestContent;
  private decoder: BodyDecoder;
  private limits: Http1Limits;

  constructor(listener: ListenerContext) {
    this.listener = listener;
    this.content = new RequestContent(listener);
    this.limits = listener.plan.http1;
    this.decoder = new BodyDecoder(this.limits);
  }

  /** Begins the body of an exchange. */
  start(exchange: Exchange, length: number): void {
    this.content.start(exchange);
    if (this.limits !== this.listener.plan.http1) {
      this.limits = this.listener.plan.http1; // a reload may have changed them
      this.decoder = new BodyDecoder(this.limits);
    }
    this.decoder.start(exchange.bodyKind, length);
  }

  /** The exchange is over. */
  release(): void {
    this.content.release();
    if (this.decoder.isDone) this.decoder.start('none', 0);
  }

  /** The client waits for a 100 no longer: from now on it can be late. */
  asked(): void {
    this.content.asked();
  }

  /** Why it was refused. */
  get fault(): Fault {
    return this.decoder.fault!;
  }

  get isDone(): boolean {
    return this.decoder.isDone;
  }

  /** The client must wait: nothing takes the content now. */
  get mustPause(): boolean {
    return this.content.mustPause;
  }

  /** Content bytes so far. */
  get received(): number {
    return this.decoder.received;
  }

  get deadline(): number {
    return this.content.deadline(this.decoder.received);
  }

  /** Takes bytes. @returns The index of the first byte behind the body, or REFUSED. */
  feed(bytes: Buffer, from: number): number {
    this.content.mustPause = false;
    this.content.asked();
    const at = this.decoder.feed(bytes, from, bytes.length, this);
    if (at !== REFUSED && this.decoder.isDone) this.content.end(trailerLines(this.decoder.trailers));
    return at;
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    this.content.take((bytes as Buffer).subarray(start, end));
  }
}
