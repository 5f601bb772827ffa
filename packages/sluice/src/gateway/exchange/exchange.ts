/**
 * One request and its reply. It holds what outlives the bytes it was parsed from: the head as it goes upstream, the body that has come but is not sent yet, how
 * far the reply is, and what the metrics and the access log will say. Who acts on it: `downstream/` feeds it and ends it,
 * `service/` finds it an endpoint, `upstream/` answers it.
 */
import type { Instant } from '../../base/time.ts';
import type { AffinityRequest } from '../../core/affinity/affinity.ts';
import type { BodyKind } from '../../core/http1/framing.ts';
import type { AccessOutcome } from '../../observe/access-log.ts';
import type { ResponseParser } from '../../core/http1/response-parser.ts';
import type { RoutePlan, ServicePlan } from '../../config/plan.ts';
import type { FilterKind } from '../../core/filters/filter-kinds.ts';
import type { CacheVerdict } from '../../observe/cache-verdict.ts';
import { type CompiledEdits, joinEdits, keptLines, NO_EDITS } from './header-edits.ts';
import type { RequestView } from './request-view.ts';
import type { ExchangeTrace } from '../tracing/exchange-trace.ts';
import type { TunnelEnd, TunnelListener } from '../tunnel/tunnel-end.ts';
import type { UpstreamFailure } from '../upstream/upstream-failure.ts';

/** A request body up to this size is kept until the reply begins, so that an idempotent request can be sent again. */
export const REPLAY_BYTES_MAX = 64 * 1024;
/** Pieces of kept content that are smaller are joined. */
const SMALL_PART_BYTES = 16 * 1024;

/** The client's side of an exchange, as the upstream's side sees it. `downstream/http1-connection.ts` is it. */
export interface Client {
  /** Whether the client takes more of the reply now. */
  readonly hasRoom: boolean;
  /** Some of what was written waits in memory for the socket. */
  readonly holdsBytes: boolean;
  /** The upstream socket takes content again. @param attempt Null: there is none yet, but more content is kept than was (`content-wait.ts`). */
  onUpstreamDrain(attempt: Attempt | null): void;
  /** An interim reply's head (1xx but 101). False when there are too many. */
  onInterim(exchange: Exchange, parser: ResponseParser, bytes: Buffer, start: number): boolean;
  /** The final reply's head: an endpoint's, or one of ours that is sent like one (`local-reply.ts`). False when the attempt is over. */
  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean;
  /** Content of the reply. */
  replyBody(exchange: Exchange, bytes: Buffer, start: number, end: number): void;
  /** Sends what was gathered. @returns Whether the client takes more. */
  flushReply(): boolean;
  /** The reply is whole. @param trailers Field lines, each with CRLF. */
  onReplyEnd(exchange: Exchange, trailers: string): void;
  /** The origin failed after its reply's head was accepted. */
  onReplyCut(exchange: Exchange, failure: UpstreamFailure): void;
  /** 101: the head stands at `start`, the tunnel's first bytes at `rest`. */
  onUpgraded(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number, rest: number): void;
  /**
   * A reply that lies ready as text. Nothing has been said of it before.
   * @returns False where it must go as all others do: nothing has happened then.
   */
  replyReady(exchange: Exchange, reply: ReadyReply): boolean;
  /** A reply of our own, whole. */
  replyOwn(exchange: Exchange, reply: { readonly status: number; readonly fields?: string; readonly body?: string }): void;
}

/** A whole reply as latin1 text: head as it goes out over HTTP/1.1, with its length, and content. */
export interface ReadyReply {
  readonly status: number;
  readonly text: string;
  /** Where the content begins. */
  readonly headEnd: number;
}

/** The minor version of HTTP/1, or 2 for HTTP/2. */
export type HttpVersion = 0 | 1 | 2;

/** One sending of an exchange to an endpoint. `upstream/http1-upstream.ts` is it. */
export interface Attempt {
  readonly parser: ResponseParser;
  /** HTTP/1.x that the reply came in; 2 for HTTP/2. For Via. */
  readonly version: HttpVersion;
  /** Slot of the endpoint. */
  readonly slot: number;
  readonly sentAt: Instant;
  /** A second copy beside the first. */
  readonly isHedge: boolean;
  /** Its connection had carried an exchange before. */
  readonly isReused: boolean;
  /** Some byte of the reply has come. */
  readonly hasAnswered: boolean;
  /** The reply's head was passed on. */
  readonly isReplying: boolean;
  /** How a gRPC call has ended; -1 while it has not, or where it is none. */
  readonly grpcStatus: number;
  /** Takes part in the in-flight counts. */
  isCounted: boolean;
  /** Sends more of the request's content. @returns Whether the socket takes more. */
  sendBody(bytes: Buffer, start: number, end: number): boolean;
  /** The request is complete. */
  sendEnd(): void;
  /** The client takes more of the reply. */
  resume(): void;
  /** Ends it at once; nobody is told. */
  discard(): void;
  /** Hands over what carries it to a tunnel. */
  detach(listener: TunnelListener): TunnelEnd;
}

