/**
 * The filters of one worker: loads the modules of those kinds that a plan has, and makes the stages of a route when it is first used. Plans without filters load nothing.
 */
import type { FilterPlan, FilterKind } from '../../config/filter-plan.ts';
import type { Plan, RoutePlan } from '../../config/plan.ts';
import { inOrder, PIPELINE } from '../pipeline.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { FilterContext, FilterModule, Stage } from './filter.ts';
import { RouteFilters } from './route-filters.ts';
import { SharedParts } from './shared-parts.ts';

type Memories = Readonly<Record<string, SharedArrayBuffer>>;

export class FilterSet {
  readonly shared = new SharedParts();
  private readonly worker: WorkerContext;
  private readonly modules = new Map<FilterKind, FilterModule<FilterKind>>();
  private made: RouteFilters[] = [];
  private running: { close(): void }[] = [];

  constructor(worker: WorkerContext) {
    this.worker = worker;
  }

  /** Before a plan runs. Rejects where a filter of it cannot be had; nothing has changed then. */
  async prepare(plan: Plan, memories: Memories): Promise<void> {
    const filters = plan.routes.flatMap((route) => route.filters);
    await Promise.all([...new Set(filters.map(({ kind }) => kind))].map((kind) => this.load(kind)));
    if (filters.length > 0) this.shared.memories = { ...this.shared.memories, ...memories };
    for (const { kind, options } of filters) await this.modules.get(kind)!.prepare?.(options, this.shared);
  }

  /** The plan runs from now on: stages of the one before are made anew when they are used. */
  use(_plan: Plan, memories: Memories): void {
    const before = this.made;
    this.made = [];
    this.shared.nextPlan(memories);
    for (const filters of before) filters.close();
  }

  /** Begins what filters of the plan do of their own accord, in place of what they did before. */
  run(plan: Plan, listenerOf: (route: RoutePlan, isTls: boolean) => ListenerContext | null): void {
    for (const part of this.running) part.close();
    this.running = plan.routes.flatMap((route) => {
      const context = { worker: this.worker, route, listener: (isTls: boolean) => listenerOf(route, isTls) };
      return route.filters.flatMap(({ kind, options }) => this.modules.get(kind)!.run?.(options, context) ?? []);
    });
  }

  /** The filters of a route. */
  of(route: RoutePlan, routeSlot: number): RouteFilters {
    const plans = inOrder(route.filters, route.keepsFilterOrder);
    const stages = plans.map((plan, index) => this.make(plan, { worker: this.worker, route, routeSlot, index, shared: this.shared }));
    const filters = new RouteFilters(this.worker, route.name, routeSlot, plans, stages);
    this.made.push(filters);
    return filters;
  }

  close(): void {
    for (const part of this.running) part.close();
    this.running = [];
    for (const filters of this.made) filters.close();
    this.shared.close();
  }

  private make({ kind, options }: FilterPlan, context: FilterContext): Stage {
    return this.modules.get(kind)!.create(options, context);
  }

  private async load(kind: FilterKind): Promise<void> {
    if (this.modules.has(kind)) return;
    const place = PIPELINE.find((entry) => entry.kind === kind)!;
    const { filter } = await place.load();
    this.modules.set(kind, filter); // a module of this kind is only ever given options of this kind
  }
}
