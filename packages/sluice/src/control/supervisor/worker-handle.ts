/** A data-plane worker as the supervisor sees it, so that tests can stand in for threads. */
import type { FromWorker, ToWorker, WorkerStart } from '../../config/worker-protocol.ts';

export interface WorkerHandle {
  send(message: ToWorker): void;
  /** Ends the thread at once; `exited` follows. */
  terminate(): void;
  /** Share 0..1 of its time that its event loop was busy lately: since the last call, over half a second at least. */
  utilization(): number;
}

export interface WorkerListener {
  readonly message: (message: FromWorker) => void;
  /** Called once, whatever ended it. */
  readonly exited: (reason: string) => void;
}

/** Starts a worker. */
export type SpawnWorker = (start: WorkerStart, listener: WorkerListener) => WorkerHandle;