/** The service of an exchange, as the client's side sees it. `service.ts` is it. */
export interface ExchangeService {
  readonly slot: number;
  readonly plan: ServicePlan;
  /** Lets an exchange in, or refuses it. */
  dispatch(exchange: Exchange, now: Instant): void;
  /** A reply's head has come and goes on to the client (true), or another attempt follows. */
  onResponseHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): boolean;
  /** The same for a 101, which goes on by another way. */
  acceptHead(exchange: Exchange, attempt: Attempt, status: number): boolean;
  /** What the reply's head adds: affinity's Set-Cookie lines. Load reports are noted. */
  onReplyHead(exchange: Exchange, attempt: Attempt, bytes: Buffer, start: number): string;
  /** What is under way for the exchange is stopped. */
  abandon(exchange: Exchange): void;
  /** An upgraded connection has closed. */
  tunnelEnded(exchange: Exchange): void;
  /** The exchange is over: what the limits learn from it. */
  exchangeEnded(exchange: Exchange): void;
  /** Fills in what balancing and affinity need of the request. */
  examine(exchange: Exchange, view: RequestView): void;
  addressOf(slot: number): string;
}

/** The route of an exchange. `route-runtime.ts` is it. */
export interface ExchangeRoute {
  readonly plan: RoutePlan;
  /** Row in the metric board. */
  readonly slot: number;
  readonly responseEdits: CompiledEdits;
}

const NONE_TRIED: readonly number[] = [];
const NO_PARTS: Buffer[] = [];

/** A coding of the request's content that ends here. `core/grpc/base64.ts` is it. */
export interface ContentDecoder {
  /** The content may end here. */
  readonly isWhole: boolean;
  /** @returns Null when it cannot be read; then for good. */
  push(bytes: Uint8Array): Uint8Array | null;
}

/** Waits for the request's content. `content-wait.ts` is one. */
export interface ContentReader {
  /** A piece of it has been kept, or that was all (`isRequestDone`). */
  onContent(): void;
}

/** Who holds something for an exchange (a place, a coder, a file) and lets go of it at its end, however that comes. */
export interface ExchangeFollower {
  /** It is over: complete, cut, refused, or its client has gone. Once; must not throw. */
  exchangeOver(exchange: Exchange): void;
}

const NO_FOLLOWERS: readonly ExchangeFollower[] = [];
const NO_READERS: readonly ContentReader[] = [];

/** What the access log wants to know, gathered only where a log is kept. */
export interface LogDetails {
  readonly userAgent: string;
  readonly referer: string;
  readonly host: string;
}

export class Exchange {
  client: Client;
  readonly startedAt: Instant;
  method = '';
  /** Normalised. */
  path = '';
  /** Without its `?`; null when there is none. */
  query: string | null = null;
  clientAddress = '';
  /** What was proved of who asks (`jwt`, `apiKey`); null: nothing. For filters that follow: never changed. */
  claims: Readonly<Record<string, unknown>> | null = null;
  /** Who asks, where a filter has proved it; else empty. */
  user = '';
  requestId = '';
  log: LogDetails | null = null;
  /** What is noted for its trace; null where none are recorded. A fetch of the cache notes for the exchange that began it. */
  trace: ExchangeTrace | null = null;
  isHead = false;
  /** RFC 9110 §9.2.2: may be sent again. */
  isIdempotent = false;
  expectsContinue = false;
  /** The client asked for an upgrade and may have one. */
  isUpgrade = false;
  /** The upgrade is to a WebSocket. */
  isWebSocket = false;
  /** Sec-WebSocket-Key, where one side of the handshake is ours (`web-socket-handshake.ts`). */
  webSocketKey = '';
  minorVersion = 1;
  /** The client speaks HTTP/2: its requests are written as HTTP/1.1 (`minorVersion` 1) all the same. */
  isHttp2 = false;
  /** Content type that a gRPC call is answered with; empty where it is none. */
  grpcType = '';
  /** Turns the request's content into what goes upstream; null: as it comes. */
  contentDecoder: ContentDecoder | null = null;
  /** In place of the route's, for this reply. */
  replyEdits: CompiledEdits | null = null;
  /** What filters say in every reply, in ours too; null: nothing. Also part of `replyEdits`. */
  filterEdits: CompiledEdits | null = null;
  /** Both as they were before somebody said something of one reply alone (`editReply`). */
  private editsBefore: { readonly filter: CompiledEdits | null; readonly reply: CompiledEdits | null } | null = null;
  /** Lines that the service adds to this reply: affinity's Set-Cookie. */
  serviceLines = '';
  /** The cache fetches something for itself: no client waits for just this. */
  isFetch = false;
  /** What the cache did, as the access log and the metrics say it; empty: nothing. */
  cached: CacheVerdict | '' = '';
  /** The filter that answers in place of the service, as the access log says it; empty: none. The cache has `cached`. */
  answeredBy: FilterKind | '' = '';
  /** How a gRPC call has ended, or -1. */
  grpcStatus = -1;

