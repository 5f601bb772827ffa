/**
 * Predictive scaling: as many instances as the forecast asks for at its highest from now to `lead` minutes ahead, with a margin taken from its own errors of the last
 * day. It only ever adds: it is one answer among others, the largest wins. It says nothing before it has been right for two hours, and while
 * "as now" would have been the better forecast. Worked out once a minute.
 */
import { assert } from '../../base/assert.ts';
import { Backtest } from './backtest.ts';
import { type Evaluation, type Policy, type PolicyView, shown, silent } from './evaluation.ts';
import { forecastPeak } from './forecast.ts';
import { type HistoryExport, MinuteHistory } from './minute-history.ts';
import type { PredictPolicyPlan, ScalePolicyPlan } from './policy.ts';

interface Planned {
  /** Requests at once; null = no opinion. */
  readonly peak: number | null;
  readonly detail: string;
}

export class Prediction implements Policy {
  #plan: PredictPolicyPlan;
  readonly #history = new MinuteHistory();
  #backtests: readonly Backtest[];
  /** Until the next minute is complete. */
  #planned: Planned = { peak: null, detail: 'no history yet' };

  constructor(plan: PredictPolicyPlan) {
    this.#plan = plan;
    this.#backtests = backtestsOf(plan);
  }

  update(plan: ScalePolicyPlan): void {
    assert(plan.policy === 'predict', 'a policy is updated by one of its kind');
    const isOther = plan.shape !== this.#plan.shape || leadMinutes(plan) !== leadMinutes(this.#plan);
    this.#plan = plan;
    if (isOther) this.#lookBack();
  }

  evaluate(view: PolicyView): Evaluation {
    const { sample } = view;
    if (this.#history.add(sample.wall, sample.concurrency)) {
      for (const backtest of this.#backtests) backtest.judge(this.#history, this.#history.last);
      this.#planned = this.#lookAhead();
    }
    const { name, target } = this.#plan;
    const { peak, detail } = this.#planned;
    if (peak === null) return { ...silent(name, detail), target };
    const wanted = Math.ceil(peak / target - 1e-9);
    return { policy: name, figure: peak, target, wanted, holds: false, detail, ratio: null, keepsAwake: wanted > 0 };
  }

  exportHistory(): HistoryExport {
    return this.#history.export();
  }

  importHistory(history: HistoryExport): boolean {
    const isTaken = this.#history.import(history);
    if (isTaken) this.#lookBack();
    return isTaken;
  }

  #lookBack(): void {
    this.#backtests = backtestsOf(this.#plan);
    for (const backtest of this.#backtests) backtest.replay(this.#history);
    this.#planned = this.#lookAhead();
  }

  #lookAhead(): Planned {
    const backtest = best(this.#backtests);
    const lead = leadMinutes(this.#plan);
    const said = backtest === null ? null : forecastPeak(this.#history, backtest.shape, this.#history.last, lead);
    if (backtest === null || said === null) return { peak: null, detail: 'too little history: it needs a day and two hours' };
    const { own, naive } = backtest.errors;
    const figures = `mean error ${shown(own)}, "as now" ${shown(naive)}`;
    if (own >= naive) return { peak: null, detail: `no better than "as now": ${figures}` };
    const margin = backtest.margin(this.#plan.quantile);
    const parts = `${shown(said.usual)} usual (${backtest.shape}) × ${shown(said.level)} today × ${shown(margin)} margin`;
    return { peak: said.usual * said.level * margin, detail: `${parts} within ${lead} min; ${figures}` };
  }
}

/** A weekly shape is tried beside the daily one, because there is a daily one after a day. */
function backtestsOf(plan: PredictPolicyPlan): readonly Backtest[] {
  const shapes = plan.shape === 'weekly' ? (['weekly', 'daily'] as const) : (['daily'] as const);
  return shapes.map((shape) => new Backtest(shape, leadMinutes(plan)));
}

function best(backtests: readonly Backtest[]): Backtest | null {
  let found: Backtest | null = null;
  for (const each of backtests) if (each.isEnough && each.errors.own < (found?.errors.own ?? Infinity)) found = each;
  return found;
}

function leadMinutes({ leadMs }: PredictPolicyPlan): number {
  return Math.min(720, Math.max(1, Math.ceil(leadMs / 60_000)));
}
