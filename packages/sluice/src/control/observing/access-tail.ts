/** The live tail: workers send lines of the access log only while somebody looks. */
import type { TailFilter } from '../../config/worker-protocol.ts';

export class AccessTail {
  /** From a worker. */
  accessed(_lines: readonly string[], _skipped: number): void {}

  async *follow(_filter: TailFilter, _signal: AbortSignal): AsyncIterable<string> {}
}
