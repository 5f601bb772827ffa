/** What stands for an attempt whose reply's head was kept: the head in memory of its own, since the attempt's parser may be another exchange's by now. */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import type { Attempt, Exchange, HttpVersion } from '../exchange/exchange.ts';
import type { TunnelEnd } from '../tunnel/tunnel-end.ts';

/** Of what was understood once. The parser's memory goes by the number of fields, so that is what there are. */
const LIMITS = { requestLineBytesMax: 65_536, headerBytesMax: 1024 * 1024 };

export class HeldAttempt implements Attempt {
  readonly parser: ResponseParser;
  readonly version: HttpVersion;
  readonly slot: number;
  readonly sentAt: Instant;
  readonly isHedge: boolean;
  readonly isReused: boolean;
  readonly hasAnswered = true;
  readonly isReplying = false;
  readonly grpcStatus: number;
  isCounted = false;
  private readonly exchange: Exchange;

  /** @param head A whole head that was understood once. */
  constructor(exchange: Exchange, attempt: Attempt, head: Buffer) {
    this.exchange = exchange;
    this.version = attempt.version;
    this.slot = attempt.slot;
    this.sentAt = attempt.sentAt;
    this.isHedge = attempt.isHedge;
    this.isReused = attempt.isReused;
    this.grpcStatus = attempt.grpcStatus;
    this.parser = new ResponseParser({ ...LIMITS, headersMax: attempt.parser.fields.count + 1 });
    this.parser.begin();
    const end = this.parser.parse(head, 0, head.length, exchange.isHead);
    assert(end === head.length, 'a head that was understood once is understood again');
  }

  resume(): void {
    this.exchange.current?.resume();
  }

  discard(): void {
    this.exchange.stop();
  }

  sendBody(): boolean {
    return true;
  }

  sendEnd(): void {}

  detach(): TunnelEnd {
    throw new Error('a held reply is no tunnel');
  }
}
