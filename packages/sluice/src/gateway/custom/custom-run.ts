/**
 * One request's way through a user's filter. Whatever the filter does (answers, hands on, throws, hangs, calls twice, comes back when all is over), the request has exactly one end and the
 * worker goes on. A filter that is no `async` function and returns nothing, or `next()`, costs no promise, and its reply is not held.
 */
import { ContentTooLarge, type FilterFunction, type FilterReply } from '../../core/filters/custom-filter.ts';
import { type CheckedAnswer, checkAnswer } from '../../core/filters/filter-answer.ts';
import type { Exchange, ExchangeFollower } from '../exchange/exchange.ts';
import { LocalReply } from '../exchange/local-reply.ts';
import { reasonPhrase } from '../../core/http1/reason-phrase.ts';
import type { Instant } from '../../base/time.ts';
import { ANSWERED, type FilterContext, type FilterVerdict, PASS, type RequestPass, WAIT } from '../filters/filter.ts';
import type { Sweepable } from '../sweeper.ts';
import type { CustomReply } from './custom-reply.ts';
import { CustomRequest } from './custom-request.ts';
import { PendingReply } from './pending-reply.ts';
import { type HoldOwner, ReplyHold } from './reply-hold.ts';

/** Larger answers are sent like an endpoint's. */
const SMALL_BYTES = 64 * 1024;

/** The filter that is run. `filters/custom.ts` makes it. */
export interface RunnableFilter {
  readonly name: string;
  readonly call: FilterFunction;
  readonly options: unknown;
  readonly timeoutMs: number;
  readonly context: FilterContext;
}

export class CustomRun implements Sweepable, HoldOwner, ExchangeFollower {
  deadline = Infinity;
  sweepIndex = -1;
  private readonly filter: RunnableFilter;
  private readonly pass: RequestPass;
  /** The one that it was called for; who stands further in may put another in its place (`RequestPass.exchange`). */
  private readonly exchange: Exchange;
  private readonly request: CustomRequest;
  /** Before it hands the request on; afterwards, until there is a reply; with a reply; done. */
  private phase: 'asking' | 'waiting' | 'replying' | 'over' = 'asking';
  private isStarting = true;
  private pending: PendingReply | null = null;
  private hold: ReplyHold | null = null;
  private reply: CustomReply | null = null;

  constructor(filter: RunnableFilter, pass: RequestPass) {
    this.filter = filter;
    this.pass = pass;
    this.exchange = pass.exchange;
    this.request = new CustomRequest(pass);
  }

  /** What it throws, the pass answers. */
  start(): FilterVerdict {
    const { filter } = this;
    let result: unknown;
    try {
      result = filter.call(this.request, () => this.next(), filter.options);
    } catch (error) {
      this.phase = 'over';
      this.request.over('the filter has failed');
      throw this.named(error);
    }
    this.isStarting = false;
    if (result === undefined && this.pending?.isWatched === true) result = this.pending; // it looks at the reply all the same
    if (result === undefined || (result === this.pending && !this.pending!.isWatched)) {
      this.phase = 'over';
      this.request.leave(false);
      return PASS;
    }
    if (isThenable(result)) return this.startWaiting(result);
    this.end('the filter has answered');
    try {
      this.send(checkAnswer(result));
    } catch (error) {
      throw this.named(error);
    }
    return ANSWERED;
  }

  // ---- HoldOwner

  onReply(reply: CustomReply): void {
    if (this.phase !== 'waiting') return;
    this.phase = 'replying';
    this.reply = reply;
    this.deadline = this.now() + this.filter.timeoutMs;
    this.pending!.settle(reply);
  }

  onOverruled(): void {
    this.end('the client has its answer already');
  }

  // ---- ExchangeFollower

  exchangeOver(): void {
    if (this.phase !== 'over') this.leave();
  }

  // ---- Sweepable

  onDeadline(): void {
    if (this.phase === 'waiting') {
      this.deadline = Infinity; // it is the service that takes its time, under deadlines of its own
      return;
    }
    this.failed(new Error(`has neither answered nor handed on within ${this.filter.timeoutMs} ms`));
    this.conclude(() => this.send({ status: 504, fields: '', body: new Uint8Array(0) }, true), 'it took too long');
  }

  // ---- the filter's doing

  private next(): Promise<FilterReply> {
    if (this.pending !== null) throw new TypeError('next() was called twice: a request goes on once');
    const pending = new PendingReply();
    this.pending = pending;
    if (this.phase === 'over') pending.fail('the filter has answered, or took too long');
    else if (!this.isStarting) {
      this.handOn();
      this.pass.resume(PASS);
    }
    return pending;
  }

