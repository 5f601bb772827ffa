import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_CHALLENGES, type Plan } from '../../config/plan.ts';
import type { SlotMap, ToWorker, WorkerStart } from '../../config/worker-protocol.ts';
import { ticketSecrets } from '../../../test/support/ticket-secrets.ts';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { Supervisor } from './supervisor.ts';
import type { WorkerListener } from './worker-handle.ts';

/** A worker under the test's hand. */
interface FakeWorker {
  readonly index: number;
  readonly received: ToWorker[];
  readonly listener: WorkerListener;
  isTerminated: boolean;
}

const SLOTS: SlotMap = { listeners: {}, routes: {}, services: {}, endpoints: {} };

function plan(generation: number, workers: number): Plan {
  return {
    generation,
    listeners: [],
    services: [],
    routes: [],
    caches: [],
    stores: [],
    memories: [],
    admin: null,
    accessLog: null,
    tracing: null,
    acmeChallenges: NO_CHALLENGES,
    workers,
    drainTimeoutMs: 1_000,
  };
}

function setUp(answer: (worker: FakeWorker, message: ToWorker) => void = answerAll) {
  const runtime = manualRuntime();
  const workers: FakeWorker[] = [];
  const events: string[] = [];
  const crashed: number[] = [];
  const suspects: [number, number][] = [];
  const spawn = (start: WorkerStart, listener: WorkerListener) => {
    const worker: FakeWorker = { index: start.index, received: [], listener, isTerminated: false };
    workers.push(worker);
    return {
      send: (message: ToWorker) => {
        worker.received.push(message);
        queueMicrotask(() => answer(worker, message));
      },
      terminate: () => {
        worker.isTerminated = true;
        worker.listener.exited('terminated');
      },
      utilization: () => (worker.index + 1) / 10,
    };
  };
  const supervisor = new Supervisor({
    runtime,
    spawn,
    endpoints: new SharedArrayBuffer(8),
    metrics: new SharedArrayBuffer(8),
    exemplars: null,
    memories: () => ({}),
    tickets: () => ticketSecrets(),
    say: (_level, what) => events.push(what),
    crashed: (index) => crashed.push(index),
    suspect: (service, endpoint) => suspects.push([service, endpoint]),
    parked: () => {},
    accessed: () => {},
    traced: () => {},
  });
  return { runtime, supervisor, workers, events, crashed, suspects };
}

/** What a healthy worker says. */
function answerAll(worker: FakeWorker, message: ToWorker): void {
  if (message.type === 'apply') worker.listener.message({ type: 'applied', generation: message.plan.generation, error: null });
  if (message.type === 'drain') worker.listener.message({ type: 'drained', cut: worker.index });
  if (message.type === 'close') worker.listener.exited('exit code 0');
}

test('workers that are started ahead are given the first plan; one too many ends, one too few is added', async () => {
  for (const wanted of [1, 2, 3]) {
    const { supervisor, workers } = setUp();
    supervisor.prepare(2);
    assert.deepEqual(
      workers.map(({ index, received }) => [index, received.length]),
      [
        [0, 0],
        [1, 0],
      ],
    );
    assert.deepEqual(await supervisor.apply(plan(1, wanted), SLOTS), []);
    assert.deepEqual(
      workers.map(({ received }) => received[0]?.type),
      ['apply', wanted === 1 ? 'drain' : 'apply', 'apply'].slice(0, Math.max(2, wanted)),
    );
    assert.equal(supervisor.running, wanted);
  }
});

test('a plan is applied when every worker says so', async () => {
  const { supervisor, workers } = setUp();
  assert.deepEqual(await supervisor.apply(plan(1, 3), SLOTS), []);
  assert.deepEqual(
    workers.map((worker) => worker.index),
    [0, 1, 2],
  );
  assert.deepEqual(await supervisor.apply(plan(2, 3), SLOTS), []);
  assert.equal(workers.length, 3);
  assert.ok(workers.every((worker) => worker.received.length === 2));
});

test('says which worker could not take a plan over, and why', async () => {
  const { supervisor } = setUp((worker, message) => {
    if (message.type !== 'apply') return;
    worker.listener.message({ type: 'applied', generation: message.plan.generation, error: worker.index === 1 ? 'port in use' : null });
  });
  assert.deepEqual(await supervisor.apply(plan(1, 2), SLOTS), ['worker 1: port in use']);
});

test('a worker that does not answer fails the plan at the deadline', async () => {
  const { supervisor, runtime } = setUp(() => {});
  const applied = supervisor.apply(plan(1, 1), SLOTS);
  runtime.advance(15_000);
  assert.deepEqual(await applied, ['worker 0: did not answer within 15000 ms']);
  assert.equal(runtime.waiting, 0);
});

