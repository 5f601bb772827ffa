/**
 * What both directions of a session share: streams, windows, budgets, output; and the ways in which a stream or the whole connection ends. `frame-receiver.ts` and
 * `sender.ts` act on it, `session.ts` puts them together.
 */
import { type Instant, instant } from '../../base/time.ts';
import { ClosedStreams, type Closing, ENDED, RESET_BY_PEER, RESET_BY_US, SKIPPED } from './closed-streams.ts';
import { ENHANCE_YOUR_CALM, NO_ERROR, PROTOCOL_ERROR, STREAM_CLOSED } from './error-code.ts';
import {
  ALLOWANCES,
  CLOSED_STREAM_FRAMES,
  EMPTY_FRAMES,
  FloodBudget,
  PRIORITY,
  RESETS,
  UNKNOWN_FRAMES,
  WINDOW_UPDATES,
} from './flood-budget.ts';
import { FIRST_WINDOW_BYTES, INT31_MAX } from './frame.ts';
import { FrameWriter } from './frame-writer.ts';
import { ReceiveWindow } from './receive-window.ts';
import type { FatalCause, ResetBy, SessionOptions, SessionSink } from './session-sink.ts';
import { PeerSettings } from './settings.ts';
import { Stream } from './stream.ts';
import type { Workspace } from './workspace.ts';

/** Going away (RFC 9113 §6.8). */
export const STAYING = 0;
/** GOAWAY with 2^31-1 was sent: what is on its way is still taken. */
export const ANNOUNCED = 1;
/** GOAWAY with the last identifier was sent. */
export const LEAVING = 2;
/** `onDrained` was called. */
export const DRAINED = 3;

export class Connection<Owner> {
  readonly options: SessionOptions;
  readonly sink: SessionSink<Owner>;
  readonly workspace: Workspace;
  readonly isServer: boolean;
  readonly output: FrameWriter;
  readonly streams: Map<number, Stream<Owner>> = new Map();
  readonly closed: ClosedStreams = new ClosedStreams();
  readonly peer: PeerSettings = new PeerSettings();
  readonly budget: FloodBudget = new FloodBudget();
  /** Of the last call that told it. */
  now: Instant = instant(0);
  /** Nothing is taken or sent any more. */
  isClosed = false;
  /** Streams that are open, and server: those whose work goes on. */
  activeCount = 0;
  /** Highest identifier that the peer has opened. */
  lastPeerId = 0;
  /** The last identifier of our GOAWAY. */
  goodbyeId = 0;
  /** Client: identifier of the next stream. */
  nextId = 1;
  /** What we may send on the connection. */
  sendWindow = FIRST_WINDOW_BYTES;
  /** What the peer may send on it. */
  readonly receiveWindow: ReceiveWindow;
  leaving: typeof STAYING | typeof ANNOUNCED | typeof LEAVING | typeof DRAINED = STAYING;
  /** The peer has sent a GOAWAY. */
  isPeerLeaving = false;
  /** PINGs of the owner that are not answered. */
  pingsOpen = 0;
  /** Our SETTINGS are acknowledged. */
  isAcknowledged = false;
  /** Requests that were malformed and never handed over. */
  malformedCount = 0;

  constructor(options: SessionOptions, workspace: Workspace, sink: SessionSink<Owner>) {
    this.options = options;
    this.workspace = workspace;
    this.sink = sink;
    this.isServer = options.role === 'server';
    this.output = new FrameWriter(workspace.blocks, sink);
    this.receiveWindow = new ReceiveWindow(options.connectionWindowBytes, options.connectionWindowBytes);
  }

  addStream(id: number): Stream<Owner> {
    const stream = new Stream<Owner>(id, this.peer.windowBytes);
    this.streams.set(id, stream);
    this.activeCount++;
    this.budget.give(PRIORITY, 2);
    this.budget.give(UNKNOWN_FRAMES, 2);
    this.budget.give(WINDOW_UPDATES, 2);
    this.budget.give(EMPTY_FRAMES, 1);
    return stream;
  }

  /** The stream's receive window, made on first need. */
  windowOf(stream: Stream<Owner>): ReceiveWindow {
    if (stream.receiveWindow === null) {
      const bytesMax = this.options.streamWindowBytes;
      // §6.9.2: until our SETTINGS are acknowledged the peer may go by the initial value.
      stream.receiveWindow = new ReceiveWindow(bytesMax, this.isAcknowledged ? bytesMax : Math.max(bytesMax, FIRST_WINDOW_BYTES));
    }
    return stream.receiveWindow;
  }

  /** Gives room back on the connection. */
  creditConnection(bytes: number): void {
    const increment = this.receiveWindow.give(bytes);
    if (increment > 0 && !this.isClosed) this.output.windowUpdate(0, increment);
  }

  /** The owner is done with content, or nobody will be. */
  consume(stream: Stream<Owner>, bytes: number): void {
    const consumed = Math.min(bytes, stream.unconsumed);
    if (consumed === 0) return;
    stream.unconsumed -= consumed;
    this.creditConnection(consumed);
    this.creditStream(stream, consumed);
  }

  creditStream(stream: Stream<Owner>, bytes: number): void {
    if (stream.isRemoteDone || stream.isClosed) return;
    const increment = this.windowOf(stream).give(bytes);
    if (increment > 0) this.output.windowUpdate(stream.id, increment);
  }

