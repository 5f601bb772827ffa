/**
 * Data-plane workers as threads of this process. V8's flags belong to the process, but the sizes of a thread's heap are its own: a larger
 * young generation (three semi-spaces) lets the garbage of requests die young instead of being copied to the old one.
 */
import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from '../config/worker-protocol.ts';

export interface ThreadListener {
  readonly message: (message: FromWorker) => void;
  readonly exited: (reason: string) => void;
}

export interface WorkerThread {
  send(message: ToWorker): void;
  terminate(): void;
  /** Share 0..1 of its time that its event loop was busy lately: since the last call, over half a second at least. Several may ask without disturbing each other. */
  utilization(): number;
}

/** Three semi-spaces of 32 MiB; V8 grows into them only under allocation. */
const YOUNG_GENERATION_MIB = 96;
/** Who asks sooner is told what was: a share of less says more of luck than of load. */
const BUSY_WINDOW_MS = 500;

/** Makes a spawner of threads that run the module `entry`. */
export function workerThreads(entry: URL): (start: WorkerStart, listener: ThreadListener) => WorkerThread {
  return (start, listener) => {
    const worker = new Worker(entry, {
      workerData: start,
      name: `sluice-worker-${start.index}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    let reason: string | null = null;
    worker.on('message', (message: FromWorker) => listener.message(message));
    worker.on('error', (error) => (reason = error instanceof Error ? (error.stack ?? error.message) : String(error)));
    worker.on('exit', (code) => listener.exited(reason ?? `exit code ${code}`));
    let before = worker.performance.eventLoopUtilization();
    let busy: number | null = null;
    return {
      send: (message) => worker.postMessage(message),
      terminate: () => void worker.terminate(),
      utilization: () => {
        const now = worker.performance.eventLoopUtilization();
        const { active, idle, utilization } = worker.performance.eventLoopUtilization(now, before);
        const share = Math.min(1, Math.max(0, utilization));
        if (active + idle < BUSY_WINDOW_MS) return busy ?? share;
        before = now;
        busy = share;
        return share;
      },
    };
  };
}
