/** WebSocket frames written with any bits, right or wrong. */

export interface FrameParts {
  readonly opcode?: number;
  readonly isFinal?: boolean;
  readonly reserved?: number;
  readonly mask?: Uint8Array | null;
  /** Bytes of the extended length; by default the fewest. */
  readonly lengthBytes?: 0 | 2 | 8;
  readonly payload?: Uint8Array;
}

export function frame(parts: FrameParts = {}): Buffer {
  const { opcode = 2, isFinal = true, reserved = 0, mask = null, payload = Buffer.alloc(0) } = parts;
  const lengthBytes = parts.lengthBytes ?? (payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8);
  const length = Buffer.alloc(lengthBytes);
  if (lengthBytes === 2) length.writeUInt16BE(payload.length);
  if (lengthBytes === 8) length.writeBigUInt64BE(BigInt(payload.length));
  const short = lengthBytes === 0 ? payload.length : lengthBytes === 2 ? 126 : 127;
  const head = Buffer.of((isFinal ? 0x80 : 0) | (reserved << 4) | opcode, (mask === null ? 0 : 0x80) | short);
  const masked = mask === null ? payload : Buffer.from(payload).map((byte, index) => byte ^ mask[index & 3]!);
  return Buffer.concat([head, length, mask ?? Buffer.alloc(0), masked]);
}
