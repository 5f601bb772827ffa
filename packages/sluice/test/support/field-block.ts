/** Encoded header blocks in memory of their own, for tests of the encoder alone. */
import type { BlockSink } from '../../src/core/http2/hpack/block-sink.ts';
import { copyBytes } from '../../src/core/http2/hpack/octets.ts';

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