  route: ExchangeRoute | null = null;
  service: ExchangeService | null = null;
  /** 32-bit hash for hashing algorithms. */
  key = 0;
  /** Slot that affinity asks for; -1 = none. */
  wanted = -1;
  /** `kept`, `new`, `stale`, `forged` or empty. */
  affinity = '';
  /** What affinity read of the request; null where there is none. */
  session: AffinityRequest | null = null;
  /** Takes part in half-open trials of the breaker. */
  isTrial = false;

  /** Head as it goes upstream. */
  head = '';
  bodyKind: BodyKind = 'none';
  /** Content that came and is not forgotten: unsent, or kept for another attempt. */
  parts: Buffer[] = NO_PARTS;
  partsBytes = 0;
  /** Content that is kept while nobody takes it; then the client waits. */
  keptBytesMax = REPLAY_BYTES_MAX;
  /** Content beyond this is refused with 413, as it comes. */
  contentBytesMax = Infinity;
  /** Who waits for the content to be whole. */
  readers: readonly ContentReader[] = NO_READERS;
  /** Where small pieces are joined: the last of `parts` is its beginning, up to `tailEnd`. */
  private tail: Buffer | null = null;
  private tailEnd = 0;
  /** The request's last byte has come. */
  isRequestDone = true;
  /** Some content was sent and forgotten: no second attempt. */
  isReplayable = true;
  /** Trailer lines of the request, each with CRLF. */
  requestTrailers = '';
  /** What is left out of its head, and so of its trailers: `,name,`. */
  requestDrops = '';
  bytesIn = 0;

  /** How long the endpoint may be silent within the reply, in ms, where that is more than its pool's bound. */
  silenceMs = 0;
  /** The reply did not become whole. */
  isCut = false;
  /** Final status passed on; 0 while there is none. */
  status = 0;
  /** The reply's head has been handed to the socket's outbox. */
  isReplyStarted = false;
  bytesOut = 0;
  /** It has an answer of ours that has not left yet (a page for it is fetched, a filter looks at it): it goes nowhere else. */
  isAnswered = false;
  isOver = false;
  interims = 0;

  /** Attempts so far. */
  attempts = 0;
  /** Slots tried; shared and empty until something fails. */
  tried: readonly number[] = NONE_TRIED;
  /** A dead pooled connection was already forgiven. */
  isStaleForgiven = false;
  isHedged = false;
  /** Slot picked for the next attempt; -1 = none yet. */
  next = -1;
  /** What the exchange says about its service; empty: nothing. */
  verdict: '' | 'good' | 'failed' = '';
  /** Retries that the budget granted and that must be given back. */
  retriesHeld = 0;
  current: Attempt | null = null;
  rival: Attempt | null = null;
  hedgeTimer: NodeJS.Timeout | null = null;
  retryTimer: NodeJS.Timeout | null = null;
  /** Endpoint that answered, or was tried last. */
  endpoint = -1;
  connectMs = -1;
  firstByteMs = -1;
  /** Latency for the breaker and the limits. */
  serviceLatencyMs = 0;
  /** Absolute bound; Infinity = none. */
  exchangeDeadline = Infinity;
  /** It is the client that set it. */
  isDeadlineAsked = false;
  outcome: AccessOutcome = 'complete';
  /** Where it waits, if it does: gives the place up. */
  leaveQueue: (() => void) | null = null;
  /** Told when it is over. */
  followers: readonly ExchangeFollower[] = NO_FOLLOWERS;
  /** While it waits for an instance: told of content that comes meanwhile. */
  parked: { grew(bytes: number): void } | null = null;

