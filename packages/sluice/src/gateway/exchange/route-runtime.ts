/** A route as a worker runs it: the plan's entry with everything that can be paid once paid. Made at the route's first request. */
import type { Random } from '../../base/random.ts';
import { WeightedChoice } from '../../core/balancing/weighted-choice.ts';
import type { Template } from '../../core/routing/template.ts';
import type { RoutePlan } from '../../config/plan.ts';
import { type CompiledEdits, compileEdits } from './header-edits.ts';
import type { ExchangeRoute, ExchangeService } from './exchange.ts';
import type { RouteFilters } from '../filters/route-filters.ts';

/** What the path pattern matched. */
export interface RouteParameters {
  readonly params: readonly string[];
  readonly paramNames: readonly string[];
  /** Behind a trailing `*`, without its leading slash. */
  readonly rest: string;
}

export class RouteRuntime implements ExchangeRoute {
  readonly plan: RoutePlan;
  /** Row in the metric board. */
  readonly slot: number;
  readonly requestEdits: CompiledEdits;
  readonly responseEdits: CompiledEdits;
  /** Of the redirect's location or the rewritten path; `route-action.ts` compiles it. */
  template: Template | null = null;
  /** Null: it has none. */
  readonly filters: RouteFilters | null;
  private readonly hasService: boolean;
  private readonly services: WeightedChoice<ExchangeService>;

  constructor(plan: RoutePlan, slot: number, serviceByName: ReadonlyMap<string, ExchangeService>, filters: RouteFilters | null = null) {
    this.plan = plan;
    this.slot = slot;
    this.filters = filters;
    this.requestEdits = compileEdits(plan.rewrite?.requestHeaders);
    this.responseEdits = compileEdits(plan.rewrite?.responseHeaders);
    const targets = plan.action.kind === 'services' ? plan.action.targets : [];
    this.hasService = targets.length > 0;
    this.services = new WeightedChoice(targets.map(({ service, weight }) => [serviceByName.get(service)!, weight] as const));
  }

  /** The service of this request, by weight (canary); null where only filters answer. */
  pickService(random: Random): ExchangeService | null {
    return this.hasService ? this.services.draw(random) : null;
  }
}
