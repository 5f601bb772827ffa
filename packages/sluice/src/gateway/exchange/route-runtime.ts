/** A route as a worker runs it: the plan's entry with everything that can be paid once paid. Made at the route's first request. */
import type { Random } from '../../base/random.ts';
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
  private readonly services: readonly ExchangeService[];
  /** Rising sums of the weights, same order; the last is the total. */
  private readonly bounds: Float64Array;

  constructor(plan: RoutePlan, slot: number, serviceByName: ReadonlyMap<string, ExchangeService>) {
    this.plan = plan;
    this.slot = slot;
    this.requestEdits = compileEdits(plan.rewrite?.requestHeaders);
    this.responseEdits = compileEdits(plan.rewrite?.responseHeaders);
    const targets = plan.action.kind === 'services' ? plan.action.targets : [];
    this.services = targets.map((target) => serviceByName.get(target.service)!);
    this.bounds = new Float64Array(targets.length);
    let sum = 0;
    targets.forEach((target, index) => (this.bounds[index] = sum += target.weight));
  }

  /** The service of this request, by weight (canary). */
  pickService(random: Random): ExchangeService {
    const last = this.services.length - 1;
    if (last === 0) return this.services[0]!;
    const point = random() * this.bounds[last]!;
    let index = 0;
    while (index < last && point >= this.bounds[index]!) index++;
    return this.services[index]!;
  }
}
