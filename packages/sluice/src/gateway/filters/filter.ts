/**
 * What a filter is to a worker: a stage of a route's pipeline, made once per route and plan (options are paid then), that looks at each request in turn. It lets it pass, answers it, or has
 * it wait. What it wants to do to the reply it says at once: edits of the head (`exchange.addReplyEdits`), or a client of its own before the real one (`exchange.client = new …`, see
 * `exchange/passing-client.ts`). A stage that does neither costs one call. Each file of this folder that `pipeline.ts` names exports `filter`: a `FilterModule`.
 */
import type { FilterKind, OptionsOf } from '../../config/filter-plan.ts';
import type { RoutePlan } from '../../config/plan.ts';
import type { FilterStage } from '../exchange/filter-stage.ts';
import type { RequestPass } from '../exchange/request-pass.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { SharedParts } from './shared-parts.ts';

export { ANSWERED, type FilterVerdict, PASS, WAIT } from '../exchange/filter-stage.ts';
export type { RequestPass } from '../exchange/request-pass.ts';

/** A stage as filters write it. */
export type Stage = FilterStage<RequestPass>;

/** Whose stage it is. */
export interface FilterContext {
  readonly worker: WorkerContext;
  readonly route: RoutePlan;
  /** Of the route, in the metric board. */
  readonly routeSlot: number;
  /** Place in the route's filters as they run: for keys that must differ between two filters of a kind. */
  readonly index: number;
  /** What filters of this worker share, over plans: connections to stores, key sets, opened tables. */
  readonly shared: SharedParts;
}

/** For what a filter does of its own accord, besides looking at requests. */
export interface RunContext {
  readonly worker: WorkerContext;
  readonly route: RoutePlan;
  /** A listener of this worker to which the route belongs; null: there is none now. */
  listener(isTls: boolean): ListenerContext | null;
}

export interface FilterModule<Kind extends FilterKind> {
  /** Makes a stage. Called when the route is first used, and again after each plan that changes routes: cheap; what is costly goes into `context.shared`. */
  create(options: OptionsOf<Kind>, context: FilterContext): Stage;
  /** Before a plan with this filter runs in a worker: whatever takes time (libraries, modules of users). What it rejects with fails the plan, and the one before runs on. */
  prepare?(options: OptionsOf<Kind>, shared: SharedParts): Promise<void>;
  /** Begins what this worker does of its own accord as long as the plan runs; null: nothing. */
  run?(options: OptionsOf<Kind>, context: RunContext): { close(): void } | null;
}
