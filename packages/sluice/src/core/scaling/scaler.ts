/**
 * How many instances a service is to have. Each second: every policy answers from the sample and from what it remembers of earlier ones, the largest
 * answer wins, and the bounds take it from there in the order of `bounds/bounds.ts`. What comes out is a record from which all of it can be worked out again.
 *
 * Pure: time is the sample's. It expects about one sample per second and minds neither gaps nor late ones. A decision costs a few microseconds;
 * memory is a slot per second of the windows, and 80 KiB where a forecast is made.
 */
import { assert } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import { hardBounds, pacedBounds } from './bounds/bounds.ts';
import type { Bound, BoundView } from './bounds/bound.ts';
import { Stabilization } from './bounds/stabilization.ts';
import type { BoundApplied, Decision, PolicyAnswer } from './decision.ts';
import type { Evaluation, PolicyView } from './evaluation.ts';
import type { HistoryExport } from './minute-history.ts';
import type { ReplicasPlan } from './policy.ts';
import { PolicySet } from './policy-set.ts';
import { actionOf, reasonOf } from './reason.ts';
import type { ScalingSample } from './sample.ts';

export class Scaler {
  readonly #service: string;
  #plan: ReplicasPlan;
  readonly #policies: PolicySet;
  readonly #stabilization = new Stabilization();
  readonly #paced: readonly Bound[] = pacedBounds(this.#stabilization);
  readonly #hard: readonly Bound[] = hardBounds();
  #now: Instant | null = null;
  #busyAt: Instant | null = null;

  constructor(service: string, plan: ReplicasPlan) {
    this.#service = service;
    this.#plan = plan;
    this.#policies = new PolicySet(plan.scale);
  }

  /** Another plan: policies that stay (same name, kind and signal) keep what they remember. */
  update(plan: ReplicasPlan): void {
    this.#plan = plan;
    this.#policies.update(plan.scale);
  }

  /** What forecasts are made from, as plain data; null when the service has no such policy. */
  exportHistory(): HistoryExport | null {
    return this.#policies.exportHistory();
  }

  /** Puts in what an earlier life exported, before the first decision. @returns false when it is of no use (another version, no forecast). */
  importHistory(history: HistoryExport): boolean {
    return this.#policies.importHistory(history);
  }

  /** @param sample Its `now` must not run backwards (asserted). */
  decide(sample: ScalingSample): Decision {
    assert(this.#now === null || sample.now >= this.#now, `samples of ${this.#service} come in order`);
    // What there is at the start counts as wanted then, so that a window with one reading in it takes nothing away.
    if (this.#now === null) this.#stabilization.remember(sample.now, sample.wanted, this.#plan.behavior);
    this.#now = sample.now;
    const isBusy = sample.isBusy || sample.concurrency > 0;
    // A service that was just started has all of its idle time before it.
    if (this.#busyAt === null || isBusy) this.#busyAt = sample.now;
    const view = this.#policyView(sample, isBusy, sample.now - this.#busyAt);
    const evaluations = this.#policies.evaluate(view);
    const winner = largest(evaluations);
    const bound: BoundView = { ...view, plan: this.#plan, evaluations, winner };
    return this.#record(bound, sample.manual ?? null);
  }

  #policyView(sample: ScalingSample, isBusy: boolean, idleMs: number): PolicyView {
    const { min, max } = this.#plan;
    const isIdle = !isBusy && idleMs >= this.#plan.idleMs;
    return { sample, now: sample.now, current: sample.wanted, isBusy, idleMs, isIdle, min, max, reactive: null };
  }

  #record(view: BoundView, manual: number | null): Decision {
    const { sample, winner, current } = view;
    const raw = winner?.wanted ?? (this.#plan.scale.length === 0 ? this.#plan.initial : current);
    const applied: BoundApplied[] = [];
    if (manual !== null) this.#stabilization.remember(view.now, manual, this.#plan.behavior);
    if (manual !== null && manual !== raw) applied.push({ bound: 'manual', from: raw, to: manual, detail: `fixed at ${manual} by hand` });
    const wanted = run(manual === null ? this.#paced : this.#hard, manual ?? raw, view, applied);
    for (const bound of this.#paced) bound.decided?.(view, wanted);
    return {
      service: this.#service,
      at: sample.wall,
      counts: { wanted: current, ready: sample.ready, warm: sample.warm, starting: sample.starting },
      answers: view.evaluations.map(toAnswer),
      winner: winner?.policy ?? null,
      raw,
      bounds: applied,
      wanted,
      action: actionOf(current, wanted),
      reason: reasonOf(view, raw, applied, wanted),
      victims: [],
    };
  }
}

/** The first of those with the largest answer. */
function largest(evaluations: readonly Evaluation[]): Evaluation | null {
  let found: Evaluation | null = null;
  for (const each of evaluations) if (each.wanted !== null && each.wanted > (found?.wanted ?? -1)) found = each;
  return found;
}

function run(bounds: readonly Bound[], count: number, view: BoundView, applied: BoundApplied[]): number {
  let wanted = count;
  for (const bound of bounds) {
    const moved = bound.apply(wanted, view);
    if (moved === null || moved.to === wanted) continue;
    applied.push({ bound: bound.name, from: wanted, to: moved.to, detail: moved.detail });
    wanted = moved.to;
  }
  return wanted;
}

/** A record holds what the contract says, and no more. */
function toAnswer({ policy, figure, target, wanted, holds, detail }: Evaluation): PolicyAnswer {
  return { policy, figure, target, wanted, holds, detail };
}
