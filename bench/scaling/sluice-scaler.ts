/** The scaler of the product, as its control loop uses it: one sample per second of what the balancer counts at that moment. */
import { instant, timestamp } from '../../packages/sluice/src/base/time.ts';
import type { ReplicasPlan } from '../../packages/sluice/src/core/scaling/policy.ts';
import { Scaler } from '../../packages/sluice/src/core/scaling/scaler.ts';
import type { Autoscaler, ServiceView } from './autoscaler.ts';

export class SluiceScaler implements Autoscaler {
  readonly name: string = 'Sluice';
  readonly periodMs = 1_000;
  readonly #scaler: Scaler;

  constructor(plan: ReplicasPlan) {
    this.#scaler = new Scaler('simulated', plan);
  }

  decide(view: ServiceView): number {
    const { nowMs, wanted, ready, starting, concurrency } = view;
    return this.#scaler.decide({
      now: instant(nowMs),
      wall: timestamp(nowMs),
      ready,
      warm: ready,
      starting,
      wanted,
      figures: new Map([['in-flight', { value: concurrency, per: 'service' }]]),
      concurrency,
      isBusy: concurrency > 0,
      schedules: new Map(),
    }).wanted;
  }
}
