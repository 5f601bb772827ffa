/** Compiles routes, and names those that have no name: by their match, so that a route keeps its name (and its metrics) when others come and go. */
import type { FieldMatch, HeaderEdits, PathMatch, RewritePlan, RouteAction, RoutePlan } from './plan.ts';
import type { FilterPlan } from './filter-plan.ts';
import { routeFilters } from './compile-filters.ts';
import type { ValidConfig } from './schema/config.ts';

type ValidRoute = ValidConfig['routes'][number];

const DERIVED_NAME_MAX = 128;

/** Compiles all routes, in configuration order. */
/** @param common Filters of all routes. */
export function compileRoutes(routes: readonly ValidRoute[], common: readonly FilterPlan[]): RoutePlan[] {
  const taken = new Map<string, number>();
  for (const route of routes) if (route.name !== undefined) taken.set(route.name, 1);
  return routes.map((route, index) =>
    compileRoute(route.name ?? deriveName(route, taken), route, routeFilters(common, route.filters, index)),
  );
}

function compileRoute(name: string, route: ValidRoute, filters: readonly FilterPlan[]): RoutePlan {
  return {
    name,
    listeners: route.listeners,
    priority: route.priority,
    hosts: route.hosts,
    path: pathOf(route),
    methods: route.grpc === undefined ? route.methods : ['POST'],
    headers: route.grpc === undefined ? route.headers : [...route.headers, GRPC_CONTENT],
    cookies: route.cookies,
    query: route.query,
    client: compileClient(route.client),
    action: compileAction(route),
    filters,
    keepsFilterOrder: route.filterOrder === 'written',
    rewrite: route.rewrite === undefined ? null : compileRewrite(route.rewrite),
    timeouts: { exchangeMs: route.timeouts.exchange, responseHeaderMs: route.timeouts.responseHeader },
    shedPriority: route.shedPriority,
    upgrade: route.upgrade,
    webSocket: { pingMs: route.webSocket.ping },
    grpcWeb: route.grpcWeb,
  };
}

/** gRPC over HTTP/2, "Requests": `application/grpc` with or without the message's format; gRPC-Web begins alike. */
const GRPC_CONTENT: FieldMatch = { name: 'content-type', kind: 'prefix', value: 'application/grpc' };

function pathOf({ grpc, path }: ValidRoute): PathMatch {
  if (grpc === undefined) return path;
  return grpc.endsWith('/*') ? { kind: 'prefix', path: `/${grpc.slice(0, -2)}` } : { kind: 'exact', path: `/${grpc}` };
}

function compileClient(client: ValidRoute['client']): readonly FieldMatch[] {
  return Object.entries(client).flatMap(([name, condition]) => {
    if (condition === undefined) return [];
    // As openssl prints it, or as we do.
    const isPlain = name === 'fingerprint' && condition.kind !== 'regex';
    return [{ name, ...condition, value: isPlain ? condition.value.replaceAll(':', '').toLowerCase() : condition.value }];
  });
}

function compileAction(route: ValidRoute): RouteAction {
  if (route.redirect !== undefined) return { kind: 'redirect', status: route.redirect.status, location: route.redirect.location };
  if (route.respond === undefined) return { kind: 'services', targets: route.to ?? [] };
  const { status, headers, body } = route.respond;
  return { kind: 'respond', status, headers: Object.entries(headers), body };
}

function compileRewrite(rewrite: NonNullable<ValidRoute['rewrite']>): RewritePlan {
  return {
    path: rewrite.path ?? null,
    host: rewrite.host ?? null,
    requestHeaders: compileEdits(rewrite.requestHeaders),
    responseHeaders: compileEdits(rewrite.responseHeaders),
  };
}

function compileEdits(edits: NonNullable<ValidRoute['rewrite']>['requestHeaders']): HeaderEdits {
  return {
    set: Object.entries(edits.set),
    add: Object.entries(edits.add).flatMap(([name, values]) => values.map((value) => [name, value] as const)),
    remove: edits.remove.map((name) => name.toLowerCase()),
  };
}

/** `GET example.com/api/*`; a second one of the same name gets `#2`. */
function deriveName(route: ValidRoute, taken: Map<string, number>): string {
  const methods = route.methods.length === 0 ? '' : `${route.methods.join(',')} `;
  const full = `${methods}${route.hosts.join(',')}${pathText(pathOf(route))}`;
  const base = full.length > DERIVED_NAME_MAX ? `${full.slice(0, DERIVED_NAME_MAX - 1)}…` : full;
  let count = taken.get(base) ?? 0;
  let name = base;
  while (taken.has(name)) name = `${base}#${++count}`;
  taken.set(base, Math.max(count, 1));
  taken.set(name, 1);
  return name;
}

function pathText(path: PathMatch): string {
  switch (path.kind) {
    case 'exact':
      return path.path;
    case 'prefix':
      return `${path.path}/*`;
    case 'pattern':
      return path.pattern;
    case 'regex':
      return `~${path.source}`;
  }
}
