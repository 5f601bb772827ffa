/**
 * Keeps the data-plane workers running: starts them, hands each change to all of them and waits for every answer, takes back what a
 * crashed one had counted in the shared tables and starts another in its place with the last plan. A worker that dies while it takes a
 * plan over is that plan's failure, said to whoever applied it; the restart then runs what is applied next.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { Plan } from '../../config/plan.ts';
import { packPlan, type PlanMessage } from '../../config/plan-message.ts';
import type { FromWorker, SlotMap, TailFilter, TicketSecrets, ToWorker, WorkerStart } from '../../config/worker-protocol.ts';
import type { SpanBatch } from '../../core/tracing/span-batch.ts';
import { backoffDelay, type BackoffPolicy } from '../../core/fleet/backoff.ts';
import type { SayEvent } from '../say-event.ts';
import type { SpawnWorker } from './worker-handle.ts';
import { WorkerSlot } from './worker-slot.ts';

interface Running {
  readonly plan: Plan;
  readonly slots: SlotMap;
}

export interface SupervisorOptions {
  readonly runtime: Runtime;
  readonly spawn: SpawnWorker;
  /** The shared memory that each worker is given. */
  readonly endpoints: SharedArrayBuffer;
  readonly metrics: SharedArrayBuffer;
  readonly exemplars: SharedArrayBuffer | null;
  /** Memory that plans ask for. */
  readonly memories: () => Readonly<Record<string, SharedArrayBuffer>>;
  /** As they are now. */
  readonly tickets: () => TicketSecrets;
  readonly say: SayEvent;
  /** A worker's thread is gone: take back its counts, before its successor starts. */
  readonly crashed: (worker: number) => void;
  /** A worker saw an endpoint fail often in a row. */
  readonly suspect: (service: number, endpoint: number) => void;
  /** Requests have begun to wait for an instance of this service (row). */
  readonly parked: (service: number) => void;
  /** Lines for the live tail. */
  readonly accessed: (lines: readonly string[], skipped: number) => void;
  /** Spans that are to be exported. */
  readonly traced: (batches: readonly SpanBatch[], dropped: number) => void;
}

