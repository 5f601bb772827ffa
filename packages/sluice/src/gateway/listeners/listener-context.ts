/** What a client's connection knows of its listener. `http-listener.ts` is it. */
import type { Router } from '../../core/routing/router.ts';
import type { HttpListenerPlan } from '../../config/plan.ts';
import type { ForwardingRules } from '../exchange/forwarding.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { RouteRuntime } from '../exchange/route-runtime.ts';
import type { WorkerContext } from '../worker-context.ts';
import type { TlsFacts } from './arrival.ts';

export interface ListenerContext {
  readonly worker: WorkerContext;
  readonly plan: HttpListenerPlan;
  /** Row in the metric board. */
  readonly slot: number;
  readonly forwarding: ForwardingRules;
  /** Strict-Transport-Security for every reply, with CRLF; empty: none. */
  readonly hstsLine: string;
  readonly router: Router;
  /** The route of a request, or null. */
  route(view: RequestView): RouteRuntime | null;
  /** Normalised host of an authority, or null when it is malformed. */
  hostOf(authority: string): string | null;
  /** Whether requests for this host must come by another connection: its certificates, or its rules about clients, are others. */
  isMisdirected(host: string, tls: TlsFacts): boolean;
  /** Normalised path, or null when it is refused. */
  pathOf(path: string): string | null;
}
