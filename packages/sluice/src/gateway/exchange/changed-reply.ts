/**
 * An attempt whose reply's head was changed by who stands before the client: written anew and parsed like any other, so that everybody behind (the cache, the client's own side) sees one head
 * and not a head and its edits, and the framing is that of what is sent. Everything else is the attempt's own. About 3 µs, for replies that are changed.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import * as known from '../../core/http1/known-fields.ts';
import { ResponseParser } from '../../core/http1/response-parser.ts';
import { latin1 } from '../../core/http1/text.ts';
import type { TunnelEnd, TunnelListener } from '../tunnel/tunnel-end.ts';
import type { Attempt, HttpVersion } from './exchange.ts';
import { copyFields, fieldPolicy, HOP_BY_HOP } from './field-copy.ts';
import type { CompiledEdits } from './header-edits.ts';

const POLICY = fieldPolicy(HOP_BY_HOP, [known.SET_COOKIE, known.DATE, known.VIA, known.TRAILER]);
const VERSION = 'HTTP/1.1';
/** What the origin's parser has let pass, and some lines of ours. */
const LIMITS = { requestLineBytesMax: 65_536, headerBytesMax: 2 * 1024 * 1024, headersMax: 2048 };

/** The head at `start` with these edits. @param framing `as-is`, or `chunked` where the content is another. */
export function changedHead(
  parser: ResponseParser,
  bytes: Buffer,
  start: number,
  edits: CompiledEdits,
  framing: 'as-is' | 'chunked',
): Buffer {
  const status = latin1(bytes, start + VERSION.length, start + parser.fieldsStart);
  const { fields, connection, bodyKind, contentLength } = parser;
  const { nominated } = connection;
  const kept = copyFields({ fields, bytes, start: start + parser.fieldsStart, lead: 0, policy: POLICY, nominated, drops: edits.drops });
  let text = VERSION + status + kept + edits.lines;
  if (bodyKind === 'chunked' || (bodyKind !== 'none' && framing === 'chunked')) text += 'Transfer-Encoding: chunked\r\n';
  else if (contentLength >= 0 && framing === 'as-is') text += `Content-Length: ${contentLength}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

export class ChangedReply implements Attempt {
  readonly parser: ResponseParser;
  private readonly attempt: Attempt;

  /**
   * @param head From `changedHead`.
   * @param parser May be used for another reply once this one's head has been passed on.
   */
  constructor(attempt: Attempt, head: Buffer, isHead: boolean, parser: ResponseParser = changedReplyParser()) {
    this.attempt = attempt;
    this.parser = parser;
    parser.begin();
    const end = parser.parse(head, 0, head.length, isHead);
    assert(end === head.length, 'a head that was sound is sound with our edits');
  }

  get version(): HttpVersion {
    return this.attempt.version;
  }

  get slot(): number {
    return this.attempt.slot;
  }

  get sentAt(): Instant {
    return this.attempt.sentAt;
  }

  get isHedge(): boolean {
    return this.attempt.isHedge;
  }

  get isReused(): boolean {
    return this.attempt.isReused;
  }

  get hasAnswered(): boolean {
    return this.attempt.hasAnswered;
  }

  get isReplying(): boolean {
    return this.attempt.isReplying;
  }

  get grpcStatus(): number {
    return this.attempt.grpcStatus;
  }

  get isCounted(): boolean {
    return this.attempt.isCounted;
  }

  set isCounted(isCounted: boolean) {
    this.attempt.isCounted = isCounted;
  }

  sendBody(bytes: Buffer, start: number, end: number): boolean {
    return this.attempt.sendBody(bytes, start, end);
  }

  sendEnd(): void {
    this.attempt.sendEnd();
  }

  resume(): void {
    this.attempt.resume();
  }

  discard(): void {
    this.attempt.discard();
  }

  detach(listener: TunnelListener): TunnelEnd {
    return this.attempt.detach(listener);
  }
}

/** For heads of any size that an origin's parser lets pass. */
export function changedReplyParser(): ResponseParser {
  return new ResponseParser(LIMITS);
}
