/**
 * What would happen to a request: which route takes it and why the others do not, which service, and which endpoints could be
 * picked now. Uses the router's and the balancer's own parts on the plan that runs; sends nothing.
 */
import { inOrder } from '../gateway/pipeline.ts';
import type { Instant } from '../base/time.ts';
import type { HttpListenerPlan, Plan, RoutePlan, ServicePlan } from '../config/plan.ts';
import type { SlotMap } from '../config/worker-protocol.ts';
import type { EndpointTable } from '../core/balancing/endpoint-table.ts';
import { parseTarget } from '../core/http1/target.ts';
import { explainRoutes } from '../core/routing/explain.ts';
import { normalizeHost } from '../core/routing/host.ts';
import type { RouteRequest } from '../core/routing/matcher.ts';
import { normalizePath } from '../core/routing/path.ts';
import type { CompileRegex } from '../core/routing/regex.ts';
import type { ExplainRequest, ExplainResult, ExplainedService } from './backend.ts';
import { explainService } from './explain-service.ts';

/** What the explanation is about: what runs now. */
export interface ExplainView {
  readonly plan: Plan;
  readonly slots: SlotMap;
  readonly table: EndpointTable;
  readonly compileRegex: CompileRegex;
  readonly now: Instant;
}

const NO_HTTP = 'no listener takes HTTP; at layer 4 there are no requests to explain: `sluice status` shows where connections go';

/** Explains one request. */
export function explainRequest(view: ExplainView, asked: ExplainRequest): ExplainResult {
  const { plan } = view;
  const candidates = plan.listeners.filter((listener) => listener.kind === 'http');
  const listener = asked.listener === null ? candidates[0] : candidates.find(({ name }) => name === asked.listener);
  if (listener === undefined) {
    if (candidates.length === 0) return { ok: false, problem: NO_HTTP };
    const names = candidates.map(({ name }) => name).join(', ') || 'none';
    return { ok: false, problem: `there is no listener "${asked.listener ?? ''}"; listeners: ${names}` };
  }
  const request = routeRequest(asked, listener);
  if (typeof request === 'string') return { ok: false, problem: request };
  const explanation = explainRoutes(plan.routes, request, { listener: listener.name, compileRegex: view.compileRegex });
  const chosen = plan.routes[explanation.chosen];
  return {
    ok: true,
    listener: listener.name,
    method: request.method,
    host: request.host,
    path: request.path,
    routes: explanation.lines.map(({ route, verdict, reason }) => ({ name: plan.routes[route]!.name, verdict, reason })),
    omitted: explanation.omitted,
    action: chosen === undefined ? null : describeAction(chosen),
    filters: chosen === undefined ? [] : inOrder(chosen.filters, chosen.keepsFilterOrder).map(({ kind }) => kind),
    services: chosen === undefined ? [] : servicesOf(view, chosen),
  };
}

/** The request as the router sees it, or what is wrong with it. */
function routeRequest(asked: ExplainRequest, listener: HttpListenerPlan): RouteRequest | string {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(asked.method))
    return `the method ${JSON.stringify(asked.method)} is not a token (RFC 9110 §9.1)`;
  const target = parseTarget(asked.method, asked.url);
  if (target === null)
    return `the URL ${JSON.stringify(asked.url)} would be answered with 400; write http://host/path or /path, percent-encoded`;
  if (target.form === 'authority') return 'CONNECT is not served';
  const path = target.path === '*' ? '*' : normalizePath(target.path, listener);
  if (path === null) return `the path ${JSON.stringify(target.path)} would be answered with 400: it can be read in two ways`;
  const authority = target.authority ?? asked.headers.find(([name]) => name === 'host')?.[1] ?? 'localhost';
  const host = normalizeHost(authority);
  if (host === null) return `the host ${JSON.stringify(authority)} would be answered with 400: it is not valid`;
  return { method: asked.method, host, path, query: target.query, header: (name) => fieldValue(asked.headers, name) };
}

/** Repeated fields are one list (RFC 9110 §5.3), cookies joined by their own separator (RFC 9113 §8.2.3). */
function fieldValue(headers: ExplainRequest['headers'], name: string): string | null {
  const values = headers.filter(([given]) => given === name).map(([, value]) => value);
  return values.length === 0 ? null : values.join(name === 'cookie' ? '; ' : ', ');
}

function describeAction({ action, rewrite }: RoutePlan): string {
  switch (action.kind) {
    case 'redirect':
      return `redirect ${action.status} to ${action.location}`;
    case 'respond':
      return `respond with ${action.status}`;
    case 'services': {
      const names = action.targets.map(({ service }) => service).join(', ');
      if (names === '') return 'what its filters do not answer is answered with 404';
      const path = rewrite?.path ?? null;
      return path === null ? `forward to ${names}` : `forward to ${names} with the path rewritten to ${path}`;
    }
  }
}

function servicesOf(view: ExplainView, { action }: RoutePlan): ExplainedService[] {
  if (action.kind !== 'services') return [];
  const total = action.targets.reduce((sum, { weight }) => sum + weight, 0);
  const byName = new Map<string, ServicePlan>(view.plan.services.map((service) => [service.name, service]));
  return action.targets.flatMap(({ service, weight }) => {
    const plan = byName.get(service);
    return plan === undefined ? [] : [explainService(view, plan, weight / total)];
  });
}
