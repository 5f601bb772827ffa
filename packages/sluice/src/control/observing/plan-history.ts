/**
 * The configurations that ran: what differed, who wanted it, and the way back. The last 20 are kept in memory as they were, and shown without secrets (`config/shown-plan.ts`).
 * What discovery and the fleet change between two of them is no configuration, and so no entry.
 */
import type { ControlSettings } from '../../config/compile.ts';
import { diffPlans, summarizeDiff } from '../../config/diff.ts';
import { describeFleetChange } from '../../config/fleet-diff.ts';
import { unifiedDiff } from '../../config/line-diff.ts';
import type { Plan } from '../../config/plan.ts';
import { shownPlan } from '../../config/shown-plan.ts';
import type { Timestamp } from '../../base/time.ts';
import type { PlanRecord } from '../../observe/plan-record.ts';

const KEPT_MAX = 20;
/** Records of those that are not kept any more. */
const RECORDS_MAX = 200;

/** What was loaded, and what came of it. */
export interface AppliedPlan {
  readonly generation: number;
  /** As it was loaded. */
  readonly plan: Plan;
  readonly settings: ControlSettings;
}

/** As `admin/reload-result.ts` has it. */
type RollbackResult =
  | { readonly ok: true; readonly generation: number; readonly changes: readonly string[]; readonly tookMs: number }
  | { readonly ok: false; readonly faults: readonly string[] };

export interface PlanHistoryNeeds {
  readonly running: () => Plan | null;
  /** Applies one once, after what was asked for before; the next reload reads the configuration again. */
  readonly bringBack: (plan: Plan, by: string) => Promise<RollbackResult>;
}

type Noted = Omit<PlanRecord, 'isKept' | 'isRunning'>;

export class PlanHistory {
  #needs: PlanHistoryNeeds | null = null;
  /** The youngest last. */
  readonly #records: Noted[] = [];
  readonly #kept: AppliedPlan[] = [];

  connect(needs: PlanHistoryNeeds): void {
    this.#needs = needs;
  }

  /** A configuration was applied. One in which nothing differs is not noted. */
  applied(next: AppliedPlan, by: string, at: Timestamp): void {
    const last = this.#kept.at(-1);
    const changes = last === undefined ? [] : changesOf(last, next);
    if (last !== undefined && changes.length === 0) return;
    // Settings of the control plane make no new plan: it is the same one, with other settings.
    if (last?.generation === next.generation) {
      const record = this.#records.pop()!;
      this.#kept.pop();
      this.#note(next, { ...record, at, by, changes: [...record.changes, ...changes] });
    } else this.#note(next, { generation: next.generation, at, by, changes });
  }

  /** What runs, with what discovery and the fleet have added. */
  current(): { readonly generation: number; readonly plan: unknown } {
    const plan = this.#needs?.running() ?? null;
    const settings = this.#kept.at(-1)?.settings ?? null;
    return { generation: plan?.generation ?? 0, plan: shownPlan({ ...plan, settings }) };
  }

  /** The youngest first. */
  history(): readonly PlanRecord[] {
    const running = this.#kept.at(-1)?.generation;
    return this.#records
      .map((record) => ({ ...record, isKept: this.#find(record.generation) !== null, isRunning: record.generation === running }))
      .toReversed();
  }

  /** One of them, as it was loaded; null: it is not kept. */
  get(generation: number): unknown {
    const kept = this.#find(generation);
    return kept === null ? null : shownPlan({ ...kept.plan, generation, settings: kept.settings });
  }

  diff(from: number, to: number): { readonly changes: readonly string[]; readonly diff: string } | null {
    const [before, after] = [this.#find(from), this.#find(to)];
    if (before === null || after === null) return null;
    // Both bear the one number, which would differ always.
    const text = ({ plan, settings }: AppliedPlan): string => JSON.stringify(shownPlan({ ...plan, generation: 0, settings }), null, 2);
    return { changes: changesOf(before, after), diff: unifiedDiff(text(before), text(after)) };
  }

  /** Applies it as a new generation, until the next reload, which reads the configuration again. */
  async rollback(generation: number, by: string): Promise<RollbackResult | 'unknown'> {
    const kept = this.#find(generation);
    if (kept === null || this.#needs === null) return 'unknown';
    return this.#needs.bringBack(kept.plan, `${by} (rollback to ${generation})`);
  }

  #note(next: AppliedPlan, record: Noted): void {
    this.#records.push(record);
    if (this.#records.length > RECORDS_MAX) this.#records.shift();
    this.#kept.push(next);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  #find(generation: number): AppliedPlan | null {
    return this.#kept.find((kept) => kept.generation === generation) ?? null;
  }
}

function changesOf(before: AppliedPlan, after: AppliedPlan): string[] {
  const diff = diffPlans(before.plan, after.plan);
  const settings = (['watch', 'observe', 'acme'] as const).filter(
    (name) => JSON.stringify(before.settings[name]) !== JSON.stringify(after.settings[name]),
  );
  return [
    ...(diff.isEmpty ? [] : summarizeDiff(diff).split('; ')),
    ...describeFleetChange(before.settings.fleet, after.settings.fleet),
    ...settings.map((name) => `settings: ${name}`),
  ];
}
