/** What a client's connection knows of its listener. `http-listener.ts` is it. */
import type { Router } from '../../core/routing/router.ts';
import type { HttpListenerPlan } from '../../config/plan.ts';
import type { ForwardingRules } from '../exchange/forwarding.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { RouteRuntime } from '../exchange/route-runtime.ts';
import type { WorkerContext } from '../worker-context.ts';

export interface ListenerContext {
  readonly worker: WorkerContext;
  readonly plan: HttpListenerPlan;
  /** Row in the metric board. */
  readonly slot: number;
  readonly forwarding: ForwardingRules;
  readonly router: Router;
  /** The route of a request, or null. */
  route(view: RequestView): RouteRuntime | null;
  /** Normalised host of an authority, or null when it is malformed. */
  hostOf(authority: string): string | null;
  /** Normalised path, or null when it is refused. */
  pathOf(path: string): string | null;
}
