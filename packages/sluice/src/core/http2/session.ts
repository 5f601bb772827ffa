/**
 * An HTTP/2 connection (RFC 9113) without its socket: bytes and commands in, events (`SessionSink`) and bytes (`output`) out. Both roles. Knows no timers:
 * `deadline` says when `onDeadline` is due (`gateway/sweeper.ts` fits).
 */
import type { Instant } from '../../base/time.ts';
import type { FatalCause } from './session-sink.ts';
import type { Stream } from './stream.ts';

/** Where output goes: a socket. */
export interface OutputTarget {
  /** Takes `bytes[start, end)`, in order. */
  write(bytes: Uint8Array, start: number, end: number): void;
  /** That was all of it. @returns Whether memory of these pieces is still in use (the socket did not take all): then it is not used again. */
  finish(): boolean;
}

/** What waits to be written. `frame-writer.ts` is it. */
export interface Output {
  /** Bytes that wait. */
  readonly size: number;
  /** Some of it is the memory of a caller of `sendData`: flush before that memory is read into again, or keep it. */
  readonly holdsForeign: boolean;
  /** Hands everything over. */
  drain(target: OutputTarget): void;
}

export interface OpenOptions<Owner> {
  readonly owner: Owner;
  /** No content follows. */
  readonly isEnd: boolean;
  /** For an extended CONNECT: `:protocol` (the head is then a GET with an upgrade, whose hop fields are dropped); else ''. */
  readonly protocol: string;
}

/** `new Http2Session(options, workspace, sink)` makes one; `workspace` is one per worker. */
export interface Session<Owner> {
  readonly output: Output;
  /** When `onDeadline` is due; Infinity = never. May be in the past: then it is due at the next sweep. */
  deadline: number;
  /** Failed, or its transport has gone: commands do nothing. */
  readonly isClosed: boolean;
  /** Streams that are open. */
  readonly streamCount: number;
  /** Client: how many more streams may be opened now; 0 after a GOAWAY, and before the peer's SETTINGS at most 100. */
  readonly capacity: number;
  /** The peer's SETTINGS allow extended CONNECT (RFC 8441 §3). */
  readonly peerAllowsExtendedConnect: boolean;

  /** Queues the preface and SETTINGS. Once, before anything else. */
  start(now: Instant): void;
  /** Takes what was read. Nothing of `bytes` is kept after the call. */
  receive(bytes: Uint8Array, start: number, end: number, now: Instant): void;

  /**
   * Client: sends a request. @param head As `gateway/request-head.ts` writes it: `GET /x HTTP/1.1 CRLF Host: h CRLF … CRLF`, latin1; Connection, Transfer-Encoding and the like are dropped.
   * @returns Null when `capacity` is 0 (use another connection).
   */
  open(head: string, options: OpenOptions<Owner>): Stream<Owner> | null;
  /** Server: sends an interim (1xx) or final head, as `gateway/response-head.ts` writes it. For `stream.protocol` a 101 becomes 200 (RFC 8441 §5). `isEnd`: nothing follows. */
  sendHead(stream: Stream<Owner>, head: string, isEnd: boolean): void;
  /**
   * Sends content. What fits neither window nor room is copied and queued by the session.
   * @returns False: no more please, until `onWritable`. (More is taken all the same; the queue is bounded by the caller's stopping.)
   */
  sendData(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): boolean;
  /** Our side is complete. @param trailers Field lines with CRLF, latin1; '' = none. Costs no frame of its own when the last frame of the stream is still in `output`. */
  sendEnd(stream: Stream<Owner>, trailers: string): void;
  /** Ends a stream (RST_STREAM). No `onReset` follows. Server, reply complete, request not: NO_ERROR (§8.1). */
  reset(stream: Stream<Owner>, code: number): void;
  /** Content has gone on: its room is given back to the peer, for the stream and the connection. What is unconsumed when a stream closes is given back by itself. */
  consumed(stream: Stream<Owner>, bytes: number): void;
  /** Server: the work for this stream (its upstream exchange) has ended; exactly once for each stream of `onRequest` and `onRefused`. Until then it counts against `streamsMax`, closed or not. */
  release(stream: Stream<Owner>): void;
  /** After `output.drain`. @param hasRoom The socket takes more; false stops DATA until the next `flushed(true)` (on `drain`). `output` may hold more afterwards. */
  flushed(hasRoom: boolean): void;

  /** Sends a PING; `onPong` answers. */
  ping(): void;
  /** No new streams: GOAWAY with 2^31-1 first, with the last id once the peer has seen it or a second has passed (§6.8); then `onDrained` when the last stream has ended. */
  shutdown(): void;
  /** Ends the session with a GOAWAY: streams get `onReset`, then `onFatal`. */
  fail(code: number, cause: FatalCause): void;
  /** The socket has closed: streams get `onReset`. No `onFatal`. */
  transportClosed(): void;
  onDeadline(now: Instant): void;
}