  constructor(client: Client, startedAt: Instant) {
    this.client = client;
    this.startedAt = startedAt;
  }

  /** Its place in a queue. */
  get shedPriority(): RoutePlan['shedPriority'] {
    return this.route!.plan.shedPriority;
  }

  /** Bytes that it holds while it waits for an instance; null: some of its content is gone, and it cannot wait. */
  get heldBytes(): number | null {
    return this.attempts > 0 && !this.isReplayable ? null : this.head.length + this.partsBytes;
  }

  /** What is left out of the reply's head, and added to it. */
  get responseEdits(): CompiledEdits {
    return this.replyEdits ?? this.route?.responseEdits ?? NO_EDITS;
  }

  /** Trailer lines as they go upstream: what only we may say is not said behind the content, either. */
  get sentTrailers(): string {
    return this.requestTrailers === '' ? '' : keptLines(this.requestTrailers, this.requestDrops);
  }

  /** It is a gRPC call, whose status stands in `grpc-status`. */
  get isGrpc(): boolean {
    return this.grpcType !== '';
  }

  /** Whether it may be sent (again) as a whole. */
  get canResend(): boolean {
    return this.isReplayable && this.isRequestDone;
  }

  /**
   * Takes content that cannot be sent yet, or must be kept. `bytes` must not change any more. Small pieces are copied together: by itself each would cost 200 bytes more, and
   * would hold all that was read with it.
   */
  keepBody(bytes: Buffer): void {
    if (this.parts === NO_PARTS) this.parts = [];
    this.partsBytes += bytes.length;
    if (bytes.length >= SMALL_PART_BYTES) {
      this.tail = null;
      this.parts.push(bytes);
      return;
    }
    if (this.tail === null || this.tailEnd + bytes.length > this.tail.length) {
      // Usually nothing follows.
      this.tail = Buffer.allocUnsafe(this.parts.length === 0 ? bytes.length : SMALL_PART_BYTES);
      this.tailEnd = 0;
      this.parts.push(this.tail);
    }
    this.tail.set(bytes, this.tailEnd);
    this.tailEnd += bytes.length;
    this.parts[this.parts.length - 1] = this.tail.subarray(0, this.tailEnd);
  }

  /** Puts other content in the place of what came, all of it. */
  replaceBody(bytes: Buffer): void {
    this.parts = bytes.length === 0 ? NO_PARTS : [bytes];
    this.partsBytes = bytes.length;
    this.tail = null;
  }

  /** Forgets content that was sent: from now on there is one attempt only. */
  forgetBody(): void {
    this.isReplayable = false;
    this.parts = NO_PARTS;
    this.partsBytes = 0;
    this.tail = null;
  }

  /** Adds to what replies leave out and say: to the endpoint's as to our own. */
  addReplyEdits(edits: CompiledEdits): void {
    this.filterEdits = joinEdits(this.filterEdits, edits);
    this.replyEdits = joinEdits(this.responseEdits, edits);
  }

  /** The same for the reply that is being passed on, and no other. */
  editReply(edits: CompiledEdits): void {
    this.editsBefore ??= { filter: this.filterEdits, reply: this.replyEdits };
    this.addReplyEdits(edits);
  }

  /** Nothing of the reply has left, and nothing will: another one follows. */
  takeBackReply(): void {
    this.isReplyStarted = false;
    this.bytesOut = 0;
    if (this.editsBefore === null) return;
    this.filterEdits = this.editsBefore.filter;
    this.replyEdits = this.editsBefore.reply;
    this.editsBefore = null;
  }

  /** Ends whatever is under way for it, or waits: nobody will take its reply. */
  stop(): void {
    if (this.service !== null) return this.service.abandon(this);
    this.leaveQueue?.();
    this.leaveQueue = null;
    this.current?.discard();
    this.current = null;
  }

  /** Has somebody told of content that is kept. */
  addReader(reader: ContentReader): void {
    this.readers = [...this.readers, reader];
  }

  removeReader(reader: ContentReader): void {
    this.readers = this.readers.length === 1 ? NO_READERS : this.readers.filter((each) => each !== reader);
  }

  /** Some of it has been kept, or that was all. */
  tellReaders(): void {
    for (const reader of this.readers) reader.onContent();
  }

  /** Has somebody told of its end. */
  follow(follower: ExchangeFollower): void {
    this.followers = this.followers === NO_FOLLOWERS ? [follower] : [...this.followers, follower];
  }

  addTried(slot: number): void {
    if (slot >= 0) this.tried = [...this.tried, slot];
  }
}
