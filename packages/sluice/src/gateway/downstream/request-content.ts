/**
 * A request's content on its way up, whichever version of HTTP brought it: bounded in time (silence and mean rate), kept as long as another attempt may need
 * it, passed on as soon as there is somebody to take it.
 */
import { type ContentDecoder, type Exchange, REPLAY_BYTES_MAX } from '../exchange/exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';

const REFUSED_CONTENT: UpstreamFailure = { status: 502, log: 'client-error', outcome: 'ok', retryOn: null, isUnsent: false };

export class RequestContent {
  private readonly listener: ListenerContext;
  /** Null: what comes is read away. */
  private exchange: Exchange | null = null;
  private startedAt = 0;
  /** The client must wait: nothing takes the content now. */
  mustPause = false;

  constructor(listener: ListenerContext) {
    this.listener = listener;
  }

  /** Begins the content of an exchange. */
  start(exchange: Exchange): void {
    this.exchange = exchange;
    this.startedAt = exchange.expectsContinue ? Infinity : exchange.startedAt;
  }

  /** The exchange is over: neither it nor its content is held by a connection that may be idle for long. */
  release(): void {
    this.exchange = null;
  }

  /** The client waits for a 100 no longer: from now on it can be late. */
  asked(): void {
    if (this.startedAt === Infinity) this.startedAt = this.listener.worker.coarseNow;
  }

  /**
   * When the next of it is due: silence, and the moment at which the mean rate would be too low, in one number. Infinity while the client waits for a 100.
   * @param received Bytes of content so far.
   */
  deadline(received: number): number {
    if (this.startedAt === Infinity) return Infinity;
    const { bodyIdleMs, bodyRateMin, bodyGraceMs, upgradeIdleMs } = this.listener.plan.timeouts;
    if (this.exchange?.isGrpc === true) return this.listener.worker.coarseNow + upgradeIdleMs; // messages come when there is something to say
    const idle = this.listener.worker.coarseNow + bodyIdleMs;
    if (bodyRateMin === 0) return idle;
    return Math.min(idle, this.startedAt + Math.max(bodyGraceMs, (received / bodyRateMin) * 1000));
  }

  /** Takes content; `coded` must not change any more. */
  take(coded: Buffer): void {
    const { exchange } = this;
    if (exchange === null) return;
    exchange.bytesIn += coded.length;
    this.listener.worker.noteUpload(coded.length);
    if (exchange.bytesIn > exchange.contentBytesMax) return this.refuse(exchange, 413);
    const part = exchange.contentDecoder === null ? coded : this.decoded(exchange, exchange.contentDecoder, coded);
    if (part === null) return;
    const { current } = exchange;
    if (current === null) {
      exchange.keepBody(part);
      this.mustPause = exchange.partsBytes > exchange.keptBytesMax;
      exchange.parked?.grew(part.length);
      exchange.tellReaders();
      return;
    }
    if (exchange.isReplayable && exchange.partsBytes + part.length <= REPLAY_BYTES_MAX) exchange.keepBody(part);
    else exchange.forgetBody();
    if (!current.sendBody(part, 0, part.length)) this.mustPause = true;
  }

  /** That was all. @param trailers Field lines, each with CRLF. */
  end(trailers: string): void {
    const { exchange } = this;
    if (exchange === null) return;
    if (exchange.contentDecoder?.isWhole === false) return this.refuse(exchange, 400);
    exchange.isRequestDone = true;
    exchange.requestTrailers = trailers;
    exchange.current?.sendEnd();
    exchange.tellReaders();
  }

  private decoded(exchange: Exchange, decoder: ContentDecoder, coded: Buffer): Buffer | null {
    const part = decoder.push(coded);
    if (part === null) this.refuse(exchange, 400);
    return part === null || part.length === 0 ? null : Buffer.from(part.buffer, part.byteOffset, part.length);
  }

  /** Not from here: whoever feeds the content still looks at it. */
  private refuse(exchange: Exchange, status: 400 | 413): void {
    this.exchange = null;
    this.listener.worker.later(() => {
      if (exchange.isOver) return;
      exchange.outcome = 'client-error';
      if (!exchange.isReplyStarted) return exchange.client.replyOwn(exchange, { status });
      exchange.stop(); // the endpoint answers a request that never becomes whole
      exchange.client.onReplyCut(exchange, REFUSED_CONTENT);
    });
  }
}
