/** Where an encoder of header blocks writes: `bytes` from `length` on. A connection's output (`frame-writer.ts`) is one. */
export interface BlockSink {
  bytes: Uint8Array;
  length: number;
  /** Makes room for `bytes` more behind `length`; `bytes` may be another array afterwards. */
  reserve(bytes: number): void;
}
