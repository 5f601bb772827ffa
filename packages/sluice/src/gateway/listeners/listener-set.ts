/**
 * The listeners of one worker: those of the plan in force, and those that finish because a change took them away. New ones are open before anything else changes; what
 * a change does not touch keeps its object, and with it its connections.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ListenerPlan, Plan } from '../../config/plan.ts';
import type { WorkerSlots } from '../../config/plan-message.ts';
import { LAST_WORDS_MS } from '../tunnel/long-lived.ts';
import { createListener, type Listener, type ListenerOwner } from './listener.ts';

export class ListenerSet {
  private readonly owner: ListenerOwner;
  private readonly current = new Map<string, Listener>();
  /** Draining because of a change. */
  private readonly leaving = new Set<Listener>();

  constructor(owner: ListenerOwner) {
    this.owner = owner;
  }

  /** Those of the plan in force. */
  values(): MapIterator<Listener> {
    return this.current.values();
  }

  get(name: string): Listener | undefined {
    return this.current.get(name);
  }

  /** Whether anybody is still connected. */
  get isEmpty(): boolean {
    for (const listener of this.current.values()) if (listener.size > 0) return false;
    for (const listener of this.leaving) if (listener.size > 0) return false;
    return true;
  }

  /** Opens what a plan has and this set has not. Rejects, with nothing open, when one cannot be opened. */
  async open(plan: Plan, slots: WorkerSlots): Promise<Listener[]> {
    const opened: Listener[] = [];
    try {
      for (const listenerPlan of plan.listeners) {
        const running = this.get(listenerPlan.name);
        if (running !== undefined && isSamePlace(running.plan, listenerPlan)) continue;
        if (listenerPlan.address.kind === 'unix' && this.owner.index > 0) continue; // a path has one owner
        const listener = await createListener(this.owner, listenerPlan, slots.listeners[listenerPlan.name]!);
        if (listener === null) continue;
        await listener.start();
        opened.push(listener);
      }
    } catch (error) {
      for (const listener of opened) listener.close();
      throw error;
    }
    return opened;
  }

  /** The plan is in force: what it has no more, or elsewhere, finishes what it has; what was opened for it is in its place. */
  replace(plan: Plan, opened: readonly Listener[]): void {
    this.retire(plan);
    for (const listenerPlan of plan.listeners) this.get(listenerPlan.name)?.update(listenerPlan);
    for (const listener of opened) this.current.set(listener.plan.name, listener);
  }

  drain(): void {
    for (const listener of this.current.values()) listener.drain();
  }

  closeIdle(): void {
    for (const listener of [...this.current.values(), ...this.leaving]) listener.closeIdle();
  }

  /** Ends everything. @returns Exchanges cut. */
  close(): number {
    let cut = 0;
    for (const listener of [...this.current.values(), ...this.leaving]) cut += listener.close();
    return cut;
  }

  /** Those who left and have nobody any more are forgotten. */
  forgetEmpty(): void {
    for (const listener of this.leaving) if (listener.size === 0) this.leaving.delete(listener);
  }

  private retire(plan: Plan): void {
    const wanted = new Map(plan.listeners.map((listener) => [listener.name, listener]));
    for (const [name, listener] of this.current) {
      if (isSamePlace(listener.plan, wanted.get(name))) continue;
      this.current.delete(name);
      this.leaving.add(listener);
      listener.drain();
      setTimeout(() => this.forget(listener), plan.drainTimeoutMs).unref();
    }
  }

  private forget(listener: Listener): void {
    const close = (): void => {
      listener.close();
      this.leaving.delete(listener);
    };
    if (this.owner.longLived.leaveListener(listener) === 0) close();
    else setTimeout(close, LAST_WORDS_MS).unref();
  }
}

/** Whether the listener that runs can take the plan over: same address, same kind, and its work still ours. */
function isSamePlace(running: ListenerPlan, wanted: ListenerPlan | undefined): boolean {
  return (
    wanted !== undefined &&
    wanted.kind === running.kind &&
    isDeepStrictEqual(wanted.address, running.address) &&
    engineOf(wanted) === engineOf(running)
  );
}

function engineOf(plan: ListenerPlan): 'user' | 'kernel' {
  return 'engine' in plan ? plan.engine : 'user';
}
