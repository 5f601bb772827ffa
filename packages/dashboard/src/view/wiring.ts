/** Who is connected to whom, out of the plan: what the traffic map draws. Reads of the plan only what it needs, and takes what it does not know for absent. */

interface Target {
  readonly service: string;
}

/** The part of the plan that is read. */
export interface PlanPart {
  readonly listeners?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly targets?: readonly { readonly services: readonly Target[] }[];
  }[];
  readonly routes?: readonly {
    readonly name: string;
    /** Empty: all that speak HTTP. */
    readonly listeners: readonly string[];
    readonly action: { readonly kind: string; readonly targets?: readonly Target[] };
  }[];
}

export interface RouteWire {
  readonly name: string;
  readonly listeners: readonly string[];
  /** Empty: it answers by itself. */
  readonly services: readonly string[];
}

export interface Wiring {
  readonly routes: readonly RouteWire[];
  /** Layer 4: services of a listener, without a route between. */
  readonly streams: readonly { readonly listener: string; readonly services: readonly string[] }[];
}

export const NO_WIRING: Wiring = { routes: [], streams: [] };

export function wiringOf(plan: PlanPart): Wiring {
  const listeners = plan.listeners ?? [];
  const http = listeners.filter(({ kind }) => kind === 'http').map(({ name }) => name);
  return {
    routes: (plan.routes ?? []).map((route) => ({
      name: route.name,
      listeners: route.listeners.length === 0 ? http : route.listeners,
      services: unique(route.action.targets ?? []),
    })),
    streams: listeners.flatMap(({ name, targets }) =>
      targets === undefined ? [] : [{ listener: name, services: unique(targets.flatMap(({ services }) => services)) }],
    ),
  };
}

function unique(targets: readonly Target[]): string[] {
  return [...new Set(targets.map(({ service }) => service))];
}
