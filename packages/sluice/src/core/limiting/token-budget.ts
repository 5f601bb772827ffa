/**
 * A budget of extra requests over all workers (Finagle's `RetryBudget`): each request of the service pays in one credit, each extra request
 * costs 1 / share of them, and a minimum per second keeps a quiet service able to send some. Credits fade with a time constant of
 * 10 s (Finagle lets each expire after 10 s), so a quiet spell saves up at most 10 s worth for the next failure.
 *
 * Bound: extra requests <= share × requests + minimum × (seconds + 10). Workers only withdraw (a load, and a compare-and-exchange when it
 * is granted). Deposits are made by the control plane from the service's request count, so a request costs nothing here, and with the
 * control plane gone the budget runs dry: fewer extra requests, never more.
 */

export interface BudgetRules {
  /** Extra requests per request, 0..1. */
  readonly share: number;
  /** Extra requests per second that are allowed whatever the traffic. */
  readonly minPerSecond: number;
}

/** Time constant of fading, and how much of the minimum a budget starts with. */
export const BUDGET_TTL_MS = 10_000;

/** Units of the shared column per credit. */
const UNITS = 256;

/** Far above 10 s of any traffic, far below where 32 bits end. */
const BALANCE_MAX = 1 << 30;

/** What one extra request costs, in units. With a share of 0 only the minimum pays, at one credit each. */
export function extraCost(share: number): number {
  return share > 0 ? Math.min(Math.ceil(UNITS / share), BALANCE_MAX) : UNITS;
}

/**
 * Takes one extra request out of the budget.
 * @param cost `extraCost` of the budget's share, worked out when the plan is compiled.
 * @returns false when the budget does not cover it; nothing is taken then.
 */
export function withdraw(balances: Int32Array, service: number, cost: number): boolean {
  for (;;) {
    const balance = Atomics.load(balances, service);
    if (balance < cost) return false;
    if (Atomics.compareExchange(balances, service, balance, balance - cost) === balance) return true;
  }
}

/** The paying-in side, one per service, in the control plane. */
export class BudgetRefill {
  readonly #balances: Int32Array;
  readonly #service: number;
  #rules: BudgetRules;
  /** The part of a unit that did not fit the last time. */
  #carry = 0;

  constructor(balances: Int32Array, service: number, rules: BudgetRules) {
    this.#balances = balances;
    this.#service = service;
    this.#rules = rules;
  }

  /** Gives a new service its minimum for the first 10 s. */
  open(): void {
    const reserve = (this.#rules.minPerSecond * extraCost(this.#rules.share) * BUDGET_TTL_MS) / 1_000;
    Atomics.store(this.#balances, this.#service, Math.min(BALANCE_MAX, Math.floor(reserve)));
  }

  /** Changes the rules; the balance keeps its worth in extra requests. */
  setRules(rules: BudgetRules): void {
    const ratio = extraCost(rules.share) / extraCost(this.#rules.share);
    this.#rules = rules;
    if (ratio === 1) return;
    const balance = Atomics.load(this.#balances, this.#service);
    Atomics.add(this.#balances, this.#service, Math.min(BALANCE_MAX, Math.floor(balance * ratio)) - balance);
  }

  /**
   * Pays in for the time since the last call.
   * @param requests Requests of the service in that time, retries and hedges not counted.
   */
  refill(requests: number, elapsedMs: number): void {
    const { share, minPerSecond } = this.#rules;
    const balance = Atomics.load(this.#balances, this.#service);
    // Most services have no hedges.
    if (share === 0 && minPerSecond === 0 && balance <= 0) return;
    const cost = extraCost(share);
    // One extra request's worth never fades, or a quiet service could never save up for it.
    const faded = Math.max(0, balance - cost) * (1 - Math.exp(-elapsedMs / BUDGET_TTL_MS));
    const earned = (share > 0 ? requests * UNITS : 0) + ((minPerSecond * elapsedMs) / 1_000) * cost;
    const exact = Math.min(earned - faded + this.#carry, BALANCE_MAX - balance);
    const whole = Math.floor(exact);
    this.#carry = exact - whole;
    if (whole !== 0) Atomics.add(this.#balances, this.#service, whole);
  }
}
