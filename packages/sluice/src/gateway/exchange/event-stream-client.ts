/**
 * The client's side of an event stream (server-sent events): stands before the real one, so that the stream can be ended before its time where nothing is lost: after an
 * event, with the end that the framing has for it. The client comes back by itself and says which event was its last (HTML, §9.2.3 and §9.2.4). In the middle of an
 * event it waits for the rest; a stream that stays silent there is cut with whatever asked for its end. Other replies pay nothing for this.
 */
import { fieldOf } from '../grpc/call.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { LongLived } from '../tunnel/long-lived.ts';
import type { Attempt, Client, Exchange } from './exchange.ts';
import { PassingClient } from './passing-client.ts';

/** The reply whose head stands at `start` is an event stream: it may be silent for long, and can be ended early, unless its coding hides where events end. */
export function followEventStream(exchange: Exchange, listener: ListenerContext, attempt: Attempt, bytes: Buffer, start: number): void {
  exchange.silenceMs = listener.plan.timeouts.upgradeIdleMs;
  if (exchange.isHead || fieldOf(attempt.parser, bytes, start, 'content-encoding') !== null) return;
  const stream = new EventStreamClient(exchange.client, exchange, listener);
  exchange.client = stream;
  listener.worker.longLived.add(stream);
}

const LF = 0x0a;
const CR = 0x0d;

class EventStreamClient extends PassingClient implements LongLived {
  readonly listener: object;
  private readonly exchange: Exchange;
  /** The last bytes of content, the latest lowest: an event ends with an empty line, in any of three line ends. */
  private tail = 0;
  private isLeaving = false;

  constructor(client: Client, exchange: Exchange, listener: object) {
    super(client);
    this.exchange = exchange;
    this.listener = listener;
  }

  get slot(): number {
    return this.exchange.endpoint;
  }

  get isOver(): boolean {
    return this.exchange.isOver;
  }

  leave(): void {
    this.isLeaving = true;
    if (this.isBetweenEvents) this.finish();
  }

  override replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    for (let at = Math.max(start, end - 4); at < end; at++) this.tail = (this.tail << 8) | bytes[at]!;
    this.client.replyBody(exchange, bytes, start, end);
  }

  override flushReply(): boolean {
    const hasRoom = this.client.flushReply();
    if (this.isLeaving && this.isBetweenEvents) this.finish();
    return hasRoom;
  }

  /** Before the first byte, or after an empty line: LF LF, CR CR, or CR LF CR LF. */
  private get isBetweenEvents(): boolean {
    const last = this.tail & 0xff;
    const before = (this.tail >>> 8) & 0xff;
    if (this.tail === 0) return true;
    if (last === before) return last === LF || last === CR;
    return last === LF && before === CR && ((this.tail >>> 16) & 0xff) === LF;
  }

  private finish(): void {
    const { exchange } = this;
    if (exchange.isOver) return;
    exchange.service?.abandon(exchange);
    this.client.onReplyEnd(exchange, '');
  }
}