  private startWaiting(result: PromiseLike<unknown>): FilterVerdict {
    const { worker } = this.filter.context;
    worker.sweeper.add(this);
    this.exchange.follow(this);
    result.then(
      (settled) => this.returned(settled),
      (error: unknown) => this.threw(error),
    );
    if (this.phase === 'over') return WAIT; // no promise, but something like one, that has settled at once: all is done
    if (this.pending !== null) {
      this.handOn();
      return PASS;
    }
    this.deadline = this.now() + this.filter.timeoutMs;
    this.pass.hold();
    return WAIT;
  }

  /** The request goes on; its reply will be shown to the filter. */
  private handOn(): void {
    const { exchange } = this;
    this.request.leave(true);
    this.phase = 'waiting';
    this.deadline = Infinity; // from now on it is the service that takes its time
    this.hold = new ReplyHold(exchange.client, exchange, this);
    exchange.client = this.hold;
  }

  private returned(result: unknown): void {
    if (this.phase === 'over') return;
    if (this.isTooLate) return this.leave();
    if (result === undefined || result === this.reply) {
      if (this.phase === 'asking') return this.goOnAlone();
      const { hold, reply } = this;
      this.end('the filter has returned');
      if (reply === null) hold!.pass();
      else hold!.release();
      return;
    }
    try {
      const answer = checkAnswer(result);
      this.conclude(() => this.send(answer), 'the filter has answered');
    } catch (error) {
      this.threw(error);
    }
  }

  /** It is over, or has its answer from elsewhere while it has not even gone on. */
  private get isTooLate(): boolean {
    return this.exchange.isOver || (this.phase === 'asking' && this.exchange.isAnswered);
  }

  /** It has said nothing and asked for nothing. */
  private goOnAlone(): void {
    this.request.leave(false);
    this.end('the filter has returned');
    this.pass.resume(PASS);
  }

  private threw(error: unknown): void {
    if (this.phase === 'over') return;
    if (this.isTooLate) return this.leave();
    if (error instanceof ContentTooLarge && error.of === 'request') {
      return this.conclude(() => this.send({ status: 413, fields: '', body: new Uint8Array(0) }, true), error.message);
    }
    this.failed(error);
    this.conclude(() => this.send({ status: 500, fields: '', body: new Uint8Array(0) }, true), 'the filter has failed');
  }

  // ---- the end

  /** The client has gone. */
  private leave(): void {
    const isAsking = this.phase === 'asking';
    this.end('the client has gone');
    this.hold?.leave();
    if (isAsking) this.pass.resume(PASS); // it goes nowhere, and gives back what it holds
  }

  /** Ends the run with a reply of its own. */
  private conclude(answer: () => void, why: string): void {
    const isAsking = this.phase === 'asking';
    this.end(why);
    this.hold?.drop();
    answer();
    if (isAsking) this.pass.resume(ANSWERED);
    else this.pass.filters.countAnswer(this.filter.context.index);
  }

  private end(why: string): void {
    this.phase = 'over';
    this.filter.context.worker.sweeper.remove(this);
    this.request.over(why);
    this.pending?.fail(why);
  }

  /** @param isRefusal Of ours, in our words. */
  private send({ status, fields, body }: CheckedAnswer, isRefusal = false): void {
    const { exchange } = this;
    if (exchange.isOver || exchange.isReplyStarted) return;
    exchange.answeredBy = 'custom';
    if (this.hold !== null) exchange.client = this.hold.outer; // who stands further in has no part in this
    if (isRefusal) {
      if (status >= 500) exchange.outcome = 'internal-error';
      return exchange.client.replyOwn(exchange, { status });
    }
    if (body.length <= SMALL_BYTES)
      return exchange.client.replyOwn(exchange, { status, fields, body: Buffer.from(body).toString('latin1') });
    exchange.stop();
    const reply = new LocalReply(exchange, { resume() {}, stop() {} });
    if (!reply.start(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${fields}Content-Length: ${body.length}\r\n\r\n`)) return;
    if (reply.parser.bodyKind !== 'none') reply.write(Buffer.from(body.buffer, body.byteOffset, body.length), 0, body.length);
    reply.end();
  }

  private failed(error: unknown): void {
    const { index } = this.filter.context;
    this.pass.filters.failed(index, this.named(error));
  }

  private named(error: unknown): Error {
    const text = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error);
    return new Error(`${this.filter.name}: ${text}`, { cause: error });
  }

  private now(): Instant {
    return this.filter.context.worker.clock.now();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
