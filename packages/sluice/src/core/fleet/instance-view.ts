/**
 * An instance as everybody but its runner sees it: what deploys, scale-in, status and the admin API decide and tell by. Plain data.
 */
import type { Instant, Timestamp } from '../../base/time.ts';

/**
 * Where an instance is in its life.
 *
 *   starting ──► ready ◄──► unready          stopping: SIGTERM sent        waiting: gone, to be started again after its backoff
 *                  └──► draining ──► stopping ──► stopped                  stopped: gone for good
 */
export type InstancePhase = 'starting' | 'ready' | 'unready' | 'draining' | 'stopping' | 'waiting' | 'stopped';

/** Why an instance is not as it should be; each has its sentence in `core/fleet/trouble.ts`. */
export type InstanceTrouble =
  /** There is no such program, or it may not be run. */
  | 'unstartable'
  /** It ended by itself. */
  | 'exited'
  /** It ended too often in a row. */
  | 'crash-loop'
  /** It did not answer its probe in time after its start. */
  | 'never-ready'
  /** It answered once, and does not any more. */
  | 'unready'
  /** It did not end after SIGTERM. */
  | 'ignores-sigterm'
  /** The kernel killed it at its memory bound. */
  | 'out-of-memory'
  /** Whoever starts instances (container engine, API server) cannot be reached. */
  | 'engine-away';

export interface InstanceView {
  /** `users.3`; never used again for another instance of the service while Sluice runs. */
  readonly id: string;
  /** `v1`. */
  readonly version: string;
  readonly phase: InstancePhase;
  /** Since when it is in this phase. */
  readonly since: Instant;
  /** When its process was started last; for people. */
  readonly startedAt: Timestamp;
  /** The endpoint's canonical address, once it has one. */
  readonly address: string | null;
  /** Process id, container id, pod name, machine id. */
  readonly handle: string | null;
  readonly restarts: number;
  readonly isProtected: boolean;
  readonly trouble: { readonly kind: InstanceTrouble; readonly detail: string } | null;
  /** Cores in use, and memory held; null = unknown. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

/** Whether requests may be sent to it. */
export function isServing(view: InstanceView): boolean {
  return view.phase === 'ready';
}

/** Whether it can be expected to serve before long: it was started, and neither keeps ending nor cannot be started at all. */
export function isPromising({ phase, trouble }: InstanceView): boolean {
  return phase === 'ready' || (trouble?.kind !== 'crash-loop' && trouble?.kind !== 'unstartable');
}
