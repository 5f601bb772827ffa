/**
 * Predictive scaling: as many instances as the forecast asks for at its highest from now to `lead` minutes ahead, with a margin taken from its own errors of the last
 * day. It only ever adds: it is one answer among others, the largest wins. It says nothing before it has been right for two hours, and while
 * "as now" would have been the better forecast. Worked out once a minute.
 */
import { assert } from '../../base/assert.ts';
import { Backtest } from './backtest.ts';
import { type Evaluation, type Policy, type PolicyView, shown, silent } from './evaluation.ts';
import { levelAt, season } from './forecast.ts';
import { type HistoryExport, MinuteHistory } from './minute-history.ts';
import type { PredictPolicyPlan, ScalePolicyPlan } from './policy.ts';

export class Prediction implements Policy {
  #plan: PredictPolicyPlan;
  readonly #history = new MinuteHistory();
  #backtest: Backtest;
  /** Until the next minute is complete. */
  #planned: { readonly peak: number | null; readonly detail: string } = { peak: null, detail: 'no history yet' };

  constructor(plan: PredictPolicyPlan) {
    this.#plan = plan;
    this.#backtest = new Backtest(plan.shape, leadMinutes(plan));
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
      this.#backtest.judge(this.#history, this.#history.last);
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
    this.#backtest = new Backtest(this.#plan.shape, leadMinutes(this.#plan));
    this.#backtest.replay(this.#history);
    this.#planned = this.#lookAhead();
  }

  #lookAhead(): { peak: number | null; detail: string } {
    if (!this.#backtest.isEnough) return { peak: null, detail: 'too little history: it needs a day and two hours' };
    const { own, naive } = this.#backtest.errors;
    const figures = `mean error ${shown(own)}, "as now" ${shown(naive)}`;
    if (own >= naive) return { peak: null, detail: `no better than "as now": ${figures}` };
    const { shape, quantile } = this.#plan;
    const now = this.#history.last;
    let highest = 0;
    for (let minute = now + 1; minute <= now + 1 + leadMinutes(this.#plan); minute++) {
      const usual = season(this.#history, shape, minute);
      if (!Number.isNaN(usual)) highest = Math.max(highest, usual);
    }
    const [level, margin] = [levelAt(this.#history, shape, now), this.#backtest.margin(quantile)];
    const parts = `${shown(highest)} usual × ${shown(level)} today × ${shown(margin)} margin`;
    return { peak: highest * level * margin, detail: `${parts} within ${leadMinutes(this.#plan)} min; ${figures}` };
  }
}

function leadMinutes({ leadMs }: PredictPolicyPlan): number {
  return Math.min(1_440, Math.max(1, Math.ceil(leadMs / 60_000)));
}