  /** Both sides may have ended. */
  closeIfDone(stream: Stream<Owner>): void {
    if (!stream.isEndSent || stream.isClosed) return;
    if (!stream.isRemoteDone) return stream.isUnwanted ? this.reset(stream, NO_ERROR) : undefined; // §8.1
    this.budget.give(RESETS, 1);
    this.budget.give(CLOSED_STREAM_FRAMES, 1);
    this.close(stream, ENDED);
    this.checkDrained();
  }

  /** The stream is over, whatever waits in it. Its owner is told before `checkDrained`. */
  private close(stream: Stream<Owner>, why: Closing): void {
    stream.isClosed = true;
    this.streams.delete(stream.id);
    this.closed.add(stream.id, why);
    this.dropQueue(stream);
    stream.trailers = '';
    if (!stream.isHeld) this.activeCount--;
    const { unconsumed } = stream;
    stream.unconsumed = 0;
    this.creditConnection(unconsumed);
  }

  private dropQueue(stream: Stream<Owner>): void {
    if (stream.queue !== null) for (const { bytes } of stream.queue) this.workspace.blocks.give(bytes);
    stream.queue = null;
    stream.queuedBytes = 0;
  }

  /** The owner's work for it has ended. */
  release(stream: Stream<Owner>): void {
    if (!stream.isHeld) return;
    stream.isHeld = false;
    if (stream.isClosed) this.activeCount--;
  }

  /** We end a stream before its time, silently. */
  reset(stream: Stream<Owner>, code: number): void {
    this.output.resetStream(stream.id, code);
    this.close(stream, RESET_BY_US);
    this.checkDrained();
  }

  /** The peer broke a rule on a stream (§5.4.2), or made us give it up. @returns False when that was once too often. */
  fault(stream: Stream<Owner>, code: number): boolean {
    this.output.resetStream(stream.id, code);
    this.close(stream, RESET_BY_US);
    this.sink.onReset(stream, code, 'session');
    this.checkDrained();
    return this.countReset();
  }

  /** Ends a stream that never was one of ours. @returns As `fault`. */
  refuse(id: number, code: number): boolean {
    this.output.resetStream(id, code);
    this.closed.add(id, RESET_BY_US);
    return this.countReset();
  }

  /** A stream has ended before its time. An origin may do that as often as it likes; it is our own request that is lost. */
  countReset(): boolean {
    return this.isServer ? this.takeToken(RESETS) : !this.isClosed;
  }

  /** The stream is over, and not by us. */
  ended(stream: Stream<Owner>, code: number, by: ResetBy): void {
    this.close(stream, RESET_BY_PEER);
    this.sink.onReset(stream, code, by);
    this.checkDrained();
  }

  /** No stream of this identifier has been opened (§5.1.1). */
  isIdle(id: number): boolean {
    if (this.isServer) return (id & 1) === 0 || id > this.lastPeerId;
    return (id & 1) === 0 || id >= this.nextId;
  }

  /** DATA or HEADERS on a stream that is closed (§5.1): expected after our RST_STREAM, within a bound; else an error. @returns False: the connection has failed. */
  lateFrame(id: number): boolean {
    switch (this.closed.reason(id)) {
      case ENDED:
      case RESET_BY_PEER:
        return this.fail(STREAM_CLOSED, 'protocol');
      case SKIPPED:
        return this.fail(PROTOCOL_ERROR, 'protocol'); // §5.1.1: identifiers only grow
      default:
        return this.takeToken(CLOSED_STREAM_FRAMES);
    }
  }

  /** Takes from a flood budget. @returns False when it was empty: the connection has failed. */
  takeToken(bucket: number): boolean {
    if (this.isClosed) return false;
    return this.budget.take(bucket, this.now) || this.fail(ENHANCE_YOUR_CALM, ALLOWANCES[bucket]!.cause);
  }

  /** A connection error (§5.4.1). @returns False, for the convenience of callers. */
  fail(code: number, cause: FatalCause): false {
    if (this.isClosed) return false;
    this.output.goaway(this.leaving >= LEAVING ? this.goodbyeId : this.lastPeerId, code, cause); // §6.8: it never grows
    this.endAll(code);
    this.sink.onFatal(code, cause);
    return false;
  }

  /** Every stream ends with the connection. */
  endAll(code: number): void {
    this.isClosed = true;
    for (const stream of this.streams.values()) {
      stream.isClosed = true;
      this.dropQueue(stream);
      if (!stream.isHeld) this.activeCount--;
      this.sink.onReset(stream, code, 'connection');
    }
    this.streams.clear();
  }

  /** Says which streams were the last. */
  sayGoodbye(): void {
    this.leaving = LEAVING;
    this.goodbyeId = this.lastPeerId;
    this.output.goaway(this.lastPeerId, NO_ERROR, '');
    this.checkDrained();
  }

  checkDrained(): void {
    if (this.streams.size > 0 || this.isClosed || this.leaving === DRAINED) return;
    if (this.leaving !== LEAVING && (this.isServer || !this.isPeerLeaving)) return;
    this.leaving = DRAINED;
    this.sink.onDrained();
  }

  /** Client: streams that may be opened now. */
  get capacity(): number {
    if (this.isServer || this.isClosed || this.isPeerLeaving || this.leaving !== STAYING || this.nextId > INT31_MAX) return 0;
    return Math.max(0, Math.min(this.options.streamsMax, this.peer.streamsMax) - this.streams.size);
  }
}
