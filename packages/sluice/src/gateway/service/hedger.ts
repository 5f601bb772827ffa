/**
 * Sends a second copy of an idempotent request that is slower than its service's percentile (Dean and Barroso, "The Tail at Scale", 2013). The first head wins, the other
 * copy is cut. The delay is computed by the control plane from the latency histogram; the budget is shared by all workers.
 */
import { hedgeCost } from '../../core/limiting/hedge-budget.ts';
import type { HedgePlan } from '../../config/plan.ts';
import type { Instant } from '../../base/time.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Whose requests are hedged. `service.ts` is it. */
export interface HedgingService {
  readonly worker: WorkerContext;
  readonly slot: number;
  /** Sends a second copy beside the first, if bounds and budget allow it. @param cost In the budget. */
  hedge(exchange: Exchange, cost: number, now: Instant): void;
}

export class Hedger {
  private readonly service: HedgingService;
  private readonly cost: number;

  constructor(service: HedgingService, plan: HedgePlan) {
    this.service = service;
    this.cost = hedgeCost(plan.budgetShare);
  }

  /** An attempt was sent: hedge it when it takes too long. */
  sent(exchange: Exchange): void {
    const { worker, slot } = this.service;
    const delayMs = worker.table.hedgeDelayMs[slot]!;
    if (delayMs <= 0 || exchange.isHedged || !exchange.isIdempotent || !exchange.canResend || exchange.isUpgrade) return;
    if (exchange.affinity === 'kept') return; // its session lives at one endpoint
    if (exchange.hedgeTimer !== null) clearTimeout(exchange.hedgeTimer);
    exchange.hedgeTimer = setTimeout(() => this.fire(exchange), delayMs);
  }

  answered(exchange: Exchange): void {
    if (exchange.hedgeTimer !== null) clearTimeout(exchange.hedgeTimer);
    exchange.hedgeTimer = null;
  }

  private fire(exchange: Exchange): void {
    exchange.hedgeTimer = null;
    // At the end of a turn: see `dispatcher.ts`.
    this.service.worker.later(() => {
      if (exchange.isOver || exchange.isReplyStarted || exchange.current === null || exchange.isHedged) return;
      this.service.hedge(exchange, this.cost, this.service.worker.clock.now());
    });
  }
}
