/**
 * What a session tells its owner, and how it is set up. The owner implements `SessionSink`; calls come out of `receive`, `onDeadline`, `flushed`, `fail` and
 * `transportClosed` (only `onPending` and `onDrained` out of any command), and any command may be given from within a call.
 */
import type { FloodCause } from './flood-budget.ts';
import type { Stream } from './stream.ts';

/** Who ended a stream before its time. */
export type ResetBy =
  /** The peer, with RST_STREAM. */
  | 'peer'
  /** This session: the peer broke a rule on this stream, or was too slow. */
  | 'session'
  /** The peer's GOAWAY left it out: it was not processed and may be sent again elsewhere (RFC 9113 §6.8). */
  | 'goaway'
  /** The connection ended under it. */
  | 'connection';

/** Why a connection was ended; metrics count by it. */
export type FatalCause =
  | 'protocol'
  | 'compression'
  | 'flow-control'
  | 'frame-size'
  /** No SETTINGS, or no acknowledgement of ours, in time. */
  | 'settings-timeout'
  /** A header block was begun and not finished in time. */
  | 'header-timeout'
  /** The peer does not read what it asks for. */
  | 'unread-output'
  /** The owner's own wish. */
  | 'closing'
  | FloodCause;

/**
 * Takes a session's events. `Owner` is what the owner hangs on each stream (`stream.owner`). Bytes handed over are valid during the call only.
 * Each stream that came with `onRequest` or `onRefused`, or from `open`, ends with exactly one of: both sides ended, or `onReset`.
 */
export interface SessionSink<Owner> {
  /**
   * Server: a request's head, written as HTTP/1.1 in `bytes[0, end)`; `core/http1/request-parser.ts` reads it. Lower-case names, one Host, at most one Content-Length, one
   * Cookie; `transfer-encoding: chunked` stands for "content of unknown length". An extended CONNECT (RFC 8441) arrives as a GET with `connection: upgrade`
   * and `upgrade:`, and `stream.protocol` is set. When `stream.isRemoteDone` there is no content and `onEnd` does not follow.
   */
  onRequest(stream: Stream<Owner>, bytes: Uint8Array, end: number): void;
  /** Server: a request that deserves an answer but cannot be handed over. Answer it with this status (`sendHead`…); content that follows is discarded by the session. */
  onRefused(stream: Stream<Owner>, status: 400 | 431): void;
  /** Client: the final reply's head in `bytes[0, end)`, for `core/http1/response-parser.ts`. `stream.isRemoteDone`: no content, and `onEnd` does not follow. */
  onResponse(stream: Stream<Owner>, bytes: Uint8Array, end: number): void;
  /** Client: an interim reply's head (1xx, never 101), as `onResponse`. */
  onInterim(stream: Stream<Owner>, bytes: Uint8Array, end: number): void;
  /** Content. Give the room back with `consumed` once it has gone on. */
  onData(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): void;
  /** The peer's side is complete. @param trailers Field lines with CRLF, latin1, checked; '' = none. */
  onEnd(stream: Stream<Owner>, trailers: string): void;
  /**
   * The stream is over before its time; no further event follows for it. REFUSED_STREAM from the peer, and `goaway`, mean: not processed. Client: NO_ERROR from the peer
   * while `stream.isRemoteDone` means that the reply is whole and the rest of the request is not wanted (RFC 9113 §8.1).
   */
  onReset(stream: Stream<Owner>, code: number, by: ResetBy): void;
  /** What `sendData` had to queue has gone out, and the end with it where that was said (the stream may be closed then); else it takes more. */
  onWritable(stream: Stream<Owner>): void;
  /** The peer's SETTINGS have come (the first ones, or new ones): `capacity` may have changed. */
  onSettings(): void;
  /** The peer sends no further streams, and processed those up to `lastId` of ours; those above get `onReset` after this. */
  onGoaway(lastId: number, code: number): void;
  /** The answer to `ping`. */
  onPong(): void;
  /** After `shutdown` or the peer's GOAWAY: the last stream has ended. Write what is in `output`, then close. */
  onDrained(): void;
  /** The session has failed; its streams got `onReset`, and a GOAWAY is in `output`: write it, then close. */
  onFatal(code: number, cause: FatalCause): void;
  /** `output` was empty and is not any more: write it at the end of this turn. */
  onPending(): void;
}

/** How a session behaves. */
export interface SessionOptions {
  readonly role: 'server' | 'client';
  /** Server: streams the peer may have open at a time, 1..10,000; unfinished upstream work counts (`release`). Client: ours, whatever the peer allows. */
  readonly streamsMax: number;
  /** Receive window of a stream, in bytes, 1,000..2^31-1. */
  readonly streamWindowBytes: number;
  /** Receive window of the connection, in bytes, 65,535..2^31-1. */
  readonly connectionWindowBytes: number;
  /** Bound of the field section, in bytes; with `requestLineBytesMax` it is what SETTINGS_MAX_HEADER_LIST_SIZE says (§6.5.2: 32 more per field). */
  readonly headerBytesMax: number;
  readonly requestLineBytesMax: number;
  /** Fields; cookie crumbs count one by one. */
  readonly headersMax: number;
  /** Server: announces extended CONNECT (RFC 8441). */
  readonly allowsExtendedConnect: boolean;
  /** Client: `:scheme` of what is sent. */
  readonly scheme: 'http' | 'https';
  /** For the preface and SETTINGS of the peer, for its acknowledgement of ours, and for a header block that was begun, in ms. */
  readonly settingsTimeoutMs: number;
  /** A stream whose queued content moves by less than 1 KiB in this time is reset, after twice the time at the latest, in ms. */
  readonly stallTimeoutMs: number;
}

/** Defaults, with Envoy's edge advice where it has one. */
export const SESSION_DEFAULTS: SessionOptions = {
  role: 'server',
  streamsMax: 100,
  streamWindowBytes: 256 * 1024, // uploads at 10 ms round trip: 25 MB/s per stream
  connectionWindowBytes: 1024 * 1024,
  headerBytesMax: 32 * 1024,
  requestLineBytesMax: 8 * 1024,
  headersMax: 100,
  allowsExtendedConnect: false,
  scheme: 'https',
  settingsTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
};
