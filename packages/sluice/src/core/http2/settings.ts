/** SETTINGS (RFC 9113 §6.5, RFC 8441 §3): what the peer's say, checked. Those we do not know are ignored (§6.5.2). */
import { FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR } from './error-code.ts';
import { FIRST_WINDOW_BYTES, INT31_MAX, PAYLOAD_BYTES_MAX, readUint32 } from './frame.ts';

export const HEADER_TABLE_SIZE = 0x1;
export const ENABLE_PUSH = 0x2;
export const MAX_CONCURRENT_STREAMS = 0x3;
export const INITIAL_WINDOW_SIZE = 0x4;
export const MAX_FRAME_SIZE = 0x5;
export const MAX_HEADER_LIST_SIZE = 0x6;
export const ENABLE_CONNECT_PROTOCOL = 0x8;

/** One parameter. */
export const SETTING_BYTES = 6;

export class PeerSettings {
  headerTableBytes = 4096;
  /** Unlimited until the peer says otherwise. */
  streamsMax = Infinity;
  windowBytes = FIRST_WINDOW_BYTES;
  allowsExtendedConnect = false;
  /** The smallest HEADER_TABLE_SIZE of the frame applied last: an encoder must have shrunk to it in between (RFC 7541 §4.2). */
  smallestTableBytes = 4096;

  /**
   * Applies the parameters `bytes[start, end)`, in order; a multiple of six bytes.
   * @param isFromServer Servers may not enable push.
   * @returns NO_ERROR, or the connection error.
   */
  apply(bytes: Uint8Array, start: number, end: number, isFromServer: boolean): number {
    this.smallestTableBytes = Infinity;
    for (let at = start; at < end; at += SETTING_BYTES) {
      const error = this.set((bytes[at]! << 8) | bytes[at + 1]!, readUint32(bytes, at + 2), isFromServer);
      if (error !== NO_ERROR) return error;
    }
    return NO_ERROR;
  }

  private set(name: number, value: number, isFromServer: boolean): number {
    switch (name) {
      case HEADER_TABLE_SIZE:
        this.headerTableBytes = value;
        if (value < this.smallestTableBytes) this.smallestTableBytes = value;
        return NO_ERROR;
      case ENABLE_PUSH:
        return value > 1 || (isFromServer && value === 1) ? PROTOCOL_ERROR : NO_ERROR;
      case MAX_CONCURRENT_STREAMS:
        this.streamsMax = value;
        return NO_ERROR;
      case INITIAL_WINDOW_SIZE:
        if (value > INT31_MAX) return FLOW_CONTROL_ERROR;
        this.windowBytes = value;
        return NO_ERROR;
      case MAX_FRAME_SIZE:
        return value < PAYLOAD_BYTES_MAX || value > 0xff_ffff ? PROTOCOL_ERROR : NO_ERROR; // larger frames than the least are never sent
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1 || (value === 0 && this.allowsExtendedConnect)) return PROTOCOL_ERROR; // RFC 8441 §3
        this.allowsExtendedConnect = value === 1;
        return NO_ERROR;
      default:
        return NO_ERROR;
    }
  }
}
