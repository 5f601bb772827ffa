/**
 * What a service is in one worker whatever it carries, requests or connections: its plan, the balancer that picks endpoints, the budget for further attempts, what
 * ended attempts teach, who waits for an instance, and the bound on its connections. HTTP (`service.ts`) and layer 4 (`layer4/stream-service.ts`) share the one object, so that a
 * service behind both is balanced and limited as one.
 */
import { countConnection } from '../../core/balancing/in-flight.ts';
import type { ServiceBalancer } from '../../core/balancing/service-balancer.ts';
import { type RetryBudget, retryBudget } from '../../core/limiting/retry-budget.ts';
import type { ServicePlan } from '../../config/plan.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import { balanceRules, endpointsOf, newBalancer } from './balancer-setup.ts';
import { FailureNotices } from './failure-notices.ts';
import { ParkingLot } from './parking-lot.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Rows of a service's endpoints in the shared tables, by address. */
export type EndpointSlots = Readonly<Record<string, number>>;

export class ServiceCore {
  readonly worker: WorkerContext;
  readonly slot: number;
  plan: ServicePlan;
  endpointSlots: EndpointSlots;
  balancer: ServiceBalancer;
  budget: RetryBudget;
  readonly ledger: AttemptLedger;
  readonly notices: FailureNotices;
  readonly lot: ParkingLot;

  constructor(worker: WorkerContext, slot: number, plan: ServicePlan, slots: EndpointSlots) {
    this.worker = worker;
    this.slot = slot;
    this.plan = plan;
    this.endpointSlots = slots;
    this.budget = retryBudget(plan.retry.budgetShare, plan.limits.retriesMax);
    this.ledger = new AttemptLedger(this);
    this.notices = new FailureNotices(this);
    this.lot = new ParkingLot(this);
    this.balancer = newBalancer(worker, slot, plan, slots);
  }

  /** Takes a changed plan over; what it does not change is kept. */
  update(plan: ServicePlan, slots: EndpointSlots): void {
    const isBalancedAsBefore = balanceRules(plan) === balanceRules(this.plan);
    this.plan = plan;
    this.endpointSlots = slots;
    this.budget = retryBudget(plan.retry.budgetShare, plan.limits.retriesMax);
    if (isBalancedAsBefore) this.balancer.setEndpoints(endpointsOf(plan, slots), plan.split);
    else this.balancer = newBalancer(this.worker, this.slot, plan, slots);
    this.lot.update();
  }

  /** Somebody is refused for overload, or because no instance came in time. @param route Row; -1 at layer 4. */
  countShed(route: number): void {
    this.worker.metrics.shed(route, this.slot);
    Atomics.add(this.worker.table.serviceShed, this.slot, 1);
  }

  connectionOpened(): void {
    countConnection(this.worker.table, this.slot, this.worker.index, 1);
  }

  connectionClosed(): void {
    countConnection(this.worker.table, this.slot, this.worker.index, -1);
  }

  isConnectionBoundReached(): boolean {
    const bound = this.plan.limits.connectionsMax;
    return bound > 0 && Atomics.load(this.worker.table.serviceConnections, this.slot) >= bound;
  }
}
