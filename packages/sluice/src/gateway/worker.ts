/** A data-plane worker thread: its messages in and out. The work itself is `data-plane.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { trimHeap, trimHeapWhenQuiet } from '../io/minor-gc.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { type PlanMessage, unpackPlan } from '../config/plan-message.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../config/worker-protocol.ts';
import { DataPlane } from './data-plane.ts';
import { SWEEP_PERIOD_MS } from './sweeper.ts';

assert(parentPort !== null, 'the gateway worker runs in a worker thread');
const port = parentPort;
const say = (message: FromWorker): void => port.postMessage(message);
const plane = new DataPlane({ start: workerData as WorkerStart, clock: nodeRuntime.clock, random: nodeRuntime.random, say });
const sweeping = setInterval(() => plane.sweep(), SWEEP_PERIOD_MS);

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'apply':
      await apply(message);
      return say({ type: 'applied', generation: message.plan.generation, error: null });
    case 'drain':
      void plane.drain(message.deadlineMs, message.idleMs).then(leave); // plans that come meanwhile count
      return;
    case 'close':
      return leave(plane.close());
    case 'tickets':
      plane.tickets = message.tickets;
      return;
    case 'rebalance':
      return plane.rebalance(message);
    case 'tail':
      plane.tail(message.filter);
      return;
    case 'reopen-log':
      return plane.reopenLog();
  }
}

async function apply(message: PlanMessage): Promise<void> {
  const plan = unpackPlan(message, plane.plan);
  assert(plan !== null, `a plan made for generation ${message.base} reaches a worker that runs it`);
  if (plane.plan.listeners.length === 0) trim(plan.services.some(({ parking }) => parking !== null));
  await plane.apply(plan, message.slots, message.memories);
}

/** Before the first listener opens nobody waits yet, unless instances are on their way: then whoever asks waits for us, too. */
function trim(hasInstances: boolean): void {
  if (hasInstances) trimHeapWhenQuiet();
  else trimHeap();
}

async function leave(cut: number): Promise<void> {
  await plane.closeLog();
  clearInterval(sweeping);
  say({ type: 'drained', cut });
  port.close();
}

// One at a time and in order: a plan is never applied while another is half applied.
let queue: Promise<void> = Promise.resolve();
port.on('message', (message: ToWorker) => {
  if (message.type === 'close') {
    void leave(plane.close());
    return;
  }
  queue = queue
    .then(() => handle(message))
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (message.type === 'apply') say({ type: 'applied', generation: message.plan.generation, error: reason });
      else plane.event('error', 'worker failed', { reason });
    });
});
