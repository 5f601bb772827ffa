/** DATA (RFC 9113 §6.1): states, windows and lengths are checked when a frame begins, so that its content can pass on in pieces. */
import type { Connection } from './connection.ts';
import { FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PROTOCOL_ERROR, STREAM_CLOSED } from './error-code.ts';
import { CLOSED_STREAM_FRAMES, EMPTY_FRAMES, PINGS } from './flood-budget.ts';
import { END_STREAM } from './frame.ts';
import type { FrameReader } from './frame-reader.ts';
import type { Stream } from './stream.ts';

export class DataReceiver<Owner> {
  private readonly connection: Connection<Owner>;
  /** Whose frame it is; null = its content is dropped. */
  private stream: Stream<Owner> | null = null;

  constructor(connection: Connection<Owner>) {
    this.connection = connection;
  }

  onStart(frame: FrameReader): boolean {
    const { connection } = this;
    this.stream = null;
    if (frame.contentLength < 0) {
      return frame.length === 0 ? connection.fail(FRAME_SIZE_ERROR, 'frame-size') : connection.fail(PROTOCOL_ERROR, 'protocol');
    }
    // §6.9.1: whatever the stream's state, the connection's window counts it.
    if (!connection.receiveWindow.take(frame.length)) return connection.fail(FLOW_CONTROL_ERROR, 'flow-control');
    const stream = connection.streams.get(frame.streamId);
    if (stream !== undefined) return this.onStream(stream, frame);
    if (connection.isIdle(frame.streamId)) return connection.fail(PROTOCOL_ERROR, 'protocol'); // §5.1, idle
    connection.creditConnection(frame.length);
    return connection.lateFrame(frame.streamId);
  }

  onContent(bytes: Uint8Array, start: number, end: number): boolean {
    const { stream } = this;
    if (stream === null || stream.isClosed) return true;
    if (stream.isDiscarding) this.connection.consume(stream, end - start); // since the frame began
    else this.connection.sink.onData(stream, bytes, start, end);
    return !this.connection.isClosed;
  }

  onEnd(frame: FrameReader): boolean {
    const { stream, connection } = this;
    if (stream === null || stream.isClosed || (frame.flags & END_STREAM) === 0) return true;
    stream.isRemoteDone = true;
    if (!stream.isDiscarding) connection.sink.onEnd(stream, '');
    connection.closeIfDone(stream);
    return !connection.isClosed;
  }

  private onStream(stream: Stream<Owner>, frame: FrameReader): boolean {
    const { connection } = this;
    const error = this.errorOf(stream, frame);
    if (error !== 0) {
      connection.creditConnection(frame.length);
      return connection.fault(stream, error);
    }
    const content = frame.contentLength;
    const isEnd = (frame.flags & END_STREAM) !== 0;
    stream.received += content;
    if (stream.isDiscarding) return this.discard(stream, frame.length, isEnd);
    this.stream = stream;
    stream.unconsumed += content;
    const padding = frame.length - content;
    if (padding > 0) {
      connection.creditConnection(padding);
      connection.creditStream(stream, padding);
    }
    if (content === 0 && !isEnd) return connection.takeToken(EMPTY_FRAMES);
    connection.budget.give(PINGS, 1);
    connection.budget.give(CLOSED_STREAM_FRAMES, 1);
    return true;
  }

  /** The stream error that this frame is; 0 = none. */
  private errorOf(stream: Stream<Owner>, frame: FrameReader): number {
    if (stream.isRemoteDone) return STREAM_CLOSED; // §5.1, half-closed (remote)
    if (!stream.isHeadReceived) return PROTOCOL_ERROR; // §8.1: content before a final head
    if (!this.connection.windowOf(stream).take(frame.length)) return FLOW_CONTROL_ERROR;
    if (stream.contentLength < 0) return 0;
    const received = stream.received + frame.contentLength;
    const isWrong = (frame.flags & END_STREAM) === 0 ? received > stream.contentLength : received !== stream.contentLength;
    return isWrong ? PROTOCOL_ERROR : 0; // §8.1.1
  }

  private discard(stream: Stream<Owner>, bytes: number, isEnd: boolean): boolean {
    const { connection } = this;
    connection.creditConnection(bytes);
    connection.creditStream(stream, bytes);
    if (!isEnd) return connection.takeToken(CLOSED_STREAM_FRAMES);
    stream.isRemoteDone = true;
    connection.closeIfDone(stream);
    return true;
  }
}
