/**
 * Traces on their way to the control plane: one message with each look of the sweeper. What does not find room until then is dropped and counted, so that a worker costs the control plane a bounded amount
 * (about 2,000 traces each second) however much is to be kept.
 */
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import { SpanJson } from '../../core/tracing/span-json.ts';
import type { FromWorker } from '../../config/worker-protocol.ts';

export const QUEUED_MAX = 512;

export class TraceQueue {
  private readonly say: (message: FromWorker) => void;
  private readonly json = new SpanJson();
  private full: SpanBatch[] = [];
  private queued = 0;
  private dropped = 0;

  constructor(say: (message: FromWorker) => void) {
    this.say = say;
  }

  /** What the spans of a trace are to be written with, before `added`; null: there is no room for another, and it counts as dropped. */
  room(): SpanJson | null {
    if (this.queued < QUEUED_MAX) return this.json;
    this.dropped++;
    return null;
  }

  /** All spans of a trace are written. */
  added(): void {
    this.queued++;
    if (this.json.isFull) this.full.push(this.json.take());
  }

  /** Sends what there is. */
  flush(): void {
    if (!this.json.isEmpty) this.full.push(this.json.take());
    const { full: batches, dropped } = this;
    if (batches.length === 0 && dropped === 0) return;
    this.full = [];
    this.queued = 0;
    this.dropped = 0;
    this.say({ type: 'traced', batches, dropped });
  }
}
