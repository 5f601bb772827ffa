/** What goes through now and what went through lately: looks at the counters each second, and keeps what charts need. */
import type { TrafficSeries, TrafficSnapshot } from '../../observe/traffic.ts';

export class TrafficHistory {
  now(): TrafficSnapshot {
    throw new Error('there is no traffic yet');
  }

  async *follow(_signal: AbortSignal): AsyncIterable<TrafficSnapshot> {}

  series(_service: string | null, _seconds: number): TrafficSeries | null {
    return null;
  }
}
