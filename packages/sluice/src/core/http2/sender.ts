/**
 * Heads, content and ends on their way out. Content goes out under three bounds: the windows of stream and connection (RFC 9113 §5.2), and the room that the socket
 * and this turn's output have. What does not fit is copied and waits in its stream; streams that wait take turns of one frame, so none starves another.
 */
import { assert } from '../../base/assert.ts';
import type { Connection } from './connection.ts';
import { PINGS, WINDOW_UPDATES } from './flood-budget.ts';
import { PAYLOAD_BYTES_MAX } from './frame.ts';
import { HeadEncoder } from './head-encoder.ts';
import type { QueuedPiece, Stream } from './stream.ts';

/** Content in `output` before a turn has had enough: what one write should be. */
const TURN_BYTES_MAX = 128 * 1024;
/** Memory that small pieces of a queue share. */
const SHARED_PIECE_BYTES = 4 * 1024;
/** What a waiting stream has to move in its stall time. */
export const PROGRESS_BYTES = 1024;

export interface OpenOptions<Owner> {
  readonly owner: Owner;
  /** No content follows. */
  readonly isEnd: boolean;
  /** For an extended CONNECT: `:protocol` (the head is then a GET with an upgrade, whose hop fields are dropped); else ''. */
  readonly protocol: string;
}

export class Sender<Owner> {
  readonly heads: HeadEncoder;
  /** The socket takes more. */
  hasRoom = true;
  /** Content waits: somebody has to look whether it moves. */
  onWait: () => void = () => {};
  private readonly connection: Connection<Owner>;
  /** Streams with content and window, in turn, from `first` on. */
  private readonly ready: Stream<Owner>[] = [];
  private first = 0;

  constructor(connection: Connection<Owner>) {
    this.connection = connection;
    this.heads = new HeadEncoder(connection.workspace);
  }

  open(head: string, options: OpenOptions<Owner>): Stream<Owner> | null {
    const { connection } = this;
    if (connection.capacity === 0) return null;
    const stream = connection.addStream(connection.nextId);
    connection.nextId += 2;
    stream.owner = options.owner;
    stream.protocol = options.protocol;
    stream.isHead = head.startsWith('HEAD ');
    stream.isHeadSent = true;
    const { output } = connection;
    output.beginHeaders(stream.id, options.isEnd);
    this.heads.request(head, { scheme: connection.options.scheme, protocol: options.protocol }, output);
    output.endHeaders(stream.id);
    if (options.isEnd) stream.isLocalDone = stream.isEndSent = true;
    return stream;
  }

  sendHead(stream: Stream<Owner>, head: string, isEnd: boolean): void {
    if (stream.isClosed) return;
    assert(!stream.isHeadSent, 'a stream has one final head');
    let status = statusOf(head);
    if (status === 101) {
      assert(stream.protocol !== '', '101 answers an extended CONNECT only');
      status = 200; // RFC 8441 §5
    }
    const { output } = this.connection;
    const endsStream = isEnd && status >= 200;
    output.beginHeaders(stream.id, endsStream);
    this.heads.response(head, status, output);
    output.endHeaders(stream.id);
    if (status < 200) return;
    stream.isHeadSent = true;
    if (!endsStream) return;
    stream.isLocalDone = stream.isEndSent = true;
    this.connection.closeIfDone(stream);
  }

  /** @returns False when some of it had to be queued. */
  sendData(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): boolean {
    if (stream.isClosed || start === end) return !stream.isWaiting;
    assert(stream.isHeadSent && !stream.isLocalDone, 'content stands between head and end');
    const rest = stream.queue === null && this.first === this.ready.length ? this.sendNow(stream, bytes, start, end) : start;
    if (rest === end) return true;
    this.enqueue(stream, bytes.subarray(rest, end));
    return false;
  }

  sendEnd(stream: Stream<Owner>, trailers: string): void {
    if (stream.isClosed || stream.isLocalDone) return;
    assert(stream.isHeadSent, 'a stream begins with a head');
    stream.isLocalDone = true;
    if (stream.queue !== null) stream.trailers = trailers;
    else this.finish(stream, trailers);
  }

  /** A stream's window has grown. */
  windowGrew(stream: Stream<Owner>): void {
    if (stream.queue !== null && stream.sendWindow > 0) this.enter(stream);
  }

