/** The receiver asks to be left alone for a while (`Retry-After`). */
export class SinkDelay extends Error {
  override readonly name = 'SinkDelay';
  /** Milliseconds from now. */
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}
