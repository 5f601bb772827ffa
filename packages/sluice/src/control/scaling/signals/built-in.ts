/** The readers of the signals that come from shared memory and the runner, by name. */
import type { SignalPlan } from '../../../core/scaling/policy.ts';
import type { SignalReader } from './glance.ts';
import { LatencySignal } from './latency.ts';
import { eventLoopDelaySignal, eventLoopSignal, jobsSignal } from './reported.ts';
import { cpuSignal, memorySignal } from './resources.ts';
import { inFlightSignal, parkedSignal, QueueWaitSignal, requestsSignal, shedSignal } from './traffic.ts';

type BuiltInPlan = Extract<SignalPlan, { kind: 'built-in' }>;

/** A reader of its own for each policy: what it remembers is not shared. */
export function builtInReader({ name, percentile }: BuiltInPlan): SignalReader {
  switch (name) {
    case 'in-flight':
      return inFlightSignal;
    case 'rps':
      return requestsSignal();
    case 'queue-wait':
      return new QueueWaitSignal();
    case 'parked':
      return parkedSignal;
    case 'shed':
      return shedSignal();
    case 'latency':
      return new LatencySignal(percentile);
    case 'cpu':
      return cpuSignal;
    case 'memory':
      return memorySignal;
    case 'event-loop':
      return eventLoopSignal;
    case 'event-loop-delay':
      return eventLoopDelaySignal;
    case 'jobs':
      return jobsSignal;
  }
}
