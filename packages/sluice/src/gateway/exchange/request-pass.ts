/**
 * A request on its way through its route's filters: what they look at (`view`), what they change of it (edits, path), and where it goes on. It runs in the event that brought the head; a
 * stage that has to wait keeps the head (a copy of its bytes, and its parser), and the pass goes on from there when its answer has come. Made only for routes that have filters.
 */
import type { RouteFilters } from '../filters/route-filters.ts';
import type { OwnAnswer } from '../downstream/reply-writer.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { Exchange } from './exchange.ts';
import { type CompiledEdits, dropsOf, joinEdits, NO_EDITS } from './header-edits.ts';
import type { PeerIdentity } from './forwarding.ts';
import { ANSWERED, type FilterVerdict, WAIT } from './filter-stage.ts';
import type { RequestView } from './request-view.ts';
import type { RouteParameters, RouteRuntime } from './route-runtime.ts';

/** A request whose route is known. */
export interface RoutedRequest {
  readonly exchange: Exchange;
  readonly requester: PassRequester;
  readonly route: RouteRuntime;
  readonly view: RequestView;
  /** `Host` as the client asked; for the origin and for what is said about the client. */
  readonly askedHost: string;
  readonly parameters: RouteParameters;
  /** Edits of the request on top of the route's. */
  readonly edits: CompiledEdits;
  /** Path and query for the origin, where a filter has changed them; null: as they came, or as the route rewrites them. */
  readonly target: string | null;
}

/** What follows when all have let it pass. `intake.ts` is it. */
type Forward = (request: RoutedRequest) => void;

/** Whose request it is. */
export interface PassRequester {
  readonly listener: ListenerContext;
  readonly identity: PeerIdentity;
  isClosing: boolean;
  deadline: number;
  /** Ends the exchange without a reply, as an origin that breaks would: the connection is reset, or the stream. Not while its head is being dealt with. */
  abort(exchange: Exchange): void;
}

export class RequestPass implements RoutedRequest {
  /** A filter may put another in its place: then what follows happens to that one (`caching/`: a fetch that outlives the client). */
  exchange: Exchange;
  readonly requester: PassRequester;
  readonly route: RouteRuntime;
  readonly filters: RouteFilters;
  /** The request's head. */
  view: RequestView;
  readonly askedHost: string;
  parameters: RouteParameters;
  edits: CompiledEdits = NO_EDITS;
  target: string | null = null;
  private readonly forward: Forward;
  /** Place of the stage that comes next. */
  private at: number;
  private isHeld = false;
  /** In the event that brought the head: its parser is given back by who called. */
  private isStarting = false;

  constructor(init: {
    exchange: Exchange;
    requester: PassRequester;
    route: RouteRuntime;
    filters: RouteFilters;
    view: RequestView;
    askedHost: string;
    parameters: RouteParameters;
    forward: Forward;
    /** Place of the first stage; 0 if left out. */
    at?: number;
  }) {
    this.exchange = init.exchange;
    this.requester = init.requester;
    this.route = init.route;
    this.filters = init.filters;
    this.view = init.view;
    this.askedHost = init.askedHost;
    this.parameters = init.parameters;
    this.forward = init.forward;
    this.at = init.at ?? 0;
  }

  get listener(): ListenerContext {
    return this.requester.listener;
  }

  get isTls(): boolean {
    return this.requester.identity.tls !== null;
  }

  /** `http` or `https`, as the client's connection to us is. */
  get scheme(): 'http' | 'https' {
    return this.isTls ? 'https' : 'http';
  }

  /** Sets a header of the request as it goes upstream. @param name As to be sent; every field of this name or an alias of it goes. @param value Latin1 without control characters. */
  setHeader(name: string, value: string): void {
    this.edits = joinEdits(this.edits, { drops: dropsOf([name]), lines: `${name}: ${value}\r\n` });
  }

  removeHeader(name: string): void {
    this.edits = joinEdits(this.edits, { drops: dropsOf([name]), lines: '' });
  }

  edit(edits: CompiledEdits): void {
    this.edits = joinEdits(this.edits, edits);
  }

  /** Answers the request: `return pass.answer({ status: 403 })`. */
  answer(answer: OwnAnswer): typeof ANSWERED {
    this.exchange.answeredBy = this.filters.kindAt(this.at - 1);
    this.exchange.client.replyOwn(this.exchange, answer);
    return ANSWERED;
  }

  /** Waits for a verdict; a rejection answers 500. The promise must settle in bounded time. */
  wait(verdict: Promise<FilterVerdict>): typeof WAIT {
    this.hold();
    verdict.then(
      (settled) => this.resume(settled),
      (error: unknown) => this.fail(error),
    );
    return WAIT;
  }

  /** Keeps the head beyond this event. Before the first `await` of a stage that looks at the request afterwards. */
  hold(): void {
    if (this.isHeld) return;
    this.isHeld = true;
    this.view = this.view.detached();
    this.parameters = { params: [...this.parameters.params], rest: this.parameters.rest, paramNames: this.parameters.paramNames };
  }

  /** Whether somebody keeps the parser. */
  get holdsParser(): boolean {
    return this.isHeld;
  }

  /** Starts the way through the stages. */
  start(): void {
    this.isStarting = true;
    this.run();
    this.isStarting = false;
  }

  /** Goes on behind the stage that waited. */
  resume(verdict: FilterVerdict): void {
    if (verdict === WAIT) return;
    if (this.exchange.trace !== null) this.exchange.trace.stageOver(this.listener.worker.clock.now());
    if (verdict === ANSWERED) this.filters.countAnswer(this.at - 1);
    if (this.exchange.isOver || this.exchange.isAnswered || verdict === ANSWERED) return this.release();
    this.run();
  }

  /** A stage failed in a way that is nobody's but ours (or the user's who wrote it). */
  fail(error: unknown): void {
    this.filters.failed(this.at - 1, error);
    if (!this.exchange.isOver && !this.exchange.isReplyStarted && !this.exchange.isAnswered) {
      this.exchange.outcome = 'internal-error';
      this.exchange.answeredBy = this.filters.kindAt(this.at - 1);
      this.exchange.client.replyOwn(this.exchange, { status: 500 });
    }
    this.release();
  }

  private run(): void {
    const { stages } = this.filters;
    try {
      while (this.at < stages.length) {
        const verdict = stages[this.at++]!.onRequest(this);
        if (verdict === WAIT) return this.noteWait();
        if (verdict === ANSWERED) this.filters.countAnswer(this.at - 1);
        if (verdict === ANSWERED || this.exchange.isOver) return this.release();
      }
    } catch (error) {
      return this.fail(error);
    }
    this.forward(this);
    this.release();
  }

  private noteWait(): void {
    this.exchange.trace?.stage(this.filters.kindAt(this.at - 1), this.listener.worker.clock.now());
  }

  private release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (!this.isStarting) this.listener.worker.giveParser(this.view.parser);
  }
}
