/** The bytes of encoded header blocks. */
import { copyBytes } from './octets.ts';

/** Where an encoder writes: `bytes` from `length` on. `FieldBlock` is one; a connection's output buffer may be another. */
export interface BlockSink {
  bytes: Uint8Array;
  length: number;
  /** Makes room for `bytes` more behind `length`; `bytes` may be another array afterwards. */
  reserve(bytes: number): void;
}

export class FieldBlock implements BlockSink {
  bytes: Uint8Array = new Uint8Array(512);
  length = 0;

  reset(): void {
    this.length = 0;
  }

  reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const old = this.bytes;
    this.bytes = new Uint8Array(Math.max(needed, old.length * 2));
    copyBytes(old, 0, this.length, this.bytes, 0);
  }
}
