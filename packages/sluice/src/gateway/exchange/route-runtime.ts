/** A route as a worker runs it: the plan's entry with everything that can be paid once paid. Made at the route's first request. */
import type { Random } from '../../base/random.ts';
import { WeightedChoice } from '../../core/balancing/weighted-choice.ts';
import type { Template } from '../../core/routing/template.ts';
import type { RoutePlan } from '../../config/plan.ts';
import { type CompiledEdits, compileEdits } from './header-edits.ts';
import type { ExchangeRoute, ExchangeService } from './exchange.ts';

export class RouteRuntime implements ExchangeRoute {
  readonly plan: RoutePlan;
  /** Row in the metric board. */
  readonly slot: number;
  readonly requestEdits: CompiledEdits;
  readonly responseEdits: CompiledEdits;
  /** Of the redirect's location or the rewritten path; `route-action.ts` compiles it. */
  template: Template | null = null;
  private readonly services: WeightedChoice<ExchangeService>;

  constructor(plan: RoutePlan, slot: number, serviceByName: ReadonlyMap<string, ExchangeService>) {
    this.plan = plan;
    this.slot = slot;
    this.requestEdits = compileEdits(plan.rewrite?.requestHeaders);
    this.responseEdits = compileEdits(plan.rewrite?.responseHeaders);
    const targets = plan.action.kind === 'services' ? plan.action.targets : [];
    this.services = new WeightedChoice(targets.map(({ service, weight }) => [serviceByName.get(service)!, weight] as const));
  }

  /** The service of this request, by weight (canary). */
  pickService(random: Random): ExchangeService {
    return this.services.draw(random);
  }
}
