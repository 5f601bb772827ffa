/** Frames without content or fields (RFC 9113 §6.3, §6.4, §6.5, §6.7, §6.8, §6.9). Each that costs us an answer or nothing but time takes from a budget. */
import type { Connection } from './connection.ts';
import { ANNOUNCED } from './connection.ts';
import { ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM } from './error-code.ts';
import { CLOSED_STREAM_FRAMES, PINGS, PRIORITY, SETTINGS, UNKNOWN_FRAMES, WINDOW_UPDATES } from './flood-budget.ts';
import { ACK, INT31_MAX, readInt31, readUint32 } from './frame.ts';
import type { FrameReader } from './frame-reader.ts';
import type { Sender } from './sender.ts';

/** Answers that wait while the socket takes nothing; a peer that sends and does not read is cut off here. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** First half of our PINGs: the owner's, and the one that goes with a GOAWAY. */
export const OWNERS_PING = 0x736c7569;
export const GOODBYE_PING = 0x62796521;

export class ControlReceiver<Owner> {
  /** The peer's first SETTINGS have come. */
  hasSettings = false;
  private readonly connection: Connection<Owner>;
  private readonly sender: Sender<Owner>;

  constructor(connection: Connection<Owner>, sender: Sender<Owner>) {
    this.connection = connection;
    this.sender = sender;
  }

  /** §6.3, deprecated by §5.3.2: checked and ignored. */
  onPriority(frame: FrameReader, bytes: Uint8Array, start: number): boolean {
    const { connection } = this;
    const code = frame.length !== 5 ? FRAME_SIZE_ERROR : readInt31(bytes, start) === frame.streamId ? PROTOCOL_ERROR : NO_ERROR;
    if (code === NO_ERROR) return connection.takeToken(PRIORITY);
    const stream = connection.streams.get(frame.streamId);
    if (stream !== undefined) return connection.fault(stream, code);
    // Idle and closed streams get no RST_STREAM (§5.1, §6.4): the connection ends instead, except for old news about a stream that is closed.
    if (code === FRAME_SIZE_ERROR) return connection.fail(code, 'frame-size');
    if (connection.isIdle(frame.streamId)) return connection.fail(code, 'protocol');
    return connection.takeToken(PRIORITY);
  }

  /** §6.4. */
  onReset(frame: FrameReader, bytes: Uint8Array, start: number): boolean {
    const { connection } = this;
    if (connection.isIdle(frame.streamId)) return connection.fail(PROTOCOL_ERROR, 'protocol');
    const stream = connection.streams.get(frame.streamId);
    if (stream === undefined) return connection.takeToken(CLOSED_STREAM_FRAMES);
    connection.ended(stream, readUint32(bytes, start), 'peer');
    return connection.countReset();
  }

  /** §6.5. */
  onSettings(frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean {
    const { connection, sender } = this;
    if ((frame.flags & ACK) !== 0) {
      connection.isAcknowledged = true;
      return connection.takeToken(SETTINGS);
    }
    if (!connection.takeToken(SETTINGS)) return false;
    const { peer } = connection;
    const before = peer.windowBytes;
    const error = peer.apply(bytes, start, end, !connection.isServer);
    if (error !== NO_ERROR) return connection.fail(error, error === FLOW_CONTROL_ERROR ? 'flow-control' : 'protocol');
    if (!this.moveWindows(peer.windowBytes - before)) return connection.fail(FLOW_CONTROL_ERROR, 'flow-control');
    if (peer.smallestTableBytes < peer.headerTableBytes) sender.heads.setTableBytesMax(peer.smallestTableBytes);
    sender.heads.setTableBytesMax(peer.headerTableBytes);
    if (!this.hasAnswerRoom()) return false;
    connection.output.settingsAck();
    this.hasSettings = true;
    connection.sink.onSettings();
    sender.pump();
    return !connection.isClosed;
  }

  /** §6.7. */
  onPing(frame: FrameReader, bytes: Uint8Array, start: number): boolean {
    const { connection } = this;
    if ((frame.flags & ACK) === 0) {
      if (!connection.takeToken(PINGS) || !this.hasAnswerRoom()) return false;
      connection.output.pingAck(bytes, start);
      return true;
    }
    const which = readUint32(bytes, start);
    if (which === GOODBYE_PING && connection.leaving === ANNOUNCED) connection.sayGoodbye();
    else if (which === OWNERS_PING && this.connection.pingsOpen > 0) {
      connection.pingsOpen--;
      connection.sink.onPong();
    } else return connection.takeToken(PINGS);
    return !connection.isClosed;
  }

  /** §6.8. */
  onGoaway(bytes: Uint8Array, start: number): boolean {
    const { connection } = this;
    if (!connection.takeToken(SETTINGS)) return false;
    const lastId = readInt31(bytes, start);
    connection.isPeerLeaving = true;
    connection.sink.onGoaway(lastId, readUint32(bytes, start + 4));
    if (!connection.isServer) {
      for (const stream of connection.streams.values()) {
        if (stream.id > lastId) connection.ended(stream, REFUSED_STREAM, 'goaway');
      }
      connection.checkDrained();
    }
    return !connection.isClosed;
  }

  /** §6.9. */
  onWindowUpdate(frame: FrameReader, bytes: Uint8Array, start: number): boolean {
    const { connection, sender } = this;
    if (!connection.takeToken(WINDOW_UPDATES)) return false;
    const increment = readInt31(bytes, start);
    if (frame.streamId !== 0) return this.onStreamWindow(frame.streamId, increment);
    if (increment === 0) return connection.fail(PROTOCOL_ERROR, 'protocol');
    connection.sendWindow += increment;
    if (connection.sendWindow > INT31_MAX) return connection.fail(FLOW_CONTROL_ERROR, 'flow-control'); // §6.9.1
    sender.pump();
    return !connection.isClosed;
  }

  /** §5.5: unknown types are ignored. */
  onUnknown(): boolean {
    return this.connection.takeToken(UNKNOWN_FRAMES);
  }

  private onStreamWindow(id: number, increment: number): boolean {
    const { connection, sender } = this;
    if (connection.isIdle(id)) return connection.fail(PROTOCOL_ERROR, 'protocol'); // §5.1, idle
    const stream = connection.streams.get(id);
    if (stream === undefined) return connection.takeToken(CLOSED_STREAM_FRAMES);
    if (increment === 0) return connection.fault(stream, PROTOCOL_ERROR);
    stream.sendWindow += increment;
    if (stream.sendWindow > INT31_MAX) return connection.fault(stream, FLOW_CONTROL_ERROR); // §6.9.1
    sender.windowGrew(stream);
    sender.pump();
    return !connection.isClosed;
  }

  /** §6.9.2: a new initial window moves every stream's, also below zero. */
  private moveWindows(change: number): boolean {
    if (change === 0) return true;
    const { sender } = this;
    for (const stream of this.connection.streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > INT31_MAX) return false;
      sender.windowGrew(stream);
    }
    return true;
  }

  private hasAnswerRoom(): boolean {
    const { connection, sender } = this;
    if (sender.hasRoom || connection.output.size < UNREAD_BYTES_MAX) return true;
    return connection.fail(ENHANCE_YOUR_CALM, 'unread-output');
  }
}
