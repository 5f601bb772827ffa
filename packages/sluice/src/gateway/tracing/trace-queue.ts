/**
 * Traces on their way to the control plane: in messages of up to 64, with each look of the sweeper. What does not find room until then is dropped and counted, so that a worker costs the control plane a bounded amount
 * (about 2,000 traces each second) however much is to be kept.
 */
import type { TraceRecord } from '../../core/tracing/trace-record.ts';
import type { FromWorker } from '../../config/worker-protocol.ts';

export const QUEUED_MAX = 512;
const PER_MESSAGE = 64;

export class TraceQueue {
  private readonly say: (message: FromWorker) => void;
  private queued: TraceRecord[] = [];
  private dropped = 0;

  constructor(say: (message: FromWorker) => void) {
    this.say = say;
  }

  /** Whether there is room for another; where there is none, the one that was asked for counts as dropped. */
  hasRoom(): boolean {
    if (this.queued.length < QUEUED_MAX) return true;
    this.dropped++;
    return false;
  }

  add(trace: TraceRecord): void {
    this.queued.push(trace);
  }

  /** Sends what there is. */
  flush(): void {
    if (this.queued.length === 0 && this.dropped === 0) return;
    const { queued, dropped } = this;
    this.queued = [];
    this.dropped = 0;
    for (let at = 0; at === 0 || at < queued.length; at += PER_MESSAGE)
      this.say({ type: 'traced', traces: queued.slice(at, at + PER_MESSAGE), dropped: at === 0 ? dropped : 0 });
  }
}
