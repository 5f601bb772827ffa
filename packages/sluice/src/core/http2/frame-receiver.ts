/** What comes in: the preface, then frames (RFC 9113 §3.4, §4, §6). A frame's head is checked here, its meaning where its kind is received. */
import type { Connection } from './connection.ts';
import { ControlReceiver } from './control-receiver.ts';
import { DataReceiver } from './data-receiver.ts';
import { FRAME_SIZE_ERROR, PROTOCOL_ERROR } from './error-code.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  GOAWAY,
  HEADERS,
  PAYLOAD_BYTES_MAX,
  PING,
  PREFACE,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from './frame.ts';
import { type FrameHandler, FrameReader } from './frame-reader.ts';
import { HeadReceiver } from './head-receiver.ts';
import type { Sender } from './sender.ts';
import { SETTING_BYTES } from './settings.ts';

export class FrameReceiver<Owner> implements FrameHandler {
  readonly heads: HeadReceiver<Owner>;
  readonly control: ControlReceiver<Owner>;
  private readonly data: DataReceiver<Owner>;
  private readonly connection: Connection<Owner>;
  private readonly reader = new FrameReader();
  /** Bytes of the preface that have come. */
  private prefaceAt: number;

  constructor(connection: Connection<Owner>, sender: Sender<Owner>) {
    this.connection = connection;
    this.heads = new HeadReceiver(connection);
    this.control = new ControlReceiver(connection, sender);
    this.data = new DataReceiver(connection);
    this.prefaceAt = connection.isServer ? 0 : PREFACE.length;
  }

  receive(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (this.prefaceAt < PREFACE.length && at < end) {
      if (bytes[at++] !== PREFACE.charCodeAt(this.prefaceAt++)) {
        this.connection.fail(PROTOCOL_ERROR, 'protocol'); // §3.4
        return;
      }
    }
    this.reader.read(bytes, at, end, this);
  }

  onFrame(frame: FrameReader): boolean {
    const { connection } = this;
    const { type } = frame;
    const { pendingId } = this.heads;
    // §4.3, §6.10: nothing stands between the frames of a block.
    if (pendingId !== 0 ? type !== CONTINUATION || frame.streamId !== pendingId : type === CONTINUATION) return this.wrong();
    if (!this.control.hasSettings && (type !== SETTINGS || (frame.flags & ACK) !== 0)) return this.wrong(); // §3.4
    // §4.2 allows a stream error for some; whoever ignores the limit is not worth the reading.
    if (frame.length > PAYLOAD_BYTES_MAX) return connection.fail(FRAME_SIZE_ERROR, 'frame-size');
    return this.hasRightStream(frame) ? this.hasRightLength(frame) || connection.fail(FRAME_SIZE_ERROR, 'frame-size') : this.wrong();
  }

  onPayload(frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean {
    switch (frame.type) {
      case HEADERS:
        return this.heads.onHeaders(frame, bytes, start, end);
      case CONTINUATION:
        return this.heads.onContinuation(frame, bytes, start, end);
      case WINDOW_UPDATE:
        return this.control.onWindowUpdate(frame, bytes, start);
      case SETTINGS:
        return this.control.onSettings(frame, bytes, start, end);
      case PING:
        return this.control.onPing(frame, bytes, start);
      case RST_STREAM:
        return this.control.onReset(frame, bytes, start);
      case PRIORITY:
        return this.control.onPriority(frame, bytes, start);
      case GOAWAY:
        return this.control.onGoaway(bytes, start);
      default:
        return this.control.onUnknown();
    }
  }

  onDataStart(frame: FrameReader): boolean {
    return this.data.onStart(frame);
  }

  onData(_frame: FrameReader, bytes: Uint8Array, start: number, end: number): boolean {
    return this.data.onContent(bytes, start, end);
  }

  onDataEnd(frame: FrameReader): boolean {
    return this.data.onEnd(frame);
  }

  private hasRightStream(frame: FrameReader): boolean {
    switch (frame.type) {
      case DATA:
      case HEADERS:
      case PRIORITY:
      case RST_STREAM:
        return frame.streamId !== 0;
      case SETTINGS:
      case PING:
      case GOAWAY:
        return frame.streamId === 0;
      case PUSH_PROMISE:
        return false; // §8.4: a client must not, and we as a client have said no
      default:
        return true;
    }
  }

  private hasRightLength(frame: FrameReader): boolean {
    switch (frame.type) {
      case RST_STREAM:
      case WINDOW_UPDATE:
        return frame.length === 4;
      case SETTINGS:
        return (frame.flags & ACK) === 0 ? frame.length % SETTING_BYTES === 0 : frame.length === 0;
      case PING:
        return frame.length === 8;
      case GOAWAY:
        return frame.length >= 8;
      default:
        return true;
    }
  }

  private wrong(): false {
    return this.connection.fail(PROTOCOL_ERROR, 'protocol');
  }
}
