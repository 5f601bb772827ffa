/**
 * One machine's cores and memory divided over the services whose instances run there. First every service gets its `min`, one instance each in turn; then the service whose
 * largest share of the machine is the smallest gets the next instance, until nobody wants one that fits: dominant resource fairness by progressive filling (Ghodsi et al.,
 * NSDI 2011, algorithm 1). So a service that wants little has it, and those that want more than there is share the rest evenly.
 *
 * Cost: one pass over the services for each instance given; a machine has room for tens. Services without bounds on their instances weigh nothing, and get what they want.
 */

export interface PlacementBudget {
  /** Cores; null = no bound. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

export interface PlacementDemand {
  readonly service: string;
  readonly min: number;
  readonly wanted: number;
  /** Of one instance; null = unknown, counts as nothing. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

/** How many instances each service may have, at most what it wants. Equal claims are served in the order given. */
export function placeServices(demands: readonly PlacementDemand[], budget: PlacementBudget): ReadonlyMap<string, number> {
  const places = demands.map((demand) => ({ demand, given: 0 }));
  const left = { cpu: budget.cpu ?? Infinity, memoryBytes: budget.memoryBytes ?? Infinity };
  fill(places, left, (place) => (place.given < Math.min(place.demand.min, place.demand.wanted) ? place.given : null));
  fill(places, left, (place) => (place.given < place.demand.wanted ? dominantShare(place, budget) : null));
  return new Map(places.map(({ demand, given }) => [demand.service, given]));
}

/**
 * How many instances one service could have if it wanted as many as `most`, the others wanting what they do.
 * @returns 0..most.
 */
export function ceilingFor(service: string, most: number, demands: readonly PlacementDemand[], budget: PlacementBudget): number {
  if (budget.cpu === null && budget.memoryBytes === null) return most;
  const asked = demands.map((demand) => (demand.service === service ? { ...demand, wanted: most } : demand));
  return placeServices(asked, budget).get(service) ?? most;
}

interface Place {
  readonly demand: PlacementDemand;
  given: number;
}

interface Room {
  cpu: number;
  memoryBytes: number;
}

/** Sums of cores such as 0.1 are a hair off. */
const HAIR = 1e-9;

/** Gives instances one by one to the lowest claim that fits; null claims nothing. */
function fill(places: readonly Place[], left: Room, claim: (place: Place) => number | null): void {
  for (;;) {
    let next: Place | null = null;
    let lowest = Infinity;
    for (const place of places) {
      const rank = fits(place.demand, left) ? claim(place) : null;
      if (rank !== null && rank < lowest) [next, lowest] = [place, rank];
    }
    if (next === null) return;
    next.given++;
    left.cpu -= next.demand.cpu ?? 0;
    left.memoryBytes -= next.demand.memoryBytes ?? 0;
  }
}

function fits({ cpu, memoryBytes }: PlacementDemand, left: Room): boolean {
  return (cpu ?? 0) <= left.cpu + HAIR && (memoryBytes ?? 0) <= left.memoryBytes;
}

/** The larger of the shares of the budget that a service holds, 0..1. */
function dominantShare({ demand, given }: Place, budget: PlacementBudget): number {
  const cpu = budget.cpu === null ? 0 : ((demand.cpu ?? 0) * given) / budget.cpu;
  const memory = budget.memoryBytes === null ? 0 : ((demand.memoryBytes ?? 0) * given) / budget.memoryBytes;
  return Math.max(cpu, memory);
}
