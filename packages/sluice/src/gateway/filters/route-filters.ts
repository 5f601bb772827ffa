/** The filters of one route in one worker: its stages in the order in which they run, and what is told of them. */
import type { FilterPlan } from '../../config/filter-plan.ts';
import type { FilterKind } from '../../core/filters/filter-kinds.ts';
import type { FilterStage } from '../exchange/filter-stage.ts';
import type { WorkerContext } from '../worker-context.ts';

/** A filter that fails is told of this often, not with every request. */
const TOLD_EVERY_MS = 60_000;

export class RouteFilters {
  readonly stages: readonly FilterStage<unknown>[];
  private readonly plans: readonly FilterPlan[];
  private readonly worker: WorkerContext;
  private readonly route: string;
  private readonly routeSlot: number;
  private readonly toldAt: Float64Array;

  /** @param plans In the order in which they run, one for each stage. */
  constructor(
    worker: WorkerContext,
    route: string,
    routeSlot: number,
    plans: readonly FilterPlan[],
    stages: readonly FilterStage<unknown>[],
  ) {
    this.worker = worker;
    this.route = route;
    this.routeSlot = routeSlot;
    this.plans = plans;
    this.stages = stages;
    this.toldAt = new Float64Array(stages.length).fill(-Infinity);
  }

  kindAt(index: number): FilterKind {
    return this.plans[index]!.kind;
  }

  /** A stage has answered a request by itself. */
  countAnswer(index: number): void {
    this.worker.metrics.filterAnswered(this.routeSlot, this.plans[index]!.kind);
  }

  /** A stage has thrown. */
  failed(index: number, error: unknown): void {
    const { kind } = this.plans[index]!;
    this.worker.metrics.filterFailed(this.routeSlot, kind);
    const now = this.worker.clock.now();
    if (now - this.toldAt[index]! < TOLD_EVERY_MS) return;
    this.toldAt[index] = now;
    const reason = error instanceof Error ? error.message : String(error);
    this.worker.event('error', 'filter failed', { route: this.route, filter: kind, place: index, reason });
  }

  close(): void {
    for (const stage of this.stages) stage.close?.();
  }
}