/** How long a worker may take to answer `apply`. */
const APPLY_DEADLINE_MS = 15_000;
/** A worker that ran this long before it crashed is started again at once. */
const STEADY_MS = 10_000;
const RESTART: BackoffPolicy = { baseMs: 50, maxMs: 5_000, jitter: 0.5 };
/** When the program ends, idle connections are closed after this: time for busy clients to be told, not so long that Ctrl-C annoys. */
const ENDING_IDLE_MS = 1_000;
/** For the answer to come. */
const ANSWER_GRACE_MS = 1_000;
/** On top of a drain's deadline, also for WebSockets to say goodbye. */
const DRAIN_GRACE_MS = 3_000;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #slots: WorkerSlot[] = [];
  /** Taken out of service, finishing; their indices are not given out again before they are gone. */
  readonly #leaving = new Set<WorkerSlot>();
  /** What every worker runs, or is to run. */
  #current: Running | null = null;
  #message: { readonly current: Running; readonly base: Plan | null; readonly packed: PlanMessage } | null = null;
  #isEnding = false;
  #restarts = 0;
  #tail: TailFilter | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Threads that run now. */
  get running(): number {
    return this.#slots.filter((slot) => slot.handle !== null).length;
  }

  /** Crashed workers that were started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** How busy each worker was lately (since the last call, over half a second at least): share 0..1 of the time of its event loop. One that is between two lives is left out. */
  utilizations(): readonly { readonly index: number; readonly utilization: number }[] {
    return this.#slots.flatMap(({ index, handle }) => (handle === null ? [] : [{ index, utilization: handle.utilization() }]));
  }

  /** Starts so many workers ahead of the first plan: they load their code while it is made. Those that it does not want end again. */
  prepare(workers: number): void {
    while (this.#slots.length < workers) {
      const slot = new WorkerSlot(this.#freeIndex());
      this.#slots.push(slot);
      this.#start(slot);
    }
  }

  /**
   * Gives every worker this plan and waits until each runs it; starts or drains workers so that there are `plan.workers`.
   * @returns What went wrong, a line each; empty when all run it.
   */
  async apply(plan: Plan, slots: SlotMap): Promise<readonly string[]> {
    if (this.#isEnding) return ['the workers are stopping'];
    this.#current = { plan, slots };
    while (this.#slots.length > plan.workers) this.#retire(this.#slots.pop()!, plan.drainTimeoutMs);
    const started = this.#slots.length;
    while (this.#slots.length < plan.workers) this.#slots.push(new WorkerSlot(this.#freeIndex()));
    const indices = this.#slots.map((slot) => slot.index);
    const answers = this.#slots.map((slot) => this.#awaitApplied(slot, plan.generation));
    for (const slot of this.#slots.slice(started)) this.#start(slot);
    for (const slot of this.#slots.slice(0, started)) this.#sendCurrent(slot);
    for (const slot of this.#leaving) this.#sendCurrent(slot); // requests may still wait there for an instance
    const errors = await Promise.all(answers);
    return errors.flatMap((error, place) => (error === null ? [] : [`worker ${indices[place]}: ${error}`]));
  }

  /**
   * Every worker stops accepting and finishes what it has.
   * @returns Connections that had to be cut at the deadline.
   */
  async drain(deadlineMs: number): Promise<number> {
    this.#isEnding = true;
    const cuts = await Promise.all(this.#slots.map((slot) => this.#drainOne(slot, deadlineMs, ENDING_IDLE_MS)));
    return cuts.reduce((sum, cut) => sum + cut, 0);
  }

  /** Closes everything at once; resolves when every thread is gone. */
  async close(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#slots.splice(0), ...this.#leaving].map((slot) => this.#end(slot)));
  }

  /** Each worker reopens the access log's file. */
  reopenLog(): void {
    for (const slot of this.#slots) slot.handle?.send({ type: 'reopen-log' });
  }

  /** What workers send of the access log for the live tail; null: nothing. Holds for those that start later, too. */
  tail(filter: TailFilter | null): void {
    this.#tail = filter;
    for (const slot of this.#slots) slot.handle?.send({ type: 'tail', filter });
  }

  /** Each worker ends a share of its long-lived connections to an endpoint (rows of the shared tables). */
  rebalance(step: Omit<Extract<ToWorker, { type: 'rebalance' }>, 'type'>): void {
    for (const slot of this.#slots) slot.handle?.send({ type: 'rebalance', ...step });
  }

  /** Each worker uses other ticket secrets from now on. */
  changeTickets(tickets: TicketSecrets): void {
    for (const slot of this.#slots) slot.handle?.send({ type: 'tickets', tickets });
  }

  /** The lowest index that no thread has; the shared tables have a column for each. */
  #freeIndex(): number {
    const taken = new Set([...this.#slots, ...this.#leaving].map((slot) => slot.index));
    let index = 0;
    while (taken.has(index)) index++;
    return index;
  }

  #start(slot: WorkerSlot): void {
    const { runtime, spawn, endpoints, metrics, exemplars, tickets } = this.#options;
    const start: WorkerStart = { index: slot.index, endpoints, metrics, exemplars, tickets: tickets() };
    slot.restart = null;
    slot.confirmed = null;
    slot.startedAt = runtime.clock.now();
    slot.handle = spawn(start, {
      message: (message) => this.#received(slot, message),
      exited: (reason) => this.#exited(slot, reason),
    });
    this.#sendCurrent(slot);
    if (this.#tail !== null) slot.handle.send({ type: 'tail', filter: this.#tail });
  }

  #sendCurrent(slot: WorkerSlot): void {
    // A worker that waits for its restart is given the plan then.
    if (this.#current === null || slot.handle === null) return;
    slot.handle.send({ type: 'apply', ...this.#packed(this.#current, slot.confirmed) });
    slot.confirmed = null;
  }

  /** Workers that run the same plan are sent the same message. */
  #packed(current: Running, base: Plan | null): PlanMessage {
    if (this.#message?.current !== current || this.#message.base !== base) {
      this.#message = { current, base, packed: packPlan(current.plan, current.slots, base, this.#options.memories()) };
    }
    return this.#message.packed;
  }

  #awaitApplied(slot: WorkerSlot, generation: number): Promise<string | null> {
    slot.applying?.settle('another plan was applied before it answered');
    return new Promise((resolve) => {
      const late = this.#options.runtime.timers.after(APPLY_DEADLINE_MS, () => settle(`did not answer within ${APPLY_DEADLINE_MS} ms`));
      const settle = (error: string | null): void => {
        late();
        slot.applying = null;
        resolve(error);
      };
      slot.applying = { generation, settle };
    });
  }

  #received(slot: WorkerSlot, message: FromWorker): void {
    switch (message.type) {
      case 'applied':
        if (message.generation === this.#current?.plan.generation && message.error === null) slot.confirmed = this.#current.plan;
        if (slot.applying?.generation === message.generation) slot.applying.settle(message.error);
        else if (message.error !== null) this.#restartFailed(slot, message.error);
        return;
      case 'drained':
        slot.draining?.settle(message.cut);
        return;
      case 'suspect':
        return this.#options.suspect(message.service, message.endpoint);
      case 'parked':
        return this.#options.parked(message.service);
      case 'accessed':
        return this.#options.accessed(message.lines, message.skipped);
      case 'traced':
        return this.#options.traced(message.batches, message.dropped);
      case 'event':
        return this.#options.say(message.level, message.what, { ...message.detail, worker: slot.index });
    }
  }

  /** A worker that took a crashed one's place cannot run the plan that the others run: another try, after a longer wait. */
  #restartFailed(slot: WorkerSlot, reason: string): void {
    this.#options.say('error', 'worker-not-restarted', { worker: slot.index, reason });
    slot.handle?.terminate();
  }

  #exited(slot: WorkerSlot, reason: string): void {
    const { clock, random, timers } = this.#options.runtime;
    slot.handle = null;
    this.#options.crashed(slot.index);
    slot.left?.();
    slot.failPending(`its thread ended: ${reason}`);
    if (this.#isEnding || slot.isLeaving) return;
    const ranMs = Math.round(clock.now() - (slot.startedAt ?? clock.now()));
    slot.failures = ranMs >= STEADY_MS ? 1 : slot.failures + 1;
    const afterMs = ranMs >= STEADY_MS ? 0 : backoffDelay(RESTART, slot.failures, random);
    this.#options.say('error', 'worker-crashed', { worker: slot.index, reason, ranMs, restartInMs: afterMs });
    slot.restart = timers.after(afterMs, () => {
      this.#restarts++;
      this.#start(slot);
    });
  }

  #drainOne(slot: WorkerSlot, deadlineMs: number, idleMs: number): Promise<number> {
    slot.restart?.();
    const { handle } = slot;
    if (handle === null) return Promise.resolve(0);
    return new Promise((resolve) => {
      const late = this.#options.runtime.timers.after(deadlineMs + DRAIN_GRACE_MS, () => settle(0));
      const settle = (cut: number): void => {
        late();
        slot.draining = null;
        resolve(cut);
      };
      slot.draining = { generation: 0, settle };
      handle.send({ type: 'drain', deadlineMs, idleMs });
    });
  }

  /** Takes a worker out of service that is one too many. */
  #retire(slot: WorkerSlot, deadlineMs: number): void {
    slot.isLeaving = true;
    slot.applying?.settle(null);
    this.#leaving.add(slot);
    void this.#drainOne(slot, deadlineMs, deadlineMs)
      .then(() => this.#end(slot))
      .then(() => this.#leaving.delete(slot));
  }

  #end(slot: WorkerSlot): Promise<void> {
    slot.isLeaving = true;
    slot.restart?.();
    const { handle } = slot;
    if (handle === null) return Promise.resolve();
    slot.ended ??= new Promise((resolve) => {
      const hard = this.#options.runtime.timers.after(ANSWER_GRACE_MS, () => handle.terminate());
      slot.left = () => {
        hard();
        resolve();
      };
      handle.send({ type: 'close' });
    });
    return slot.ended;
  }
}