  /** Sends what waits, as far as windows and room go. */
  pump(): void {
    const { connection, ready } = this;
    while (this.first < ready.length && this.hasTurn() && connection.sendWindow > 0) {
      const stream = ready[this.first++]!;
      if (this.first > 64 && this.first * 2 > ready.length) {
        ready.splice(0, this.first);
        this.first = 0;
      }
      stream.isReady = false;
      if (!stream.isClosed) this.sendQueued(stream);
    }
    if (this.first === ready.length && this.first > 0) {
      ready.length = 0;
      this.first = 0;
    }
  }

  private hasTurn(): boolean {
    return this.hasRoom && this.connection.output.size < TURN_BYTES_MAX;
  }

  /** @returns Where the rest begins. */
  private sendNow(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.hasTurn()) {
      const size = this.frame(stream, bytes, at, end);
      if (size === 0) break;
      at += size;
    }
    return at;
  }

  /** One DATA frame. @returns Bytes sent; 0: a window is empty. */
  private frame(stream: Stream<Owner>, bytes: Uint8Array, start: number, end: number): number {
    const { connection } = this;
    const size = Math.min(end - start, PAYLOAD_BYTES_MAX, stream.sendWindow, connection.sendWindow);
    if (size <= 0) return 0;
    connection.output.data(stream.id, bytes, start, start + size);
    stream.sendWindow -= size;
    connection.sendWindow -= size;
    connection.budget.give(WINDOW_UPDATES, 4);
    connection.budget.give(PINGS, 1);
    return size;
  }

  /** Copies content to the end of the queue. Small pieces share memory: a byte in a piece of its own costs 300. */
  private enqueue(stream: Stream<Owner>, bytes: Uint8Array): void {
    const size = bytes.length;
    let last = stream.queue?.at(-1);
    if (last === undefined || last.bytes.length - last.end < size) {
      const room = last === undefined ? size : Math.max(size, SHARED_PIECE_BYTES);
      const { workspace } = this.connection;
      last = { bytes: room <= SHARED_PIECE_BYTES ? workspace.allocate(room) : workspace.blocks.takePiece(room), start: 0, end: 0 };
      this.queueOf(stream).push(last);
    }
    last.bytes.set(bytes, last.end);
    last.end += size;
    stream.queuedBytes += size;
    stream.isWaiting = true;
    if (stream.sendWindow > 0) this.enter(stream);
  }

  private queueOf(stream: Stream<Owner>): QueuedPiece[] {
    if (stream.queue === null) {
      stream.queue = [];
      stream.waitsSince = -1;
      stream.movedBytes = 0;
      this.onWait();
    }
    return stream.queue;
  }

  private enter(stream: Stream<Owner>): void {
    if (stream.isReady) return;
    stream.isReady = true;
    this.ready.push(stream);
  }

  private sendQueued(stream: Stream<Owner>): void {
    const { queue } = stream;
    if (queue === null) return;
    const piece = queue[0]!;
    const size = this.frame(stream, piece.bytes, piece.start, piece.end);
    piece.start += size;
    stream.queuedBytes -= size;
    this.noteProgress(stream, size);
    if (piece.start === piece.end) {
      queue.shift();
      this.connection.workspace.blocks.give(piece.bytes);
    }
    if (queue.length > 0) {
      if (stream.sendWindow > 0) this.enter(stream);
      return;
    }
    stream.queue = null;
    stream.isWaiting = false;
    if (stream.isLocalDone) this.finish(stream, stream.trailers);
    this.connection.sink.onWritable(stream);
  }

  private noteProgress(stream: Stream<Owner>, bytes: number): void {
    stream.movedBytes += bytes;
    if (stream.movedBytes < PROGRESS_BYTES) return;
    stream.movedBytes = 0;
    stream.waitsSince = -1;
  }

  private finish(stream: Stream<Owner>, trailers: string): void {
    const { output } = this.connection;
    if (trailers === '') output.endStream(stream.id);
    else {
      output.beginHeaders(stream.id, true);
      this.heads.trailers(trailers, output);
      output.endHeaders(stream.id);
    }
    stream.isEndSent = true;
    this.connection.closeIfDone(stream);
  }
}

/** Of `HTTP/1.1 200 …`. */
function statusOf(head: string): number {
  return (head.charCodeAt(9) - 0x30) * 100 + (head.charCodeAt(10) - 0x30) * 10 + (head.charCodeAt(11) - 0x30);
}
