/** One service's scaling: what it saw, what it decided, what it did about it. */
import type { Instant, Timestamp } from '../../base/time.ts';
import type { Decision } from '../../core/scaling/decision.ts';
import type { HistoryExport } from '../../core/scaling/minute-history.ts';
import type { ReplicasPlan } from '../../core/scaling/policy.ts';
import { eventReason } from '../../core/scaling/reason.ts';
import { Rebalancer, type ShedOrder } from '../../core/scaling/rebalance.ts';
import type { ScalingSample } from '../../core/scaling/sample.ts';
import type { Random } from '../../base/random.ts';
import type { SayEvent } from '../say-event.ts';
import { Collector, readyOf, type CollectorOptions, type ServiceRows } from './collector.ts';
import { DecisionLog } from './decision-log.ts';
import type { ScaledService } from './scaled-service.ts';

/** What decides. `core/scaling/scaler.ts` is it. */
export interface ServiceScaler {
  update(plan: ReplicasPlan): void;
  decide(sample: ScalingSample): Decision;
  /** What forecasts are made from; null where none are made. */
  exportHistory(): HistoryExport | null;
  importHistory(history: HistoryExport): boolean;
}

export interface ServiceScalingOptions extends CollectorOptions {
  readonly say: SayEvent;
  readonly random: Random;
}

/** A bound that comes from outside of the service: its share of the machine. */
export type Ceiling = NonNullable<ScalingSample['ceiling']>;

export class ServiceScaling {
  readonly log = new DecisionLog();
  readonly scaler: ServiceScaler;
  readonly #options: ServiceScalingOptions;
  readonly #rebalancer = new Rebalancer();
  #service: ScaledService;
  #plan: ReplicasPlan;
  #rows: ServiceRows;
  #collector: Collector;

  constructor(service: ScaledService, rows: ServiceRows, scaler: ServiceScaler, options: ServiceScalingOptions) {
    this.#options = options;
    this.scaler = scaler;
    this.#service = service;
    this.#plan = service.plan.replicas;
    this.#rows = rows;
    this.#collector = new Collector(options, rows.service);
  }

  get service(): ScaledService {
    return this.#service;
  }

  get collector(): Collector {
    return this.#collector;
  }

  /** Its row in the shared tables. */
  get row(): number {
    return this.#rows.service;
  }

  /** Follows a change; what was seen and decided stays. */
  follow(service: ScaledService, rows: ServiceRows): void {
    this.#service = service;
    if (rows.service !== this.#rows.service) this.#collector = new Collector(this.#options, rows.service);
    this.#rows = rows;
  }

  /** Looks, decides, and has done what was decided. */
  decide(now: Instant, wall: Timestamp, ceiling: Ceiling | null): Decision {
    if (this.#service.plan.replicas !== this.#plan) {
      this.#plan = this.#service.plan.replicas;
      this.scaler.update(this.#plan);
    }
    const sample = this.#collector.collect(this.#service, this.#rows, now, wall);
    const decision = this.scaler.decide({ ...sample, ceiling });
    const record = decision.wanted === sample.wanted ? decision : this.#act(decision, sample);
    this.log.add(record);
    return record;
  }

  /** Which long-lived connections are to be closed now, so that those that a scale-out added get some. */
  rebalance(now: Instant): readonly ShedOrder[] {
    const { rebalance } = this.#plan;
    if (rebalance === null) return [];
    const loads: { endpoint: number; inflight: number }[] = [];
    for (const { slot } of readyOf(this.#service, this.#rows)) {
      if (slot >= 0) loads.push({ endpoint: slot, inflight: Math.max(0, Atomics.load(this.#options.table.inflight, slot)) });
    }
    return this.#rebalancer.step(rebalance, loads, now, this.#options.random);
  }

  #act(decision: Decision, sample: ScalingSample): Decision {
    const victims = this.#service.want(decision.wanted, decision);
    if (decision.wanted > sample.wanted) this.#rebalancer.scaledOut(sample.ready, sample.now);
    const { service, wanted } = decision;
    const reason = eventReason(decision.reason);
    this.#options.say('info', 'scaled', { service, from: sample.wanted, to: wanted, reason, ...chosen(victims) });
    return { ...decision, victims };
  }
}

function chosen(victims: Decision['victims']): { ended?: string } {
  const ids = victims.filter(({ isChosen }) => isChosen).map(({ id }) => id);
  return ids.length === 0 ? {} : { ended: ids.join(' ') };
}