test('a worker that dies while it takes a plan over fails that plan', async () => {
  const { supervisor } = setUp((worker, message) => {
    if (message.type === 'apply') worker.listener.exited('SyntaxError');
  });
  assert.deepEqual(await supervisor.apply(plan(1, 1), SLOTS), ['worker 0: its thread ended: SyntaxError']);
});

test('a crashed worker is taken back, then started again in its place with the last plan', async () => {
  const { supervisor, workers, runtime, events, crashed } = setUp();
  await supervisor.apply(plan(1, 2), SLOTS);
  workers[1]?.listener.exited('out of memory');
  assert.deepEqual(crashed, [1]);
  assert.equal(supervisor.running, 1);
  runtime.advance(100);
  assert.deepEqual(events, ['worker-crashed']);
  assert.equal(workers[2]?.index, 1);
  const first = workers[2]?.received[0];
  assert.equal(first?.type === 'apply' ? first.plan.generation : null, 1);
});

test('a worker that keeps crashing waits longer each time, and again briefly after a steady run', async () => {
  const { supervisor, workers, runtime } = setUp();
  await supervisor.apply(plan(1, 1), SLOTS);
  for (let crash = 0; crash < 8; crash++) {
    workers.at(-1)?.listener.exited('crash');
    runtime.advance(5_000);
  }
  assert.equal(workers.length, 9);
  workers.at(-1)?.listener.exited('crash');
  runtime.advance(1_000);
  assert.equal(workers.length, 9, 'the ninth crash in a row is not followed by a restart within a second');
  runtime.advance(14_000);
  workers.at(-1)?.listener.exited('crash');
  runtime.advance(0);
  assert.equal(workers.length, 11);
});

test('fewer workers: the surplus drains, hearing of changes until it closes; more later get free indices', async () => {
  const { supervisor, workers } = setUp((worker, message) => {
    if (message.type === 'apply') answerAll(worker, message);
  });
  await supervisor.apply(plan(1, 2), SLOTS);
  await supervisor.apply(plan(2, 1), SLOTS);
  assert.deepEqual(
    workers[1]?.received.map((message) => message.type),
    ['apply', 'drain', 'apply'],
  );
  await supervisor.apply(plan(3, 2), SLOTS);
  assert.equal(workers[2]?.index, 2, 'index 1 still belongs to the one that drains');
});

test('forwards suspects and tells events with their worker', async () => {
  const { supervisor, workers, suspects, events } = setUp();
  await supervisor.apply(plan(1, 1), SLOTS);
  workers[0]?.listener.message({ type: 'suspect', service: 3, endpoint: 4 });
  workers[0]?.listener.message({ type: 'event', level: 'warn', what: 'something', detail: {} });
  assert.deepEqual(suspects, [[3, 4]]);
  assert.deepEqual(events, ['something']);
});

test('drains all, sums what was cut, and restarts nobody', async () => {
  const { supervisor, workers, runtime } = setUp();
  await supervisor.apply(plan(1, 3), SLOTS);
  assert.equal(await supervisor.drain(500), 0 + 1 + 2);
  workers[0]?.listener.exited('exit code 0');
  runtime.advance(60_000);
  assert.equal(workers.length, 3);
  await supervisor.close();
  assert.equal(supervisor.running, 0);
});

test('a worker that does not close is terminated', async () => {
  const { supervisor, workers, runtime } = setUp((worker, message) => {
    if (message.type === 'apply') answerAll(worker, message);
  });
  await supervisor.apply(plan(1, 1), SLOTS);
  const closed = supervisor.close();
  runtime.advance(1_000);
  await closed;
  assert.ok(workers[0]?.isTerminated);
});

test('a restarted worker that cannot run the plan is tried again', async () => {
  let isPortTaken = false;
  const { supervisor, workers, runtime, events } = setUp((worker, message) => {
    if (message.type !== 'apply') return answerAll(worker, message);
    const error = isPortTaken ? 'listen EADDRINUSE' : null;
    worker.listener.message({ type: 'applied', generation: message.plan.generation, error });
  });
  await supervisor.apply(plan(1, 1), SLOTS);
  isPortTaken = true;
  workers[0]?.listener.exited('crash');
  runtime.advance(100);
  await Promise.resolve();
  assert.deepEqual(events, ['worker-crashed', 'worker-not-restarted', 'worker-crashed']);
  isPortTaken = false;
  runtime.advance(1_000);
  await Promise.resolve();
  assert.equal(workers.length, 3);
  assert.equal(supervisor.running, 1);
});

test('once they stop, no plan starts workers again', async () => {
  const { supervisor, workers } = setUp();
  await supervisor.apply(plan(1, 1), SLOTS);
  await supervisor.close();
  assert.deepEqual(await supervisor.apply(plan(2, 2), SLOTS), ['the workers are stopping']);
  assert.equal(workers.length, 1);
});
