/**
 * How many instances of each service this machine has room for, from the fleet's budget of cores and memory (`core/fleet/placement.ts`). Worked out again only when
 * somebody wants another number. Platforms that run instances elsewhere, and services without bounds on their instances, have no ceiling.
 */
import type { FleetPlan, ResourcesPlan } from '../../config/fleet-plan.ts';
import { ceilingFor, type PlacementDemand } from '../../core/fleet/placement.ts';
import type { Instant } from '../../base/time.ts';
import type { ScaledService } from './scaled-service.ts';
import type { Ceiling } from './service-scaling.ts';

type Budget = FleetPlan['budget'];

const NONE: ReadonlyMap<string, Ceiling> = new Map();
const MEBIBYTE = 1_048_576;

export class MachineBudget {
  #asked = '';
  #ceilings = NONE;

  /** A service that is not in it has no such bound. */
  ceilings(services: readonly ScaledService[], budget: Budget, now: Instant): ReadonlyMap<string, Ceiling> {
    if (budget.cpu === null && budget.memoryBytes === null) return NONE;
    const demands: PlacementDemand[] = [];
    const most = new Map<string, number>();
    for (const service of services) {
      const resources = resourcesOf(service);
      if (resources === null || (resources.cpu === null && resources.memoryBytes === null)) continue;
      const { min, max } = service.plan.replicas;
      const { wanted } = service.counts(now);
      demands.push({ service: service.name, min, wanted, cpu: resources.cpu, memoryBytes: resources.memoryBytes });
      most.set(service.name, Math.max(max, service.manual ?? 0));
    }
    const asked = JSON.stringify([budget, demands, [...most.values()]]);
    if (asked !== this.#asked)
      this.#ceilings = new Map(demands.map(({ service }) => [service, ceiling(service, most.get(service)!, demands, budget)]));
    this.#asked = asked;
    return this.#ceilings;
  }
}

function ceiling(service: string, most: number, demands: readonly PlacementDemand[], budget: Budget): Ceiling {
  const limit = ceilingFor(service, most, demands, budget);
  return { limit, detail: `the machine's ${budgetText(budget)} have room for ${limit}, beside what the other services want` };
}

function budgetText({ cpu, memoryBytes }: Budget): string {
  const cores = cpu === null ? [] : [`${cpu} cores`];
  const memory = memoryBytes === null ? [] : [`${Math.round(memoryBytes / MEBIBYTE)} MiB`];
  return [...cores, ...memory].join(' and ');
}

function resourcesOf({ plan }: ScaledService): ResourcesPlan | null {
  return plan.run.runner === 'process' || plan.run.runner === 'container' ? plan.run.resources : null;
}
