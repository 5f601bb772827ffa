/**
 * Keeps the shared limits of all services: every 100 ms, one pass over them. The workers only read what it writes; should it stop, budgets
 * run dry and limits stay where they are.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { Plan } from '../../config/plan.ts';
import type { SlotMap } from '../../config/worker-protocol.ts';
import { assert } from '../../base/assert.ts';
import { ServiceLimits, type ServiceLimitsOptions } from './service-limits.ts';

export interface LimitsLoopOptions extends ServiceLimitsOptions {
  readonly runtime: Runtime;
}

const TICK_MS = 100;

export class LimitsLoop implements AsyncDisposable {
  readonly #options: LimitsLoopOptions;
  #services: Map<string, ServiceLimits> = new Map();
  #cancel: Cancel | null = null;

  constructor(options: LimitsLoopOptions) {
    this.#options = options;
  }

  /** Begins to tick. */
  start(): void {
    this.#cancel ??= this.#options.runtime.timers.every(TICK_MS, () => {
      const now = this.#options.runtime.clock.now();
      for (const service of this.#services.values()) service.tick(now);
    });
  }

  /** Follows a plan; services that stay keep breaker, budgets and learned limits as far as their rules are the same. */
  apply(plan: Pick<Plan, 'services'>, slots: SlotMap): void {
    const services = new Map<string, ServiceLimits>();
    for (const service of plan.services) {
      const slot = slots.services[service.name];
      assert(slot !== undefined, `service "${service.name}" has a slot`);
      const known = this.#services.get(service.name);
      if (known?.slot === slot) known.apply(service);
      services.set(service.name, known?.slot === slot ? known : this.#open(service, slot));
    }
    this.#services = services;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
  }

  #open(service: Plan['services'][number], slot: number): ServiceLimits {
    return new ServiceLimits(service, slot, this.#options, this.#options.runtime.clock.now());
  }
}
